import { expect, it } from 'vitest';
import type { JSONSchemaProps } from '../types.generated.ts';
import { duplicates, fillDefaults, prune } from './pruning.ts';

const schema: JSONSchemaProps = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        known: { type: 'string', default: 'x' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { inner: { type: 'object' } } },
        list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', default: 1 } } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
        maybe: { type: 'string', nullable: true, default: 'y' },
      },
    },
  },
};

it('fields that the schema does not know are dropped and named', () => {
  const unknown: string[] = [];
  const value = {
    kind: 'A',
    metadata: {},
    top: 1,
    spec: {
      known: 'a',
      other: 1,
      free: { any: { thing: 1 }, inner: { gone: 1 } },
      list: [{ name: 'n', bad: 1 }],
      map: { k: { a: 'a', b: 'b' } },
    },
  };
  expect(prune(value, schema, unknown)).toEqual({
    kind: 'A',
    metadata: {},
    spec: { known: 'a', free: { any: { thing: 1 }, inner: {} }, list: [{ name: 'n' }], map: { k: { a: 'a' } } },
  });
  expect(unknown.sort()).toEqual(['spec.free.inner.gone', 'spec.list[0].bad', 'spec.map.k.b', 'spec.other', 'top']);
});

it('what is known entirely stays the same reference', () => {
  const value = { spec: { known: 'a', list: [{ name: 'n' }] } };
  expect(prune(value, schema, [])).toBe(value);
});

it('defaults are filled in where their parent is, and in place of nulls that are not allowed', () => {
  expect(fillDefaults({ spec: { known: null, maybe: null, list: [{ name: 'n' }] } }, schema)).toEqual({
    spec: { known: 'x', maybe: null, list: [{ name: 'n', size: 1 }] },
  });
  expect(fillDefaults({}, schema)).toEqual({});
});

it('items of sets and keyed lists differ', () => {
  const list: JSONSchemaProps = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object' } };
  const props: JSONSchemaProps = { properties: { set: { 'x-kubernetes-list-type': 'set' }, list } };
  expect(
    duplicates(
      {
        set: ['a', 'b', 'a'],
        list: [
          { name: 'x', v: 1 },
          { name: 'x', v: 2 },
        ],
      },
      props,
    ),
  ).toEqual([
    { field: 'set[2]', badValue: 'a' },
    { field: 'list[1]', badValue: { name: 'x' } },
  ]);
});
