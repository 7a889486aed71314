import { createEvent, correlate, subjectOf } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ApiCall } from '#machinery/client.ts';
import type { Effect } from '#kernel/types.ts';
import type { CriOperation, CriRequest } from '#protocol/cri.ts';
import { hostOf, kubeletOf, type Due, type PodWorkerState, type WorkerEvent, type WorkerResult } from './worker-state.ts';

export const nothing = (context: PodWorkerState): WorkerResult => ({ context, effects: [] });

/** What comes after a result, with its effects behind those of the first. */
export function andThen(result: WorkerResult, next: (state: PodWorkerState) => WorkerResult): WorkerResult {
  const { context, effects } = next(result.context);
  return { context, effects: effects.length === 0 ? result.effects : [...result.effects, ...effects] };
}

export function cri(event: WorkerEvent, id: string, operation: CriOperation): Effect {
  return { type: 'send', to: `${hostOf(event)}/container-runtime`, message: { type: 'cri.request', id, operation } as CriRequest };
}

export function api(event: WorkerEvent, id: string, call: ApiCall): Effect {
  return sendCall(kubeletOf(event).input.client, id, call);
}

export function due(what: Due['what'], afterMs: number): Effect {
  return { type: 'arm', timer: what, afterMs, message: { type: 'pod.due', what } as Due, ...(what === 'status' ? { chatter: true } : {}) };
}

export const podPath = (state: PodWorkerState, subresource = ''): string =>
  resourcePath(resources.pods, state.pod!.metadata.namespace, state.pod!.metadata.name, subresource);

/** Which part of a pod's manifest an event about one of its containers is about. */
function fieldPath(state: PodWorkerState, container: string): string {
  const initial = state.containers.find((item) => item.name === container)?.kind !== 'app';
  return `spec.${initial ? 'initContainers' : 'containers'}{${container}}`;
}

/** Reports an Event of the pod, or counts it where it was reported before. Hollow kubelets keep silent. */
export function record(
  state: PodWorkerState,
  event: WorkerEvent,
  said: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string; readonly container?: string | undefined },
): WorkerResult {
  if (kubeletOf(event).input.hollow || state.pod === undefined) return nothing(state);
  const { type, reason, message, container } = said;
  const subject = { ...subjectOf(state.pod), ...(container === undefined ? {} : { fieldPath: fieldPath(state, container) }) };
  const counter = state.recorded * 104_729 + reason.length;
  const created = createEvent(subject, type, reason, message, { component: 'kubelet', host: hostOf(event) }, event.now, counter);
  const { log, call } = correlate(state.events, created, event.now);
  return {
    context: { ...state, events: log, recorded: state.recorded + 1 },
    effects: call === undefined ? [] : [api(event, 'event', call)],
  };
}
