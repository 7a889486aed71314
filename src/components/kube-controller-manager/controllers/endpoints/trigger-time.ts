import type { KubeObject } from '#api/object.ts';
import { podOf } from '../pods.ts';

const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** What a service's last sync had seen. RFC 3339. */
export interface Triggers {
  readonly service: string;
  readonly pods: Readonly<Record<string, string>>;
}

/**
 * The time of the earliest change since the last sync, for the annotation that tells how long endpoints take; undefined
 * where nothing that counts has changed (endpointslice/util, TriggerTimeTracker).
 */
export function triggeredAt(
  memory: unknown,
  service: KubeObject,
  pods: readonly KubeObject[],
): { readonly time: string | undefined; readonly triggers: Triggers } {
  const before = (memory as Triggers | undefined) ?? { service: '', pods: {} };
  const times: string[] = [];
  const seen: Record<string, string> = {};
  for (const pod of pods) {
    const time = podOf(pod).status?.conditions?.find((item) => item.type === 'Ready')?.lastTransitionTime ?? '';
    if (time === '') continue;
    seen[pod.metadata.name] = time;
    if (time > (before.pods[pod.metadata.name] ?? '')) times.push(time);
  }
  const created = service.metadata.creationTimestamp ?? '';
  if (created > before.service) times.push(created);
  return { time: times.sort()[0], triggers: { service: created, pods: seen } };
}

/** An object's annotations with the time, or without one. */
export function annotated(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): { readonly annotations?: object } {
  const { [triggerTime]: _old, ...others } = annotations ?? {};
  const next = time === undefined ? others : { ...others, [triggerTime]: time };
  return Object.keys(next).length === 0 ? {} : { annotations: next };
}
