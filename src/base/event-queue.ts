/**
 * A priority queue ordered by (at, order): the kernel's queue of what is to come. It is changed in place; `freeze` gives
 * an image of it that later changes leave alone, for the price of copying what is touched again (chunks of up to 64).
 * The chunks are in descending order, so that the next item is the last one of the last chunk.
 */
export interface Timed {
  readonly at: number;
  /** Breaks ties: smaller first. Unique in one queue. */
  readonly order: number;
}

interface Chunk<T> {
  readonly owner: object;
  readonly items: T[];
}

/** What a queue was at one moment. */
export type QueueImage<T> = readonly { readonly owner: object; readonly items: readonly T[] }[];

const width = 64;

function after(a: Timed, at: number, order: number): boolean {
  return a.at > at || (a.at === at && a.order > order);
}

/** See the head of this file. */
export class EventQueue<T extends Timed> {
  private chunks: Chunk<T>[] = [];
  /** Who owns the chunks that may be changed in place; another after each image. */
  private owner: object = {};
  private shared = false;

  /** The present queue, as a value. */
  freeze(): QueueImage<T> {
    this.owner = {};
    this.shared = true;
    return this.chunks;
  }

  /** Makes this queue what the image shows. */
  restore(image: QueueImage<T>): void {
    this.owner = {};
    this.shared = true;
    this.chunks = image as Chunk<T>[];
  }

  /** The next item. */
  first(): T | undefined {
    const last = this.chunks[this.chunks.length - 1];
    return last === undefined ? undefined : last.items[last.items.length - 1];
  }

  /** Takes the next item out. */
  shift(): T | undefined {
    const index = this.chunks.length - 1;
    if (index < 0) return undefined;
    const { items } = this.own(index);
    const item = items.pop();
    if (items.length === 0) this.chunks.pop();
    return item;
  }

  add(item: T): void {
    if (this.chunks.length === 0) {
      this.unshare().push({ owner: this.owner, items: [item] });
      return;
    }
    const index = this.chunkOf(item.at, item.order);
    const { items } = this.own(index);
    items.splice(position(items, item.at, item.order), 0, item);
    if (items.length <= width) return;
    const half = items.length >>> 1;
    const rest = { owner: this.owner, items: items.splice(half) };
    this.chunks.splice(index + 1, 0, rest);
  }

  /** Takes an item out, wherever it stands; nothing happens when it is not there. */
  remove({ at, order }: Timed): void {
    if (this.chunks.length === 0) return;
    const index = this.chunkOf(at, order);
    const place = position(this.chunks[index]!.items, at, order);
    if (this.chunks[index]!.items[place]?.order !== order) return;
    const { items } = this.own(index);
    items.splice(place, 1);
    if (items.length === 0) this.chunks.splice(index, 1);
  }

  /** All items, the last ones first. */
  *items(): Generator<T> {
    for (const { items } of this.chunks) yield* items;
  }

  /** The last chunk whose first item is not before the given place; the first chunk is open above. */
  private chunkOf(at: number, order: number): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const first = this.chunks[middle]!.items[0]!;
      if (after(first, at, order) || first.order === order) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private unshare(): Chunk<T>[] {
    if (this.shared) {
      this.chunks = this.chunks.slice();
      this.shared = false;
    }
    return this.chunks;
  }

  private own(index: number): Chunk<T> {
    const chunks = this.unshare();
    const chunk = chunks[index]!;
    if (chunk.owner === this.owner) return chunk;
    const copy = { owner: this.owner, items: chunk.items.slice() };
    chunks[index] = copy;
    return copy;
  }
}

/** Where an item with this time and number stands, or would stand, in a descending list. */
function position(items: readonly Timed[], at: number, order: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (after(items[middle]!, at, order)) low = middle + 1;
    else high = middle;
  }
  return low;
}
