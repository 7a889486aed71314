import type { Lease, Node } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { ageOf } from '#api/resources/duration.ts';
import { canonicalQuantity, formatQuantity, parseQuantity } from '#api/quantity.ts';
import type { ApiPod } from '../pods.ts';
import { annotationLines, longTime, pairsLines } from './format.ts';

type Amounts = Readonly<Record<string, string | number>>;

/** A node, without its events (describe.go, describeNode). */
export function describeNode(
  { metadata, spec, status }: Node & KubeObject,
  pods: readonly ApiPod[],
  lease: Lease | undefined,
  now: number,
): string {
  const roles = rolesOf(metadata.labels);
  const taints = [...(spec?.taints ?? [])]
    .sort((a, b) => taintText(a).localeCompare(taintText(b)))
    .map((taint, index) => `${index === 0 ? 'Taints:' : ''}\t${taintText(taint)}\n`);
  const conditions = status?.conditions ?? [];
  const info = status?.nodeInfo;
  return [
    `Name:\t${metadata.name}\nRoles:\t${roles.length === 0 ? '<none>' : roles.join(',')}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}\n`,
    taints.length === 0 ? 'Taints:\t<none>\n' : taints.join(''),
    `Unschedulable:\t${spec?.unschedulable ?? false}\n`,
    leaseLines(lease),
    conditions.length === 0
      ? ''
      : `Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------\n${conditions.map((item) => `  ${item.type} \t${item.status} \t${longTime(item.lastHeartbeatTime)} \t${longTime(item.lastTransitionTime)} \t${item.reason ?? ''} \t${item.message ?? ''}\n`).join('')}`,
    `Addresses:\n${(status?.addresses ?? []).map((address) => `  ${address.type}:\t${address.address}\n`).join('')}`,
    amounts('Capacity', status?.capacity),
    amounts('Allocatable', status?.allocatable),
    `System Info:\n  Machine ID:\t${info?.machineID ?? ''}\n  System UUID:\t${info?.systemUUID ?? ''}\n  Boot ID:\t${info?.bootID ?? ''}\n  Kernel Version:\t${info?.kernelVersion ?? ''}\n  OS Image:\t${info?.osImage ?? ''}\n  Operating System:\t${info?.operatingSystem ?? ''}\n  Architecture:\t${info?.architecture ?? ''}\n  Container Runtime Version:\t${info?.containerRuntimeVersion ?? ''}\n  Kubelet Version:\t${info?.kubeletVersion ?? ''}\n`,
    spec?.podCIDR === undefined || spec.podCIDR === '' ? '' : `PodCIDR:\t${spec.podCIDR}\n`,
    spec?.podCIDRs === undefined || spec.podCIDRs.length === 0 ? '' : `PodCIDRs:\t${spec.podCIDRs.join(',')}\n`,
    spec?.providerID === undefined || spec.providerID === '' ? '' : `ProviderID:\t${spec.providerID}\n`,
    podLines(pods, status?.allocatable ?? {}, now),
  ].join('');
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf(labels: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.keys(labels ?? {})
    .flatMap((key) =>
      key.startsWith(rolePrefix) && key.length > rolePrefix.length
        ? [key.slice(rolePrefix.length)]
        : key === 'kubernetes.io/role'
          ? [labels![key]!]
          : [],
    )
    .sort();
}

function taintText({
  key,
  value = '',
  effect,
}: {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}): string {
  return value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}

function leaseLines(lease: Lease | undefined): string {
  if (lease === undefined) return 'Lease:\n  HolderIdentity:\t<unset>\n  AcquireTime:\t<unset>\n  RenewTime:\t<unset>\n';
  const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
  return `Lease:\n  HolderIdentity:\t${holderIdentity ?? '<unset>'}\n  AcquireTime:\t${longTime(acquireTime)}\n  RenewTime:\t${longTime(renewTime)}\n`;
}

function amounts(title: string, list: Amounts | undefined): string {
  const names = Object.keys(list ?? {}).sort();
  return names.length === 0 ? '' : `${title}:\n${names.map((name) => `  ${name}:\t${canonicalQuantity(list![name]!)}\n`).join('')}`;
}

interface Sums {
  readonly requests: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
}

/** What a pod asks for: its containers together, or an init container that asks for more (resourcehelper.PodRequestsAndLimits). */
function sumsOf({ spec }: ApiPod): Sums {
  const total = (which: 'requests' | 'limits'): Record<string, number> => {
    const sum: Record<string, number> = {};
    const add = (list: Amounts | undefined): void => {
      for (const [name, value] of Object.entries(list ?? {})) sum[name] = (sum[name] ?? 0) + parseQuantity(value);
    };
    for (const container of spec?.containers ?? []) add(container.resources?.[which]);
    const initial = spec?.initContainers ?? [];
    for (const container of initial) if (container.restartPolicy === 'Always') add(container.resources?.[which]);
    for (const container of initial)
      for (const [name, value] of Object.entries(container.resources?.[which] ?? {}))
        sum[name] = Math.max(sum[name] ?? 0, parseQuantity(value));
    if (Object.keys(sum).length > 0 || which === 'requests') add(spec?.overhead);
    return sum;
  };
  return { requests: total('requests'), limits: total('limits') };
}

const isBinary = (name: string): boolean => name !== 'cpu';

function share(value: number, name: string, allocatable: Amounts): string {
  const whole = parseQuantity(allocatable[name] ?? 0);
  const percent = whole === 0 ? 0 : Math.trunc((value / whole) * 100);
  return `${formatQuantity(value, isBinary(name))} (${percent}%)`;
}

function podLines(pods: readonly ApiPod[], allocatable: Amounts, now: number): string {
  const rows = pods.map((pod) => {
    const { requests, limits } = sumsOf(pod);
    const cell = (sums: Readonly<Record<string, number>>, name: string): string => share(sums[name] ?? 0, name, allocatable);
    return `  ${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cell(requests, 'cpu')}\t${cell(limits, 'cpu')}\t${cell(requests, 'memory')}\t${cell(limits, 'memory')}\t${ageOf(pod.metadata.creationTimestamp, now)}\n`;
  });
  const header =
    '  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n';
  return `Non-terminated Pods:\t(${pods.length} in total)\n${header}${rows.join('')}${allocated(pods, allocatable)}`;
}

function allocated(pods: readonly ApiPod[], allocatable: Amounts): string {
  const requests: Record<string, number> = {};
  const limits: Record<string, number> = {};
  for (const pod of pods) {
    const sums = sumsOf(pod);
    for (const [name, value] of Object.entries(sums.requests)) requests[name] = (requests[name] ?? 0) + value;
    for (const [name, value] of Object.entries(sums.limits)) limits[name] = (limits[name] ?? 0) + value;
  }
  const standard = ['cpu', 'memory', 'ephemeral-storage'];
  const others = Object.keys(allocatable)
    .filter((name) => !standard.includes(name) && name !== 'pods')
    .sort();
  const line = (name: string): string => {
    if (standard.includes(name) || name.startsWith('hugepages-'))
      return `  ${name}\t${share(requests[name] ?? 0, name, allocatable)}\t${share(limits[name] ?? 0, name, allocatable)}\n`;
    return `  ${name}\t${formatQuantity(requests[name] ?? 0)}\t${formatQuantity(limits[name] ?? 0)}\n`;
  };
  return `Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n${[...standard, ...others].map(line).join('')}`;
}
