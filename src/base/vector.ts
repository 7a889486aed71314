/**
 * A vector on small integers (a 32-way trie): what the kernel keeps its processes in. It is changed in place; `freeze`
 * gives an image that later changes leave alone, for the price of copying the nodes that are touched again.
 */
const bits = 5;
const nodeWidth = 1 << bits;
const mask = nodeWidth - 1;

interface TrieNode {
  readonly owner: object;
  readonly slots: unknown[];
}

/** What a vector was at one moment. */
export interface VectorImage {
  readonly root: unknown;
  readonly shift: number;
}

/** See the head of this file. Slots that were never written are undefined. */
export class Vector<V> {
  /** Who owns the nodes that may be changed in place; another after each image. */
  private owner: object = {};
  private root: TrieNode = { owner: this.owner, slots: [] };
  private depthShift = 0;

  /** Tells values of this moment from those that an image may show. */
  get epoch(): object {
    return this.owner;
  }

  /** The present vector, as a value. */
  freeze(): VectorImage {
    this.owner = {};
    return { root: this.root, shift: this.depthShift };
  }

  /**
   * Makes this vector what the image shows. `changed` is told of every slot whose value may differ; nodes that both share
   * cost nothing.
   */
  restore(image: VectorImage, changed?: (before: V | undefined, after: V | undefined) => void): void {
    const [root, shift] = [this.root, this.depthShift];
    this.owner = {};
    this.root = image.root as TrieNode;
    this.depthShift = image.shift;
    const height = Math.max(shift, this.depthShift);
    if (changed !== undefined && root !== this.root)
      compare(raised(root, shift, height), raised(this.root, this.depthShift, height), height, changed as Changed);
  }

  get(index: number): V | undefined {
    if (index >>> this.depthShift >= nodeWidth) return undefined;
    let { slots } = this.root;
    for (let shift = this.depthShift; shift > 0; shift -= bits) {
      const next = slots[(index >>> shift) & mask] as TrieNode | undefined;
      if (next === undefined) return undefined;
      slots = next.slots;
    }
    return slots[index & mask] as V | undefined;
  }

  /** Puts another value at `index` (a whole number ≥ 0). */
  set(index: number, value: V | undefined): void {
    while (index >>> this.depthShift >= nodeWidth) {
      this.root = { owner: this.owner, slots: [this.root] };
      this.depthShift += bits;
    }
    this.root = this.own(this.root);
    let node = this.root;
    for (let shift = this.depthShift; shift > 0; shift -= bits) {
      const at = (index >>> shift) & mask;
      const next = this.own(node.slots[at] as TrieNode | undefined);
      put(node.slots, at, next);
      node = next;
    }
    put(node.slots, index & mask, value);
  }

  private own(node: TrieNode | undefined): TrieNode {
    if (node?.owner === this.owner) return node;
    return { owner: this.owner, slots: node === undefined ? [] : node.slots.slice() };
  }
}

type Changed = (before: unknown, after: unknown) => void;

/** A trie as one of a greater height. */
function raised(root: TrieNode, from: number, to: number): TrieNode {
  return from >= to ? root : raised({ owner: root.owner, slots: [root] }, from + bits, to);
}

/** Walks two tries of one height side by side, and only where they differ. */
function compare(a: TrieNode | undefined, b: TrieNode | undefined, shift: number, changed: Changed): void {
  for (let at = 0; at < nodeWidth; at++) {
    const [before, after] = [a?.slots[at], b?.slots[at]];
    if (before === after) continue;
    if (shift === 0) changed(before, after);
    else compare(before as TrieNode | undefined, after as TrieNode | undefined, shift - bits, changed);
  }
}

/** Writes without leaving holes. */
function put(slots: unknown[], at: number, value: unknown): void {
  while (slots.length < at) slots.push(undefined);
  slots[at] = value;
}
