/**
 * A persistent map with string keys in code-unit order (a B+ tree with path copying). Writes return a new map and
 * share all untouched nodes, so that a component may keep any old version for the price of a reference. It is the
 * one large collection of the simulator: etcd's keyspace, watch caches, informer stores and work queues are made of it.
 */
const WIDTH = 32;

interface Leaf<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
  readonly children?: undefined;
  readonly size: number;
}
interface Branch<V> {
  /** The smallest key of each child but the first one's, which is open below. */
  readonly keys: readonly string[];
  readonly children: readonly Node<V>[];
  readonly size: number;
}
type Node<V> = Leaf<V> | Branch<V>;

const EMPTY: Leaf<never> = { keys: [], values: [], size: 0 };

/** The index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child of a branch that may hold `key`: child `i` holds keys in [keys[i-1], keys[i]). */
function childIndex(keys: readonly string[], key: string): number {
  const index = lowerBound(keys, key);
  return index < keys.length && keys[index] === key ? index + 1 : index;
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  const copy = list.slice();
  copy[index] = value;
  return copy;
}

function inserted<T>(list: readonly T[], index: number, value: T): T[] {
  // Made in its final size: an array that grows keeps room for more, and these are kept in great numbers.
  const copy = new Array<T>(list.length + 1);
  for (let i = 0; i < index; i++) copy[i] = list[i]!;
  copy[index] = value;
  for (let i = index; i < list.length; i++) copy[i + 1] = list[i]!;
  return copy;
}

function without<T>(list: readonly T[], index: number): T[] {
  const copy = new Array<T>(list.length - 1);
  for (let i = 0; i < index; i++) copy[i] = list[i]!;
  for (let i = index + 1; i < list.length; i++) copy[i - 1] = list[i]!;
  return copy;
}

interface Split<V> {
  readonly left: Node<V>;
  readonly separator: string;
  readonly right: Node<V>;
}

function sizeOf<V>(children: readonly Node<V>[]): number {
  let size = 0;
  for (const child of children) size += child.size;
  return size;
}

function insert<V>(node: Node<V>, key: string, value: V): Node<V> | Split<V> {
  if (node.children === undefined) return insertIntoLeaf(node, key, value);
  const index = childIndex(node.keys, key);
  const result = insert(node.children[index]!, key, value);
  if (!('separator' in result)) {
    const size = node.size - node.children[index]!.size + result.size;
    return { keys: node.keys, children: replaced(node.children, index, result), size };
  }
  const keys = inserted(node.keys, index, result.separator);
  const children = inserted(replaced(node.children, index, result.left), index + 1, result.right);
  if (children.length <= WIDTH) return { keys, children, size: sizeOf(children) };
  const half = children.length >>> 1;
  const [left, right] = [children.slice(0, half), children.slice(half)];
  return {
    left: { keys: keys.slice(0, half - 1), children: left, size: sizeOf(left) },
    separator: keys[half - 1]!,
    right: { keys: keys.slice(half), children: right, size: sizeOf(right) },
  };
}

function insertIntoLeaf<V>(node: Leaf<V>, key: string, value: V): Leaf<V> | Split<V> {
  const index = lowerBound(node.keys, key);
  if (node.keys[index] === key) return { keys: node.keys, values: replaced(node.values, index, value), size: node.size };
  const keys = inserted(node.keys, index, key);
  const values = inserted(node.values, index, value);
  if (keys.length <= WIDTH) return { keys, values, size: keys.length };
  // Keys often arrive in order (revisions, times): then a full left leaf and a fresh right one waste nothing.
  const half = index === node.keys.length ? WIDTH : keys.length >>> 1;
  return {
    left: { keys: keys.slice(0, half), values: values.slice(0, half), size: half },
    separator: keys[half]!,
    right: { keys: keys.slice(half), values: values.slice(half), size: keys.length - half },
  };
}

function remove<V>(node: Node<V>, key: string): Node<V> | undefined {
  if (node.children === undefined) {
    const index = lowerBound(node.keys, key);
    if (node.keys[index] !== key) return node;
    if (node.size === 1) return undefined;
    return { keys: without(node.keys, index), values: without(node.values, index), size: node.size - 1 };
  }
  const index = childIndex(node.keys, key);
  const child = node.children[index]!;
  const result = remove(child, key);
  if (result === child) return node;
  if (result !== undefined) {
    return { keys: node.keys, children: replaced(node.children, index, result), size: node.size - child.size + result.size };
  }
  if (node.children.length === 1) return undefined;
  return { keys: without(node.keys, Math.max(0, index - 1)), children: without(node.children, index), size: node.size - child.size };
}

/** See the head of this file. */
export class SortedMap<V> {
  private constructor(private readonly root: Node<V>) {}

  private static readonly none = new SortedMap<never>(EMPTY);

  /** The map without entries. */
  static empty<V>(): SortedMap<V> {
    return SortedMap.none as unknown as SortedMap<V>;
  }

  /** A map of the given entries; later ones win. */
  static from<V>(entries: Iterable<readonly [string, V]>): SortedMap<V> {
    let map = SortedMap.empty<V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  /** The number of entries. */
  get size(): number {
    return this.root.size;
  }

  get(key: string): V | undefined {
    let node = this.root;
    while (node.children !== undefined) node = node.children[childIndex(node.keys, key)]!;
    const index = lowerBound(node.keys, key);
    return node.keys[index] === key ? node.values[index] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): SortedMap<V> {
    const result = insert(this.root, key, value);
    if (!('separator' in result)) return new SortedMap(result);
    return new SortedMap<V>({
      keys: [result.separator],
      children: [result.left, result.right],
      size: result.left.size + result.right.size,
    });
  }

  /** The map without `key`; the same map when the key is absent. */
  delete(key: string): SortedMap<V> {
    let root = remove(this.root, key);
    if (root === this.root) return this;
    while (root?.children !== undefined && root.children.length === 1) root = root.children[0];
    return root === undefined ? SortedMap.empty() : new SortedMap(root);
  }

  /** Entries with from ≤ key < to, in key order. */
  entries(from = '', to?: string): IterableIterator<readonly [string, V]> {
    return new Walk(this.root, from, to, entryOf);
  }

  /** Entries whose key starts with `prefix`, in key order. */
  prefixed(prefix: string): IterableIterator<readonly [string, V]> {
    return new Walk(this.root, prefix, prefixEnd(prefix), entryOf);
  }

  keys(from = '', to?: string): IterableIterator<string> {
    return new Walk<V, string>(this.root, from, to, keyOf);
  }

  values(from = '', to?: string): IterableIterator<V> {
    return new Walk<V, V>(this.root, from, to, valueOf);
  }

  /** The first entry at or after `from`. */
  first(from = ''): readonly [string, V] | undefined {
    const { value } = this.entries(from).next() as IteratorResult<readonly [string, V], undefined>;
    return value;
  }

  [Symbol.iterator](): IterableIterator<readonly [string, V]> {
    return this.entries();
  }

  /** The values with from ≤ key < to, in key order, as a list: for hot paths, which an iterator would cost more than the list. */
  list(from = '', to?: string): V[] {
    const found: V[] = [];
    collect(this.root, from, to, found);
    return found;
  }
}

function collect<V>(node: Node<V>, from: string, to: string | undefined, found: V[]): boolean {
  const { keys } = node;
  if (node.children === undefined) {
    for (let index = lowerBound(keys, from); index < keys.length; index++) {
      if (to !== undefined && keys[index]! >= to) return false;
      found.push(node.values[index]!);
    }
    return true;
  }
  for (let index = childIndex(keys, from); index < node.children.length; index++)
    if (!collect(node.children[index]!, from, to, found)) return false;
  return true;
}

const entryOf = <V>(leaf: Leaf<V>, index: number): readonly [string, V] => [leaf.keys[index]!, leaf.values[index]!];
const keyOf = (leaf: Leaf<unknown>, index: number): string => leaf.keys[index]!;
const valueOf = <V>(leaf: Leaf<V>, index: number): V => leaf.values[index]!;

/** A walk over a range of the leaves. Many are short, so it is no generator, which would cost more than the walk. */
class Walk<V, T> implements IterableIterator<T> {
  private leaf: Leaf<V> | undefined;
  private index: number;
  /** The branches above the leaf, the highest first, and which child of each comes next. */
  private readonly above: { readonly branch: Branch<V>; next: number }[] | undefined;

  constructor(
    root: Node<V>,
    from: string,
    private readonly to: string | undefined,
    private readonly pick: (leaf: Leaf<V>, index: number) => T,
  ) {
    let node = root;
    while (node.children !== undefined) {
      const index = childIndex(node.keys, from);
      (this.above ??= []).push({ branch: node, next: index + 1 });
      node = node.children[index]!;
    }
    this.leaf = node;
    this.index = lowerBound(node.keys, from);
  }

  next(): IteratorResult<T, undefined> {
    while (this.leaf !== undefined && this.index >= this.leaf.keys.length) this.advance();
    const { leaf, index, to } = this;
    if (leaf === undefined) return { done: true, value: undefined };
    if (to !== undefined && leaf.keys[index]! >= to) {
      this.leaf = undefined;
      return { done: true, value: undefined };
    }
    this.index++;
    return { done: false, value: this.pick(leaf, index) };
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this;
  }

  /** Goes to the next leaf. */
  private advance(): void {
    const { above } = this;
    this.leaf = undefined;
    this.index = 0;
    for (let top = above?.at(-1); above !== undefined && top !== undefined; top = above.at(-1)) {
      const child = top.branch.children[top.next++];
      if (child === undefined) above.pop();
      else if (child.children === undefined) {
        this.leaf = child;
        return;
      } else above.push({ branch: child, next: 0 });
    }
  }
}

/** The end of the range of keys that start with `prefix` (etcd's clientv3.GetPrefixRangeEnd); undefined for the empty prefix. */
export function prefixEnd(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
