import { deepEqual } from '#base/json.ts';
import { prefixEnd } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { EtcdResponse } from '#protocol/etcd.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { masterLeases } from './leases.ts';
import type { Answer, Ask, Facts, Loop } from './loop.ts';

const service = { name: 'kubernetes', namespace: 'default' } as const;
/** How often each server tells that it is alive, and how long that holds (pkg/controlplane/instance.go). */
const everyMs = 10_000;
const ttlSeconds = 15;

const endpointsPath = resourcePath(resources.endpoints, service.namespace, service.name);
const slicePath = resourcePath(resources.endpointslices, service.namespace, service.name);

/** The addresses of the servers that are alive: those with a key whose lease has not ended. */
function* aliveAddresses(): Generator<Ask, readonly string[] | undefined, Answer> {
  const prefix = `${masterLeases}/`;
  const answer = (yield { etcd: { op: 'range', key: prefix, rangeEnd: prefixEnd(prefix) } }) as EtcdResponse;
  if ('error' in answer || answer.result.op !== 'range') return undefined;
  return answer.result.kvs.map((kv) => kv.key.slice(prefix.length)).sort();
}

/** Writes the server's own key, with a new lease: it goes by itself when the server does. */
function* tellAlive({ server }: Facts): Generator<Ask, boolean, Answer> {
  const address = server.options.advertiseAddress;
  const granted = (yield { etcd: { op: 'lease-grant', ttlSeconds } }) as EtcdResponse;
  if ('error' in granted || granted.result.op !== 'lease') return false;
  const { lease } = granted.result;
  const value = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: address }, subsets: [{ addresses: [{ ip: address }] }] };
  const put = (yield { etcd: { op: 'put', key: `${masterLeases}/${address}`, value, lease } }) as EtcdResponse;
  return !('error' in put);
}

/** Makes an object what it should be, unless it is. */
function* ensure(path: string, wanted: (object: KubeObject) => KubeObject): Generator<Ask, void, Answer> {
  const found = (yield { call: { method: 'GET', path } }) as HttpResponse;
  if (found.status >= 300) return;
  const object = found.body as unknown as KubeObject;
  const next = wanted(object);
  if (!deepEqual(next, object)) yield { call: { method: 'PUT', path, body: next } };
}

/** Writes who is alive into the endpoints of the service `kubernetes`; with nobody alive they stay as they are (doReconcile). */
function* writeEndpoints(facts: Facts): Generator<Ask, undefined, Answer> {
  const addresses = yield* aliveAddresses();
  if (addresses === undefined || addresses.length === 0) return undefined;
  const ports = [{ name: 'https', port: facts.server.options.securePort, protocol: 'TCP' }];
  yield* ensure(endpointsPath, (object) => ({ ...object, subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }] }));
  yield* ensure(slicePath, (object) => ({
    ...object,
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports,
  }));
  return undefined;
}

/** Each server does so again and again (reconcilers/lease.go ReconcileEndpoints). */
function* reconcile(facts: Facts): Generator<Ask, undefined, Answer> {
  return (yield* tellAlive(facts)) ? yield* writeEndpoints(facts) : undefined;
}

/** A server that ends takes itself out (RemoveEndpoints). */
function* leave(facts: Facts): Generator<Ask, undefined, Answer> {
  yield { etcd: { op: 'delete-range', key: `${masterLeases}/${facts.server.options.advertiseAddress}` } };
  return yield* writeEndpoints(facts);
}

export const endpointsReconciler: Loop = { everyMs, run: reconcile };
export const endpointsRemover: Loop = { everyMs: 0, run: leave };
