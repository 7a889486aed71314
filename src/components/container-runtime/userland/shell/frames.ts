import type { Node } from './ast.ts';
import type { Expansion, Frame } from './state.ts';

const nothingExpanded: Expansion = { results: [], running: undefined };

/** The frame of a command that has not begun; undefined for those that begin with other processes, or do nothing but set something. */
export function frameOf(node: Node): Frame | undefined {
  const expansion = nothingExpanded;
  switch (node.type) {
    case 'sequence':
      return { type: 'sequence', node, index: 0 };
    case 'and-or':
      return { type: 'and-or', node, index: 0 };
    case 'if':
      return { type: 'if', node, index: 0, phase: 'start' };
    case 'loop':
      return { type: 'loop', node, phase: 'start', last: 0 };
    case 'for':
      return { type: 'for', node, values: undefined, index: 0, expansion };
    case 'case':
      return { type: 'case', node, expansion, chosen: false };
    case 'simple':
      return { type: 'simple', node, expansion };
    case 'redirected':
      return { type: 'redirect', redirections: node.redirections, node: node.node, expansion };
    case 'arithmetic':
      return { type: 'arithmetic', node, expansion };
    case 'not':
    case 'function':
    case 'subshell':
    case 'pipeline':
    case 'background':
      return undefined;
  }
}
