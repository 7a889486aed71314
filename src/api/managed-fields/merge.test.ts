import { describe, expect, it } from 'vitest';
import { ownershipSchema } from '../custom/schema.ts';
import type { Schema } from '../schema/index.ts';
import { fieldsOf } from './field-set.ts';
import { mergeValues, pruneDropped } from './merge.ts';

const schema: Schema = ownershipSchema('Thing', {
  type: 'object',
  properties: {
    map: { type: 'object', additionalProperties: { type: 'string' } },
    whole: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
    list: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' }, a: { type: 'integer' }, b: { type: 'integer' } } },
    },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    plain: { type: 'array', items: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
});

describe('merging what is applied', () => {
  it.each<readonly [name: string, live: object, applied: object, expected: object]>([
    ['maps by key', { map: { a: '1', b: '2' } }, { map: { b: '3' } }, { map: { a: '1', b: '3' } }],
    ['atomic maps as one', { whole: { a: '1' } }, { whole: { b: '2' } }, { whole: { b: '2' } }],
    [
      'keyed lists by item',
      { list: [{ name: 'x', a: 1 }, { name: 'y' }] },
      { list: [{ name: 'x', b: 2 }, { name: 'z' }] },
      { list: [{ name: 'x', a: 1, b: 2 }, { name: 'y' }, { name: 'z' }] },
    ],
    [
      'keyed lists in the order of who applies',
      { list: [{ name: 'x' }, { name: 'y' }] },
      { list: [{ name: 'y' }, { name: 'x' }] },
      { list: [{ name: 'y' }, { name: 'x' }] },
    ],
    ['sets', { set: ['a', 'b'] }, { set: ['b', 'c'] }, { set: ['a', 'b', 'c'] }],
    ['plain lists as one', { plain: ['a'] }, { plain: ['b'] }, { plain: ['b'] }],
    [
      'free maps by key, their lists as one',
      { free: { a: { b: 1 }, l: [1] } },
      { free: { a: { c: 2 }, l: [2] } },
      { free: { a: { b: 1, c: 2 }, l: [2] } },
    ],
  ])('%s', (_name, live, applied, expected) => expect(mergeValues(live, applied, schema)).toEqual(expected));
});

describe('what is no longer applied', () => {
  const before = fieldsOf({ map: { a: '1', b: '2' }, list: [{ name: 'x', a: 1 }], set: ['a'] }, schema);
  const live = { map: { a: '1', b: '2' }, list: [{ name: 'x', a: 1 }, { name: 'y' }], set: ['a', 'b'] };

  it('goes where nobody else owns it', () => {
    const now = fieldsOf({ map: { b: '2' } }, schema);
    expect(pruneDropped(live, schema, before, now, [fieldsOf({ list: [{ name: 'y' }], set: ['b'] }, schema)])).toEqual({
      map: { b: '2' },
      list: [{ name: 'y' }],
      set: ['b'],
    });
  });

  it('stays where somebody else does', () => {
    expect(pruneDropped(live, schema, before, {}, [before])).toEqual(live);
  });
});

it('an applier owns elements of maps and items of lists themselves, but fields of structs by what is in them', () => {
  expect(fieldsOf({ map: { a: '1' }, list: [{ name: 'x' }], free: { m: { n: 1 } } }, schema)).toEqual({
    'f:map': { 'f:a': {} },
    'f:list': { 'k:{"name":"x"}': { '.': {}, 'f:name': {} } },
    'f:free': { 'f:m': { '.': {}, 'f:n': {} } },
  });
});
