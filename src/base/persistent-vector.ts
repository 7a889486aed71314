/**
 * A persistent vector on small integers (a 32-way trie): what the kernel keeps its processes in. A write copies two or
 * three arrays of 32 references.
 */
const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;

type Trie = readonly unknown[];

/** See the head of this file. Slots that were never written are undefined. */
export class PersistentVector<V> {
  private constructor(
    private readonly root: Trie,
    private readonly shift: number,
  ) {}

  static empty<V>(): PersistentVector<V> {
    return new PersistentVector<V>([], 0);
  }

  get(index: number): V | undefined {
    if (index >>> (this.shift + BITS) !== 0) return undefined;
    let node: Trie | undefined = this.root;
    for (let shift = this.shift; shift > 0; shift -= BITS) {
      node = node[(index >>> shift) & MASK] as Trie | undefined;
      if (node === undefined) return undefined;
    }
    return node[index & MASK] as V | undefined;
  }

  /** The vector with another value at `index` (a whole number ≥ 0). */
  set(index: number, value: V | undefined): PersistentVector<V> {
    let { root, shift } = this;
    while (index >>> (shift + BITS) !== 0) {
      root = [root];
      shift += BITS;
    }
    return new PersistentVector<V>(write(root, shift, index, value), shift);
  }
}

function write(node: Trie | undefined, shift: number, index: number, value: unknown): Trie {
  const copy = node === undefined ? [] : node.slice();
  const at = (index >>> shift) & MASK;
  while (copy.length < at) copy.push(undefined);
  copy[at] = shift === 0 ? value : write(copy[at] as Trie | undefined, shift - BITS, index, value);
  return copy;
}
