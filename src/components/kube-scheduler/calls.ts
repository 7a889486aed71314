import { formatTime, type KubeObject } from '#api/object.ts';
import { resourcePath, resources, sendCall, type ApiCall, type ClientConfig } from '#machinery/client.ts';
import type { Effect, Origin } from '#kernel/types.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { podOf } from './node-info.ts';
import { report, type Report } from './recorder.ts';
import type { SchedulerState } from './state.ts';

export const agent = (state: SchedulerState, name: string): ClientConfig => ({ ...state.client, userAgent: `kube-scheduler/${name}` });

export function send(state: SchedulerState, id: string, call: ApiCall, because: Origin): Effect {
  return sendCall(agent(state, 'scheduler'), id, call, { because, chatter: false });
}

/** Reports something about a pod. */
export function event(
  state: SchedulerState,
  pod: KubeObject,
  what: Report,
  now: number,
  because: Origin,
): { readonly context: SchedulerState; readonly effects: readonly Effect[] } {
  const { seen, call } = report(state.reported, pod, what, now, state.counter);
  const context = { ...state, reported: seen, counter: state.counter + 1 };
  return { context, effects: call === undefined ? [] : [send(state, 'event', call, because)] };
}

const statusPath = (pod: KubeObject): string => resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'status');
const patch = (pod: KubeObject, status: object): ApiCall => ({
  method: 'PATCH',
  path: statusPath(pod),
  contentType: mediaTypes.strategicMergePatch,
  body: { status },
});

function condition(pod: KubeObject, type: string, status: string, reason: string, message: string, now: number): object {
  return {
    lastProbeTime: null,
    lastTransitionTime: formatTime(now),
    message,
    observedGeneration: pod.metadata.generation ?? 1,
    reason,
    status,
    type,
  };
}

/** schedule_one.go, updatePod: why the pod has no node, and which it is to have; undefined where it says so already. */
export function unschedulableStatus(pod: KubeObject, message: string, nominated: string | undefined, now: number): ApiCall | undefined {
  const { conditions, nominatedNodeName } = podOf(pod).status ?? {};
  const before = conditions?.find((item) => item.type === 'PodScheduled');
  const known = before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message;
  const named =
    nominated === undefined || nominated === (nominatedNodeName ?? '') ? {} : { nominatedNodeName: nominated === '' ? null : nominated };
  if (known && Object.keys(named).length === 0) return undefined;
  return patch(pod, {
    ...(known ? {} : { conditions: [condition(pod, 'PodScheduled', 'False', 'Unschedulable', message, now)] }),
    ...named,
  });
}

export const clearNomination = (pod: KubeObject): ApiCall => patch(pod, { nominatedNodeName: null });

/** preemption/executor.go: what a victim is told before it is deleted. */
export function disruptionStatus(victim: KubeObject, now: number): ApiCall {
  return patch(victim, {
    conditions: [
      condition(
        victim,
        'DisruptionTarget',
        'True',
        'PreemptionByScheduler',
        'default-scheduler: preempting to accommodate a higher priority pod',
        now,
      ),
    ],
  });
}

export const deletion = (key: string): ApiCall => {
  const slash = key.indexOf('/');
  return {
    method: 'DELETE',
    path: resourcePath(resources.pods, key.slice(0, slash), key.slice(slash + 1)),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
  };
};

export function binding(pod: KubeObject, node: string): ApiCall {
  const { name, namespace, uid } = pod.metadata;
  const body = { kind: 'Binding', apiVersion: 'v1', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node } };
  return { method: 'POST', path: resourcePath(resources.pods, namespace, name, 'binding'), body };
}

/** volume_binding PreBind: a volume is kept for the claim, or the provisioner is told where it is needed (binder.go, bindAPIUpdate). */
export function volumeCall(claim: KubeObject, volume: KubeObject | undefined, node: string): ApiCall {
  const { namespace, name, uid, resourceVersion, annotations } = claim.metadata;
  if (volume === undefined) {
    const body = { ...claim, metadata: { ...claim.metadata, annotations: { ...annotations, 'volume.kubernetes.io/selected-node': node } } };
    return { method: 'PUT', path: resourcePath(resources.persistentvolumeclaims, namespace, name), body };
  }
  const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
  const marked = { ...volume.metadata, annotations: { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' } };
  return {
    method: 'PUT',
    path: resourcePath(resources.persistentvolumes, '', volume.metadata.name),
    body: { ...volume, metadata: marked, spec: { ...(volume['spec'] as object), claimRef } },
  };
}
