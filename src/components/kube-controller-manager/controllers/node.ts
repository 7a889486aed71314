import { formatTime, type KubeObject } from '#api/object.ts';
import type { Node } from '#api/types.generated.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';
import { podOf } from './pods.ts';

const asNode = (object: KubeObject): Node => object as unknown as Node;
const nodeKey = ({ object }: { readonly object: KubeObject }): readonly string[] => [object.metadata.name];

/** pkg/controller/nodeipam: a /24 of the pod network for each node; the first free one. */
function* allocate(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node === undefined || (asNode(node).spec?.podCIDR ?? '') !== '') return done;
  const used = new Set([...(context.caches['nodes']?.store.values() ?? [])].map((item) => asNode(item).spec?.podCIDR));
  let third = 0;
  while (used.has(`10.244.${third}.0/24`)) third++;
  const cidr = `10.244.${third}.0/24`;
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.nodes, '', key),
    contentType: mediaTypes.strategicMergePatch,
    body: { spec: { podCIDR: cidr, podCIDRs: [cidr] } },
  });
  return ok(answer) ? done : retry;
}

export const nodeIpam: ControllerDefinition = {
  name: 'node-ipam-controller',
  account: 'node-controller',
  workers: 1,
  eventSource: 'cidrAllocator',
  handlers: { nodes: (change) => (change.type === 'add' ? nodeKey(change) : []) },
  sync: allocate,
};

function withoutVersion(node: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = node.metadata;
  return { ...node, metadata };
}

/** Says that a node is known (nodelifecycle, RegisteredNode). */
function* register(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node !== undefined)
    // Its reference to the node is made by hand: it has no resource version (util/node, RecordNodeEvent).
    yield [context.event(withoutVersion(node), 'Normal', 'RegisteredNode', `Node ${key} event: Registered Node ${key} in Controller`)];
  return done;
}

export const nodeRegistration: ControllerDefinition = {
  name: 'node-registration',
  account: 'node-controller',
  workers: 1,
  eventSource: 'node-controller',
  handlers: { nodes: (change) => (change.type === 'add' ? nodeKey(change) : []) },
  sync: register,
};

/** A node may come back: its pods are kept for this long (quarantineTime). */
const quarantineMs = 40_000;

/** pkg/controller/podgc, gcOrphaned: pods of nodes that are no longer there, nor in the server. */
function* collect(key: string, context: SyncContext): Sync {
  const orphans = lookUp(context.caches, 'nodes', key) === undefined ? byIndex(context.caches['pods'], 'node', key) : [];
  if (orphans.length === 0) return done;
  if ((yield* call({ method: 'GET', path: resourcePath(resources.nodes, '', key) })).status !== 404) return { againMs: quarantineMs };
  for (const pod of orphans) {
    const { namespace, name, generation } = pod.metadata;
    const path = resourcePath(resources.pods, namespace, name);
    if (!['Succeeded', 'Failed'].includes(podOf(pod).status?.phase ?? '')) {
      const condition = {
        lastProbeTime: null,
        lastTransitionTime: formatTime(context.now),
        message: 'PodGC: node no longer exists',
        observedGeneration: generation ?? 1,
        reason: 'DeletionByPodGC',
        status: 'True',
        type: 'DisruptionTarget',
      };
      yield* call({
        method: 'PATCH',
        path: `${path}/status`,
        contentType: mediaTypes.strategicMergePatch,
        body: { status: { phase: 'Failed', conditions: [condition] } },
      });
    }
    yield* call({ method: 'DELETE', path, body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 } });
  }
  return done;
}

export const podGc: ControllerDefinition = {
  name: 'pod-garbage-collector',
  workers: 1,
  eventSource: 'pod-garbage-collector',
  handlers: { nodes: (change) => (change.type === 'delete' ? nodeKey(change) : []) },
  sync: collect,
};
