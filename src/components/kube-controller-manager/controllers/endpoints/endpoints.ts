import { deepEqual, stableStringify } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { Endpoints } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, splitKey, type Sync, type SyncContext } from '../../controller.ts';
import { isReady, podOf } from '../pods.ts';
import { headlessLabel, hostnameOf, isHeadless, isSelective, podsBehind, reference, selectedPods, serviceOf, targetPort } from './pods.ts';
import { annotated, triggeredAt } from './trigger-time.ts';

const managedByEndpoints = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';

interface Address {
  readonly ip: string;
}
interface Subset {
  readonly addresses: readonly Address[];
  readonly notReadyAddresses: readonly Address[];
  readonly ports: readonly object[];
}

function addressOf(pod: KubeObject, service: KubeObject): Address {
  const { spec, status } = podOf(pod);
  const hostname = hostnameOf(pod, service);
  const more = { nodeName: spec!.nodeName, ...(hostname === undefined ? {} : { hostname }), targetRef: reference(pod) };
  return { ip: status!.podIP!, ...more };
}

/** Addresses with the same ports belong together, in the order of their addresses (endpoints.RepackSubsets). */
function subsetsOf(service: KubeObject, pods: readonly KubeObject[]): readonly object[] {
  const { ports = [], publishNotReadyAddresses } = serviceOf(service).spec ?? {};
  const groups = new Map<string, { readonly ports: readonly object[]; readonly ready: Address[]; readonly waiting: Address[] }>();
  for (const pod of pods) {
    const own = ports.flatMap((port) => {
      const number = targetPort(port, pod);
      const { name, protocol = 'TCP', appProtocol } = port;
      if (number === undefined) return [];
      return [
        {
          ...(name === undefined || name === '' ? {} : { name }),
          port: number,
          protocol,
          ...(appProtocol === undefined ? {} : { appProtocol }),
        },
      ];
    });
    if (own.length === 0 && !isHeadless(serviceOf(service))) continue;
    const key = stableStringify(own);
    const group = groups.get(key) ?? { ports: own, ready: [], waiting: [] };
    groups.set(key, group);
    (publishNotReadyAddresses === true || isReady(pod) ? group.ready : group.waiting).push(addressOf(pod, service));
  }
  const sorted = (list: readonly Address[]): readonly Address[] => [...list].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
  return [...groups.values()].map(({ ports: own, ready, waiting }): Partial<Subset> => ({
    ...(ready.length > 0 ? { addresses: sorted(ready) } : {}),
    ...(waiting.length > 0 ? { notReadyAddresses: sorted(waiting) } : {}),
    ...(own.length > 0 ? { ports: own } : {}),
  }));
}

/** pkg/controller/endpoint: the older form, one object for each service. */
export function* syncEndpoints(key: string, context: SyncContext): Sync {
  const service = lookUp(context.caches, 'services', key);
  const { namespace, name } = splitKey(key);
  const existing = lookUp(context.caches, 'endpoints', key) as (Endpoints & KubeObject) | undefined;
  // Without its service, the API server has taken the object away.
  if (service === undefined || !isSelective(service)) return done;
  const selected = selectedPods(service, context.caches);
  const pods = podsBehind(selected, serviceOf(service).spec?.publishNotReadyAddresses === true);
  const subsets = subsetsOf(service, pods);
  const headless = isHeadless(serviceOf(service)) ? { [headlessLabel]: '' } : {};
  const labels = { ...service.metadata.labels, ...headless, [managedByEndpoints]: manager };
  const { time, triggers } = triggeredAt(context.memory, service, selected);
  const remembered = { remember: triggers };
  if (existing === undefined) {
    const metadata = { name, namespace, labels, ...annotated(undefined, time) };
    const body = { apiVersion: 'v1', kind: 'Endpoints', metadata, ...(subsets.length > 0 ? { subsets } : {}) };
    const answer = yield* call({ method: 'POST', path: resourcePath(resources.endpoints, namespace), body });
    return ok(answer) ? remembered : retry;
  }
  if (deepEqual(existing.subsets ?? [], subsets) && deepEqual(existing.metadata.labels, labels)) return remembered;
  const { subsets: _before, ...rest } = existing;
  const { annotations, ...metadata } = existing.metadata;
  const body = { ...rest, metadata: { ...metadata, labels, ...annotated(annotations, time) }, ...(subsets.length > 0 ? { subsets } : {}) };
  const answer = yield* call({ method: 'PUT', path: resourcePath(resources.endpoints, namespace, name), body });
  return ok(answer) ? remembered : retry;
}
