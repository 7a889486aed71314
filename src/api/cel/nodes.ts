/** A node of an expression's tree, as the library keeps it. */
export interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly evaluate?: Evaluate; readonly alternate?: Node; readonly macro?: object };
  setMeta(key: string, value: unknown): unknown;
}
export type Evaluate = (evaluator: unknown, node: Node, context: unknown) => unknown;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;
}

/** Trees deeper than this are not walked: every host can do that much, and the same everywhere. */
const maxDepth = 1000;

/**
 * Visits every node that may run, each once, children first: a macro's own nodes are what it became.
 * @param visit is told the node, and the node whose argument it is
 */
export function visitNodes(root: Node, visit: (node: Node, parent: Node | undefined) => void): void {
  const seen = new Set<unknown>();
  const walk = (value: unknown, parent: Node | undefined, depth: number): void => {
    if (depth > maxDepth) throw new RangeError('the tree is too deep');
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (!isNode(value)) {
      if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
        for (const inner of Object.values(value)) walk(inner, parent, depth);
      return;
    }
    const { alternate, macro } = value.meta;
    if (alternate !== undefined) return walk(alternate, parent, depth);
    walk(value.args, value, depth + 1);
    if (macro !== undefined) walk({ ...macro, ast: undefined }, value, depth + 1);
    visit(value, parent);
  };
  walk(root, undefined, 0);
}
