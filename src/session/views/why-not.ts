import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { KubeObject } from '#api/object.ts';
import type { EndpointSlice, Pod, Service } from '#api/types.generated.ts';
import type { World } from '#kernel/world.ts';
import { currentKeyspace, storedObjects } from '../keyspace.ts';
import type { InspectTarget } from '../port.ts';
import { keyOf } from '../relations.ts';
import type { Reason } from '../view-port.ts';
import { schedule } from './queues.ts';

const shownNames = 5;
const shownVerdicts = 8;

const named = (objects: readonly KubeObject[]): string =>
  objects
    .slice(0, shownNames)
    .map((object) => object.metadata.name)
    .join(', ') + (objects.length > shownNames ? ` +${objects.length - shownNames}` : '');

const condition = ({
  type,
  reason = '',
  message = '',
}: {
  readonly type: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}): Reason => ({
  code: 'condition',
  values: { type, reason, message },
});

/** What the scheduler's record says of a pod that it could not place. */
function unscheduled(world: World, pod: string): readonly Reason[] {
  const decision = schedule(world).find((item) => item.pod === pod);
  if (decision === undefined || decision.node !== '') return [];
  const refusals = decision.verdicts.filter(({ status, reason }) => status !== 'Success' && reason !== '');
  return [
    { code: 'unscheduled', values: { message: decision.message } },
    ...refusals.slice(0, shownVerdicts).map(({ plugin, node, reason }): Reason => ({ code: 'plugin', values: { plugin, node, reason } })),
  ];
}

function podReasons(world: World, object: KubeObject): readonly Reason[] {
  const { metadata, spec, status } = object as unknown as Pod & { readonly metadata: KubeObject['metadata'] };
  if (metadata.deletionTimestamp !== undefined)
    return [{ code: 'deleting', values: { finalizers: (metadata.finalizers ?? []).join(', ') } }];
  if (status?.phase === 'Succeeded') return [];
  if ((spec?.nodeName ?? '') === '') return unscheduled(world, `${metadata.namespace ?? ''}/${metadata.name}`);
  const failing = (status?.conditions ?? []).filter((item) => item.status === 'False' && item.type !== 'PodReadyToStartContainers');
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return [
    ...failing.map(condition),
    ...containers.flatMap(({ name, state, ready, restartCount, lastState }): readonly Reason[] => [
      ...(state?.waiting === undefined
        ? []
        : [{ code: 'waiting' as const, values: { name, reason: state.waiting.reason ?? '', message: state.waiting.message ?? '' } }]),
      ...(ready === true || lastState?.terminated === undefined
        ? []
        : [
            {
              code: 'restarts' as const,
              values: {
                name,
                count: String(restartCount),
                exit: String(lastState.terminated.exitCode),
                reason: lastState.terminated.reason ?? '',
              },
            },
          ]),
    ]),
  ];
}

/** A Service that sends nobody anywhere. */
function serviceReasons(world: World, object: KubeObject): readonly Reason[] {
  const { metadata, spec } = object as unknown as Service & { readonly metadata: KubeObject['metadata'] };
  const namespace = metadata.namespace ?? '';
  const slices = storedObjects(world, `/registry/endpointslices/${namespace}/`).filter(
    (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  ) as unknown as readonly EndpointSlice[];
  if (slices.some(({ endpoints }) => (endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false))) return [];
  if (spec?.type === 'ExternalName') return [];
  const labels = spec?.selector ?? {};
  if (Object.keys(labels).length === 0) return [{ code: 'noSelector', values: {} }];
  const selector = labelSelectorFromObject({ matchLabels: labels });
  const pods = storedObjects(world, `/registry/pods/${namespace}/`).filter((pod) => matchesLabels(selector, pod.metadata.labels ?? {}));
  const wanted = Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',');
  if (pods.length === 0) return [{ code: 'noPods', values: { selector: wanted, namespace } }];
  return [{ code: 'podsNotReady', values: { selector: wanted, pods: named(pods) } }];
}

/** Conditions that are bad when they are true. */
const bad = /Pressure$|Unavailable$|^ReplicaFailure$|^Failed/;

function otherReasons(object: KubeObject): readonly Reason[] {
  const { conditions } = (object['status'] ?? {}) as {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
  return (conditions ?? []).filter((item) => item.status === (bad.test(item.type) ? 'True' : 'False')).map(condition);
}

/** Why an object is not as one would have it: the facts that stand in the way, most telling first; none where nothing does. */
export function whyNot(world: World, target: Extract<InspectTarget, { readonly type: 'object' }>): readonly Reason[] {
  const key = keyOf(world, target);
  const object = key === undefined ? undefined : (currentKeyspace(world, key).keys.find((item) => item.key === key)?.value as KubeObject);
  if (object === undefined) return [];
  if (object.kind === 'Pod') return podReasons(world, object);
  if (object.kind === 'Service') return serviceReasons(world, object);
  return otherReasons(object);
}
