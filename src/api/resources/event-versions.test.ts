import { expect, it } from 'vitest';
import type { KubeObject } from '../object.ts';
import { servedEvent, storedEvent } from './event-versions.ts';

const event: KubeObject = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'web.1', namespace: 'default' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'default-scheduler',
  reportingInstance: 'default-scheduler-1',
  action: 'Binding',
  reason: 'Scheduled',
  regarding: { kind: 'Pod', name: 'web' },
  note: 'Successfully assigned default/web to node-1',
  type: 'Normal',
};

it('an event of the newer version is stored as one of the older', () => {
  expect(storedEvent(event)).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingComponent: 'default-scheduler',
    reportingInstance: 'default-scheduler-1',
    action: 'Binding',
    reason: 'Scheduled',
    involvedObject: { kind: 'Pod', name: 'web' },
    message: 'Successfully assigned default/web to node-1',
    type: 'Normal',
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
  });
});

it('and read again as it was written', () => {
  const { deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, ...read } = servedEvent(storedEvent(event));
  expect(read).toEqual(event);
  expect([deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp]).toEqual([{}, null, null]);
});

it('an event of the older version can be read as one of the newer', () => {
  const old = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'x' },
    involvedObject: { name: 'web' },
    message: 'm',
    count: 2,
    reportingComponent: '',
    source: { component: 'c' },
  };
  expect(servedEvent(old)).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'x' },
    regarding: { name: 'web' },
    note: 'm',
    deprecatedCount: 2,
    deprecatedSource: { component: 'c' },
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
    eventTime: null,
  });
});
