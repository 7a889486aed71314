import { expect, it } from 'vitest';
import { correlate, createEvent, emptyEventLog } from './events.ts';

const subject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default', uid: '1', resourceVersion: '5' } };
const report = (message: string, now: number) => createEvent(subject, 'Normal', 'Why', message, { component: 'me' }, now, now);

it('counts the same event instead of creating it again, for as long as it lives', () => {
  const first = correlate(emptyEventLog, report('x', 0), 0);
  expect(first.call.method).toBe('POST');
  const second = correlate(first.log, report('x', 1000), 1000);
  expect(second.call).toMatchObject({ method: 'PATCH', body: { count: 2, message: 'x' } });
  expect(second.call.path.endsWith((first.call.body as { readonly metadata: { readonly name: string } }).metadata.name)).toBe(true);
  expect(correlate(second.log, report('y', 1000), 1000).call.method).toBe('POST');
  expect(correlate(second.log, report('x', 4_000_000), 4_000_000).call.method).toBe('POST');
});
