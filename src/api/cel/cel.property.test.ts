import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { celEnvironment, compileExpression, evaluate, fromCel } from './index.ts';

/** Text that is nearly an expression: pieces of the language in any order. */
const pieces = [
  'object',
  '.spec',
  '.a',
  '[0]',
  '["k"]',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '?',
  ' ',
  '&&',
  '||',
  '!',
  '-',
  '+',
  '*',
  '/',
  '%',
  '==',
  '<=',
  ' in ',
  '1',
  '0.5',
  '9223372036854775807',
  '2u',
  '"x"',
  "'",
  'r"\\d+"',
  'null',
  'true',
  '.size()',
  '.map(x, x)',
  '.all(x, x == 1)',
  '.matches("(a*)*b")',
  '.?b',
  '.orValue(1)',
  'has(object.a)',
  'string(',
  'int(',
  'quantity("1Gi")',
  'Object{',
  'JSONPatch{op: "add"}',
  '//',
  '\\',
  '\u{1F600}',
  'duration("1h")',
  'timestamp("2024-01-01T00:00:00Z")',
  'cel.bind(v, 1, v)',
  '.format([1])',
  'for',
  '"""',
];
const expression = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 40 }),
);
const environment = celEnvironment({ variables: { object: 'dyn' }, mutation: true });

describe('any text', () => {
  it('is an expression or has an error; any expression has a value or an error, within its budget', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue({ maxDepth: 3 }), (text, object) => {
        for (const compiled of [compileExpression(text, ['object']), environment.compile(text)]) {
          if (!compiled.ok) {
            expect(compiled.error).toMatch(/^ERROR: <input>:-?\d+:\d+: /);
            continue;
          }
          const result = evaluate(compiled.program, { object }, 10_000);
          expect(result.cost).toBeLessThanOrEqual(10_000);
          if (result.ok) JSON.stringify(fromCel(result.value));
          else expect(result.error).not.toBe('');
        }
      }),
      { numRuns: 20_000, seed: 7 },
    );
  });

  it('compiles and runs the same twice', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const [first, second] = [0, 1].map(() => {
          const compiled = compileExpression(text, ['object']);
          return compiled.ok ? evaluate(compiled.program, { object: { a: 1, spec: ['x'] } }) : compiled;
        });
        expect(second).toEqual(first);
      }),
      { numRuns: 2_000, seed: 8 },
    );
  });
});
