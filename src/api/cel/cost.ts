import { visitNodes, type Node } from './nodes.ts';

/** How much an expression may cost, and what each step of it costs (k8s.io/apiserver/pkg/apis/cel/config.go, cel-go/interpreter/runtimecost.go). */

/** One expression may cost this much. */
export const perCallLimit = 1_000_000;
/** All expressions of one policy, or of one custom resource, may cost this much together. */
export const runtimeCostBudget = 10_000_000;

/** What is left of the budget of the expression that runs now. */
export interface Meter {
  left: number;
}

/** The meter of the expression that runs now: functions take from it what their arguments make them cost. */
let running: Meter = { left: Infinity };

/** Runs something on a meter. An expression may run another: a variable that it uses. */
export function metering<Result>(meter: Meter, run: () => Result): Result {
  const outer = running;
  running = meter;
  try {
    return run();
  } finally {
    running = outer;
  }
}

export function charge(cost: number): void {
  if ((running.left -= cost) < 0) throw new CostExceeded();
}

export class CostExceeded extends Error {}

const base: Readonly<Record<string, number>> = { value: 0, accuValue: 0, accuInc: 1, accuPush: 1, list: 10, map: 30 };

/** Strings and lists are walked through by functions and operators: a tenth of a step for each element. */
function walk(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return Math.ceil(value.length / 10);
  return 0;
}

/** Steps whose children are only passed on, not walked through. */
const passing = new Set(['.', '.?', 'value', 'id', 'list', 'map', 'comprehension', 'accuPush', '&&', '||', '?:']);

/** Makes every step of a checked expression take its cost from a meter first. */
export function metered(root: Node, meter: Meter): void {
  visitNodes(root, (node, parent) => {
    const { evaluate, macro } = node.meta;
    if (evaluate === undefined || macro !== undefined) return;
    const price = base[node.op] ?? 1;
    const walked = parent !== undefined && !passing.has(parent.op);
    node.setMeta('evaluate', (evaluator: unknown, self: Node, context: unknown) => {
      if ((meter.left -= price) < 0) throw new CostExceeded();
      const result = evaluate(evaluator, self, context);
      if (walked) meter.left -= walk(result);
      return result;
    });
  });
}
