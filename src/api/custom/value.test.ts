import { describe, expect, it } from 'vitest';
import { errorText } from '../resources/field-error.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { validateValue } from './value.ts';

const problems = (value: unknown, props: JSONSchemaProps, old?: unknown): readonly string[] =>
  validateValue(value, props, 'spec', old).map(errorText);

describe('validation of a value by its schema', () => {
  it.each<readonly [value: unknown, props: JSONSchemaProps, expected: string]>([
    ['x', { type: 'integer' }, 'spec: Invalid value: "string": spec in body must be of type integer: "string"'],
    [1.5, { type: 'integer' }, 'spec: Invalid value: "number": spec in body must be of type integer: "number"'],
    [null, { type: 'string' }, 'spec: Invalid value: "null": spec in body must be of type string: "null"'],
    [
      true,
      { 'x-kubernetes-int-or-string': true },
      'spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"',
    ],
    [11, { maximum: 10 }, 'spec: Invalid value: 11: spec in body should be less than or equal to 10'],
    [10, { maximum: 10, exclusiveMaximum: true }, 'spec: Invalid value: 10: spec in body should be less than 10'],
    [-1, { minimum: 0 }, 'spec: Invalid value: -1: spec in body should be greater than or equal to 0'],
    [5, { multipleOf: 2 }, 'spec: Invalid value: 5: spec in body should be a multiple of 2'],
    ['abc', { maxLength: 2 }, 'spec: Too long: may not be more than 2 bytes'],
    ['', { minLength: 1 }, 'spec: Invalid value: "": spec in body should be at least 1 chars long'],
    ['b', { pattern: '^a$' }, `spec: Invalid value: "b": spec in body should match '^a$'`],
    ['c', { enum: ['a', 'b'] }, 'spec: Unsupported value: "c": supported values: "a", "b"'],
    ['x', { format: 'ipv4' }, 'spec: Invalid value: "x": spec in body must be of type ipv4: "x"'],
    [[1, 2], { maxItems: 1 }, 'spec: Too many: 2: must have at most 1 item'],
    [[], { minItems: 1 }, 'spec: Invalid value: 0: spec in body should have at least 1 items'],
    [{}, { required: ['a'] }, 'spec.a: Required value'],
    [{ a: 1 }, { maxProperties: 0 }, 'spec: Too many: 1: must have at most 0 items'],
    [
      { a: ['x'] },
      { properties: { a: { items: { type: 'integer' } } } },
      'spec.a[0]: Invalid value: "string": spec.a[0] in body must be of type integer: "string"',
    ],
    [
      { a: 1 },
      { additionalProperties: { type: 'string' } },
      'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
    ],
    [{ a: 1 }, { not: { required: ['a'] } }, '<nil>: Invalid value: "": "spec" must not validate the schema (not)'],
    [
      1,
      { oneOf: [{ minimum: 0 }, { maximum: 5 }] },
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  ])('%j by %j', (value, props, expected) => expect(problems(value, props)).toEqual([expected]));

  it.each<readonly [value: unknown, props: JSONSchemaProps]>([
    [1, { type: 'number' }],
    [null, { type: 'string', nullable: true }],
    ['10%', { 'x-kubernetes-int-or-string': true }],
    [{}, { required: ['a'], properties: { a: { default: 1 } } }],
    ['2001:db8::1', { format: 'ipv6' }],
    ['2026-01-01T00:00:00Z', { format: 'date-time' }],
  ])('%j is right by %j', (value, props) => expect(problems(value, props)).toEqual([]));

  it('what was wrong before may stay as it is', () => {
    const props: JSONSchemaProps = { properties: { old: { maximum: 1 }, fresh: { maximum: 1 } } };
    expect(problems({ old: 2, fresh: 2 }, props, { old: 2, fresh: 1 })).toEqual([
      'spec.fresh: Invalid value: 2: spec.fresh in body should be less than or equal to 1',
    ]);
  });
});
