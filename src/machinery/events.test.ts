import { describe, expect, it } from 'vitest';
import { correlate, createEvent, emptyEventLog } from './events.ts';

const subject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default', uid: '1', resourceVersion: '5' } };
const report = (message: string, now: number) => createEvent(subject, 'Normal', 'Why', message, { component: 'me' }, now, now);

it('counts the same event instead of creating it again, for as long as it lives', () => {
  const first = correlate(emptyEventLog, report('x', 0), 0);
  expect(first.call?.method).toBe('POST');
  const second = correlate(first.log, report('x', 1000), 1000);
  expect(second.call).toMatchObject({ method: 'PATCH', body: { count: 2, message: 'x' } });
  expect(second.call!.path.endsWith((first.call!.body as { readonly metadata: { readonly name: string } }).metadata.name)).toBe(true);
  expect(correlate(second.log, report('y', 1000), 1000).call?.method).toBe('POST');
  expect(correlate(second.log, report('x', 4_000_000), 4_000_000).call?.method).toBe('POST');
});

describe('many similar events', () => {
  it('are combined from the tenth different message on, and counted together', () => {
    const subject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', uid: 'u' } };
    let log = emptyEventLog;
    const calls = Array.from({ length: 12 }, (_, index) => {
      const now = 1_000_000 + index * 1000;
      const call = createEvent(
        subject,
        'Normal',
        'ScalingReplicaSet',
        `message ${index}`,
        { component: 'deployment-controller' },
        now,
        index,
      );
      const result = correlate(log, call, now);
      ({ log } = result);
      return result.call;
    });
    expect(calls.slice(0, 9).map((call) => call?.method)).toEqual(Array(9).fill('POST'));
    expect(calls[9]).toMatchObject({ method: 'POST', body: { message: '(combined from similar events): message 9', count: 1 } });
    expect(calls[11]).toMatchObject({ method: 'PATCH', body: { message: '(combined from similar events): message 11', count: 3 } });
  });

  it('are no longer sent after a burst, and again when time has passed', () => {
    let log = emptyEventLog;
    const send = (index: number, now: number): boolean => {
      const result = correlate(log, report(`m${index}`, now), now);
      ({ log } = result);
      return result.call !== undefined;
    };
    expect(Array.from({ length: 40 }, (_, index) => send(index, index)).filter(Boolean)).toHaveLength(25);
    expect([send(50, 301_000), send(51, 302_000)]).toEqual([true, false]);
  });
});
