/**
 * A persistent priority queue (a leftist heap) ordered by (at, order): the kernel's queue of what is to come. Adding and
 * removing cost a few small nodes; any old queue stays as it was.
 */
export interface Timed {
  readonly at: number;
  /** Breaks ties: smaller first. Unique in one heap. */
  readonly order: number;
}

export interface Heap<T extends Timed> {
  readonly rank: number;
  readonly item: T;
  readonly left: Heap<T> | undefined;
  readonly right: Heap<T> | undefined;
}

function before(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Both heaps in one. */
export function merge<T extends Timed>(a: Heap<T> | undefined, b: Heap<T> | undefined): Heap<T> | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const [first, second] = before(a.item, b.item) ? [a, b] : [b, a];
  const right = merge(first.right, second)!;
  const { left, item } = first;
  if (left === undefined) return { rank: 1, item, left: right, right: undefined };
  return left.rank >= right.rank ? { rank: right.rank + 1, item, left, right } : { rank: left.rank + 1, item, left: right, right: left };
}

/** The heap with one more item. */
export function insert<T extends Timed>(heap: Heap<T> | undefined, item: T): Heap<T> {
  return merge(heap, { rank: 1, item, left: undefined, right: undefined })!;
}

/** The heap without its first item. */
export function removeFirst<T extends Timed>(heap: Heap<T>): Heap<T> | undefined {
  return merge(heap.left, heap.right);
}

/** All items, in no particular order. */
export function* items<T extends Timed>(heap: Heap<T> | undefined): Generator<T> {
  const stack = heap === undefined ? [] : [heap];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node.item;
    if (node.left !== undefined) stack.push(node.left);
    if (node.right !== undefined) stack.push(node.right);
  }
}
