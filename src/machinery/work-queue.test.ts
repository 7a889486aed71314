import { expect, it } from 'vitest';
import { add, addAfter, due, emptyWorkQueue, failed, forget, take } from './work-queue.ts';

const because = { seq: 1, story: 1, chatter: false };

it('holds a key once, in the order of arrival, and takes it again after it was taken out', () => {
  const two = add(add(add(emptyWorkQueue, 'a', because), 'b', because), 'a', because);
  expect(two.order).toEqual(['a', 'b']);
  expect(take(two, 'a').queued.has('a')).toBe(false);
});

it('lets a later time of a delayed key give way to an earlier one', () => {
  const first = addAfter(emptyWorkQueue, 'a', 10, 0, { because });
  expect(first.effects).toHaveLength(1);
  expect(addAfter(first.queue, 'a', 20, 0, { because })).toEqual({ queue: first.queue, effects: [] });
  expect(addAfter(first.queue, 'a', 3, 2, { because }).effects).toMatchObject([{ afterMs: 3 }]);
  const come = due(first.queue, { type: 'queue.due', key: 'a' }, because);
  expect(come.order).toEqual(['a']);
  expect(addAfter(come, 'a', 20, 10, { because }).effects).toHaveLength(1);
});

it('waits twice as long after each failure, and five milliseconds after the first', () => {
  const once = failed(emptyWorkQueue, 'a');
  expect([once.afterMs, failed(once.queue, 'a').afterMs, failed(forget(once.queue, 'a'), 'a').afterMs]).toEqual([5, 10, 5]);
});
