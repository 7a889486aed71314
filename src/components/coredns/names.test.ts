import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { lookUp, type Zone } from './names.ts';

const services: Readonly<Record<string, object>> = {
  'default/web': { clusterIP: '10.96.0.7' },
  'default/db': { clusterIP: 'None' },
  'default/away': { type: 'ExternalName', externalName: 'example.org' },
};
const endpoints = [
  { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
  { addresses: ['10.244.0.6'], hostname: 'db-1', conditions: { ready: false } },
];
const zone: Zone = {
  domain: 'cluster.local',
  service: (key) => (services[key] === undefined ? undefined : ({ metadata: {}, spec: services[key] } as unknown as KubeObject)),
  slices: (key) => (key === 'default/db' ? [{ endpoints } as unknown as KubeObject] : []),
};

describe('lookUp', () => {
  it.each([
    ['web.default.svc.cluster.local', ['10.96.0.7']],
    ['WEB.default.svc.cluster.local.', ['10.96.0.7']],
    ['db.default.svc.cluster.local', ['10.244.0.5']],
    ['db-0.db.default.svc.cluster.local', ['10.244.0.5']],
    ['db-1.db.default.svc.cluster.local', undefined],
    ['away.default.svc.cluster.local', []],
    ['10-244-0-9.default.pod.cluster.local', ['10.244.0.9']],
    ['nothing.default.svc.cluster.local', undefined],
    ['web.other.svc.cluster.local', undefined],
    ['example.org', undefined],
  ])('%s is at %j', (name, addresses) => {
    expect(lookUp(zone, name)).toEqual(addresses);
  });
});
