import { hexDigest } from '#base/random.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import { resourcePath, resources, sendCall } from '#machinery/client.ts';
import type { Effect } from '#kernel/types.ts';
import { nameOf, type KubeletEvent, type KubeletResult, type KubeletState } from './state.ts';
import { readManifest } from './manifest.ts';
import type { MirrorUpdate, PodUpdate, PodWorkerInput } from './worker-state.ts';

/** On a mirror pod: the uid of the static pod that it shows. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** The uid of a static pod: it follows from its host and file. */
const staticUid = (host: string, path: string): string => hexDigest(`${host}${path}`, 32);

const manifests = '/etc/kubernetes/manifests/';

/** What a pod's worker is started with: the pod, and what the runtime has of it already. */
export function workerInput(state: KubeletState, pod: KubeObject, isStatic: boolean): PodWorkerInput {
  const uid = pod.metadata.uid ?? '';
  const sandbox = (state.sandboxes ?? []).findLast((item) => item.config.podUid === uid);
  const containers = (state.containers ?? []).filter((item) => item.sandbox === sandbox?.id);
  return { pod, static: isStatic, sandbox, containers };
}

/** Begins with the manifests that are there, and is told of changes. */
export function addStaticPods(state: KubeletState, event: KubeletEvent): KubeletResult {
  let context = state;
  const effects: Effect[] = [{ type: 'watch-files', prefix: manifests }];
  for (const [path, content] of event.disk.prefixed(manifests)) {
    const added = addStatic(context, path, content, event);
    context = added.context;
    effects.push(...added.effects);
  }
  return { context, effects };
}

/** A manifest that is taken away ends its pod, and the mirror pod with it. */
export function removeStatic(state: KubeletState, path: string, event: KubeletEvent): KubeletResult {
  const uid = staticUid(nameOf(event), path);
  const worker = state.workers.get(uid);
  const found = [...state.static].find(([, pod]) => pod.metadata.uid === uid);
  if (worker === undefined || found === undefined) return { context: state, effects: [] };
  const [key, pod] = found;
  const ending: KubeObject = {
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: formatTime(event.now), deletionGracePeriodSeconds: 30 },
  };
  const message: PodUpdate = { type: 'pod.update', pod: ending };
  return {
    context: { ...state, static: state.static.delete(key), workers: state.workers.delete(uid) },
    effects: [{ type: 'send', to: `${event.self}/${worker}`, message }],
  };
}

/** A manifest becomes a pod of this node, with a worker. */
export function addStatic(state: KubeletState, path: string, content: unknown, event: KubeletEvent): KubeletResult {
  const manifest = readManifest(content);
  // As upstream, a file that cannot be used is left aside; the node goes on.
  if (manifest === undefined) return { context: state, effects: [{ type: 'note', topic: 'manifest', data: { path, problem: 'no Pod' } }] };
  const host = nameOf(event);
  const hash = staticUid(host, path);
  if (state.workers.has(hash)) return { context: state, effects: [] };
  const name = `${manifest.metadata.name}-${host}`;
  const annotations = {
    ...manifest.metadata.annotations,
    'kubernetes.io/config.hash': hash,
    'kubernetes.io/config.seen': `${formatTime(event.now).slice(0, -1)}.000000000Z`,
    'kubernetes.io/config.source': 'file',
  };
  const pod: KubeObject = {
    ...manifest,
    metadata: { ...manifest.metadata, name, uid: hash, annotations },
    spec: { ...(manifest['spec'] as object), nodeName: host },
  };
  const worker = `pod-${state.next}`;
  const input = workerInput(state, pod, true);
  const effects: Effect[] = [{ type: 'start', name: worker, definition: 'kubelet/pod-worker', input }];
  return {
    context: {
      ...state,
      next: state.next + 1,
      static: state.static.set(`${pod.metadata.namespace ?? ''}/${name}`, pod),
      workers: state.workers.set(hash, worker),
    },
    effects,
  };
}

/** Mirror pods: what the API server shows of static pods. */
export function mirror(state: KubeletState): Effect[] {
  if (!state.registered || state.pods?.synced !== true) return [];
  const effects: Effect[] = [];
  for (const [key, pod] of state.static) {
    if (state.pods.store.has(key)) continue;
    const { uid = '', ...metadata } = pod.metadata;
    const body = {
      ...pod,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [mirrorAnnotation]: uid } },
      spec: { ...(pod['spec'] as object), tolerations: [{ effect: 'NoExecute', operator: 'Exists' }] },
    };
    effects.push(
      sendCall(state.input.client, 'mirror', { method: 'POST', path: resourcePath(resources.pods, pod.metadata.namespace), body }),
    );
  }
  return effects;
}

/**
 * Tells a static pod's worker of its mirror pod. One that is being deleted goes at once, and comes back: what counts is the
 * manifest on this host (pkg/kubelet, tryReconcileMirrorPods).
 */
export function mirrorChanged(state: KubeletState, object: KubeObject, gone: boolean, worker: string, event: KubeletEvent): Effect[] {
  const { uid, namespace, name, deletionTimestamp } = object.metadata;
  const told: Effect = {
    type: 'send',
    to: `${event.self}/${worker}`,
    message: { type: 'pod.mirror', uid: gone ? undefined : uid } as MirrorUpdate,
  };
  if (gone || deletionTimestamp === undefined) return [told];
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } };
  return [told, sendCall(state.input.client, 'mirror', { method: 'DELETE', path: resourcePath(resources.pods, namespace, name), body })];
}
