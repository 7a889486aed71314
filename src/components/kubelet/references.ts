import type { KubeObject } from '#api/object.ts';
import { resources } from '#machinery/client.ts';
import { closeInformer, informerOf, newInformer, openInformer } from '#machinery/informer.ts';
import type { Effect } from '#kernel/types.ts';
import { referencesOf } from './environment.ts';
import { referenceId, type KubeletResult, type KubeletState } from './state.ts';

/** Watches each ConfigMap and Secret that a pod names, as long as a pod here does (pkg/kubelet/util/manager/watch_based_manager.go). */
export function watchReferences(state: KubeletState, pod: KubeObject): KubeletResult {
  const { namespace = '' } = pod.metadata;
  let { others } = state;
  const effects: Effect[] = [];
  for (const [kind, name] of referencesOf(pod)) {
    const id = referenceId(kind, namespace, name);
    if (others.has(id)) continue;
    const spec = { id, resource: resources[kind], namespace, fieldSelector: `metadata.name=${name}` };
    const opened = openInformer(newInformer(spec), state.input.client);
    others = others.set(id, opened.state);
    effects.push(...opened.effects);
  }
  return { context: { ...state, others }, effects };
}

/** A pod is gone: what no other pod here names is watched no more. */
export function dropReferences(state: KubeletState, pod: KubeObject): KubeletResult {
  const { namespace = '' } = pod.metadata;
  const left = new Set<string>();
  for (const other of state.pods?.store.values() ?? []) {
    if (other.metadata.uid === pod.metadata.uid || other.metadata.namespace !== namespace) continue;
    for (const [kind, name] of referencesOf(other)) left.add(referenceId(kind, namespace, name));
  }
  let { others } = state;
  const effects: Effect[] = [];
  for (const [kind, name] of referencesOf(pod)) {
    const id = referenceId(kind, namespace, name);
    const informer = others.get(id);
    if (informer === undefined || left.has(id)) continue;
    others = others.delete(id);
    effects.push(closeInformer(informer, state.input.client));
  }
  return { context: { ...state, others }, effects };
}

/** The workers of the pods that name an object, by the id of its informer. */
export function workersOf(state: KubeletState, id: string): readonly string[] {
  const [kind, namespace, name] = informerOf(`${id}#`).split('/');
  const found: string[] = [];
  for (const pod of state.pods?.store.values() ?? []) {
    if (pod.metadata.namespace !== namespace) continue;
    const worker = state.workers.get(pod.metadata.uid ?? '');
    if (worker !== undefined && referencesOf(pod).some((item) => item[0] === kind && item[1] === name)) found.push(worker);
  }
  return found;
}
