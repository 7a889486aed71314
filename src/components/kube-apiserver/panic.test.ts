import { expect, it } from 'vitest';
import { recovering } from './panic.ts';
import { emptyRequest } from './request-state.ts';

it('answers a request whose handling fails, and notes why', () => {
  const failing = recovering(() => {
    throw new Error('boom');
  });
  const { context, effects } = failing({ ...emptyRequest, request: { ...emptyRequest.request, id: '7' } }, { now: 5 });
  expect(context).toMatchObject({ gate: 'response', since: 5, response: { id: '7', status: 500 } });
  expect(effects).toEqual([{ type: 'note', topic: 'panic', data: { client: '', id: '7', reason: 'boom' } }]);
});

it('changes nothing where all goes well', () => {
  const result = { context: emptyRequest, effects: [] };
  expect(recovering(() => result)(emptyRequest, { now: 0 })).toBe(result);
});
