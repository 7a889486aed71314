import { expect, it } from 'vitest';
import { difference, intersectWithValue, union } from './field-set.ts';

const self = { '.': {} };

it('a map whose members others took over is still owned itself', () => {
  expect(difference({ 'f:used': { ...self, 'f:pods': {} } }, { 'f:used': { 'f:pods': {} } })).toEqual({ 'f:used': {} });
  expect(difference({ 'f:used': { 'f:pods': {} } }, { 'f:used': { 'f:pods': {} } })).toEqual({});
});

it('a map that is owned itself keeps that when members are added', () => {
  expect(union({ 'f:used': {} }, { 'f:used': { 'f:pods': {} } })).toEqual({ 'f:used': { ...self, 'f:pods': {} } });
  expect(union({ 'f:used': { 'f:pods': {} } }, { 'f:used': {} })).toEqual({ 'f:used': { ...self, 'f:pods': {} } });
});

it('members that a value has lost are not owned any more', () => {
  expect(intersectWithValue({ 'f:data': { ...self, 'f:a': {}, 'f:b': {} } }, { data: { a: 1 } }, undefined)).toEqual({
    'f:data': { ...self, 'f:a': {} },
  });
});
