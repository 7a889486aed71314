import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

/** How long kubelets may keep secrets and config maps, by the size of the cluster (ttl_controller.go, ttlBoundaries). */
const boundaries: readonly (readonly [nodes: number, seconds: number])[] = [
  [100, 0],
  [500, 15],
  [1000, 30],
  [2000, 60],
  [Number.POSITIVE_INFINITY, 300],
];

function* sync(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node === undefined) return done;
  const count = context.caches['nodes']!.store.size;
  const seconds = String(boundaries.find(([nodes]) => count <= nodes)![1]);
  if (node.metadata.annotations?.[annotation] === seconds) return done;
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.nodes, '', key),
    contentType: mediaTypes.strategicMergePatch,
    body: { metadata: { annotations: { [annotation]: seconds } } },
  });
  return ok(answer) || answer.status === 404 ? done : retry;
}

/** pkg/controller/ttl. */
export const ttl: ControllerDefinition = {
  name: 'ttl-controller',
  workers: 5,
  eventSource: 'ttl-controller',
  handlers: { nodes: (change) => (change.type === 'delete' ? [] : [change.object.metadata.name]) },
  sync,
};
