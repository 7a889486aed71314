import type { CronJob, DaemonSet, Deployment, Job, Pod, ReplicaSet, ReplicationController, StatefulSet } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { humanDuration } from '#api/resources/duration.ts';
import { formatLabelSelector, labelSelectorFromObject } from '#api/selectors.ts';
import { annotationLines, longTime, pairsLines } from './format.ts';
import { describeTemplate } from './pod-template.ts';

const selector = (value: Parameters<typeof labelSelectorFromObject>[0]): string => formatLabelSelector(labelSelectorFromObject(value));
const template = (value: Parameters<typeof describeTemplate>[0]): string => `Pod Template:\n${describeTemplate(value, 1)}`;

function podPhases(pods: readonly Pod[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { Running: 0, Pending: 0, Succeeded: 0, Failed: 0 };
  for (const pod of pods) counts[pod.status?.phase ?? ''] = (counts[pod.status?.phase ?? ''] ?? 0) + 1;
  return counts;
}

function podsStatus(pods: readonly Pod[]): string {
  const counts = podPhases(pods);
  return `Pods Status:\t${counts['Running']} Running / ${counts['Pending']} Waiting / ${counts['Succeeded']} Succeeded / ${counts['Failed']} Failed\n`;
}

/** describe.go, describeDeployment; `sets` are the ReplicaSets that it owns. */
export function describeDeployment(
  { metadata, spec, status = {} }: Deployment & KubeObject,
  sets: readonly (ReplicaSet & KubeObject)[],
): string {
  const rolling = spec?.strategy?.rollingUpdate;
  const conditions = status.conditions ?? [];
  const current = newestSet(metadata.annotations, spec?.template, sets);
  const old = sets.filter((set) => set !== current && (set.spec?.replicas ?? 0) >= 0);
  const setText = (list: readonly (ReplicaSet & KubeObject)[]): string =>
    list.length === 0
      ? '<none>'
      : list.map((set) => `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 0} replicas created)`).join(', ');
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nCreationTimestamp:\t${longTime(metadata.creationTimestamp)}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Selector:\t${selector(spec?.selector)}\n`,
    `Replicas:\t${spec?.replicas ?? 0} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable\n`,
    `StrategyType:\t${spec?.strategy?.type ?? ''}\nMinReadySeconds:\t${spec?.minReadySeconds ?? 0}\n`,
    rolling === undefined
      ? ''
      : `RollingUpdateStrategy:\t${rolling.maxUnavailable ?? ''} max unavailable, ${rolling.maxSurge ?? ''} max surge\n`,
    template(spec?.template),
    conditions.length === 0
      ? ''
      : `Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n${conditions.map((item) => `  ${item.type} \t${item.status}\t${item.reason ?? ''}\n`).join('')}`,
    `OldReplicaSets:\t${setText(old)}\nNewReplicaSet:\t${setText(current === undefined ? [] : [current])}\n`,
  ].join('');
}

/** The ReplicaSet of the deployment's own template: the one whose revision is the deployment's. */
function newestSet(
  annotations: Readonly<Record<string, string>> | undefined,
  wanted: unknown,
  sets: readonly (ReplicaSet & KubeObject)[],
): (ReplicaSet & KubeObject) | undefined {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (key, inner: unknown) => (key === 'pod-template-hash' ? undefined : inner));
  const equal = sets.find((set) => plain(set.spec?.template) === plain(wanted));
  if (equal !== undefined) return equal;
  const revision = annotations?.['deployment.kubernetes.io/revision'];
  return sets.find((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision);
}

/** describe.go, describeReplicaSet. */
export function describeReplicaSet({ metadata, spec, status }: ReplicaSet & KubeObject, pods: readonly Pod[]): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  const conditions = status?.conditions ?? [];
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nSelector:\t${selector(spec?.selector)}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    owner === undefined ? '' : `Controlled By:\t${owner.kind}/${owner.name}\n`,
    `Replicas:\t${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired\n`,
    podsStatus(pods),
    template(spec?.template),
    conditions.length === 0
      ? ''
      : `Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n${conditions.map((item) => `  ${item.type} \t${item.status}\t${item.reason ?? ''}\n`).join('')}`,
  ].join('');
}

/** describe.go, describeReplicationController: the same of a set whose selector is labels. */
export function describeReplicationController(object: ReplicationController & KubeObject, pods: readonly Pod[]): string {
  return describeReplicaSet({ ...object, spec: { ...object.spec, selector: { matchLabels: object.spec?.selector ?? {} } } } as never, pods);
}

/** describe.go, describeStatefulSet. */
export function describeStatefulSet({ metadata, spec, status }: StatefulSet & KubeObject, pods: readonly Pod[]): string {
  const partition = spec?.updateStrategy?.rollingUpdate?.partition;
  const claims = spec?.volumeClaimTemplates ?? [];
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nCreationTimestamp:\t${longTime(metadata.creationTimestamp)}\nSelector:\t${selector(spec?.selector)}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Replicas:\t${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total\nUpdate Strategy:\t${spec?.updateStrategy?.type ?? ''}\n`,
    partition === undefined ? '' : `  Partition:\t${partition}\n`,
    podsStatus(pods),
    template(spec?.template),
    claims.length === 0
      ? 'Volume Claims:\t<none>\n'
      : `Volume Claims:\n${claims.map((claim) => `  Name:\t${claim.metadata?.name ?? ''}\n  StorageClass:\t${claim.spec?.storageClassName ?? ''}\n${pairsLines('  Labels', claim.metadata?.labels)}${annotationLines('  Annotations', claim.metadata?.annotations)}  Capacity:\t${claim.spec?.resources?.requests?.['storage'] ?? '<default>'}\n  Access Modes:\t[${(claim.spec?.accessModes ?? []).join(' ')}]\n`).join('')}`,
  ].join('');
}

/** describe.go, describeDaemonSet. */
export function describeDaemonSet({ metadata, spec, status }: DaemonSet & KubeObject, pods: readonly Pod[]): string {
  const nodes = spec?.template?.spec?.nodeSelector;
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nSelector:\t${selector(spec?.selector)}\n`,
    `Node-Selector:\t${
      nodes === undefined || Object.keys(nodes).length === 0
        ? '<none>'
        : Object.entries(nodes)
            .map(([key, value]) => `${key}=${value}`)
            .sort()
            .join(',')
    }\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}\nCurrent Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}\n`,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}\nNumber of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}\nNumber of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}\n`,
    podsStatus(pods),
    template(spec?.template),
  ].join('');
}

/** describe.go, describeJob. */
export function describeJob({ metadata, spec, status = {} }: Job & KubeObject): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  const duration =
    status.startTime !== undefined && status.completionTime !== undefined
      ? humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime))
      : undefined;
  const line = (label: string, value: string | number | undefined): string => (value === undefined ? '' : `${label}:\t${value}\n`);
  const phases = `${status.active ?? 0} Active (${status.ready ?? 0} Ready) / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`;
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    spec?.selector === undefined ? '' : `Selector:\t${selector(spec.selector)}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    owner === undefined ? '' : `Controlled By:\t${owner.kind}/${owner.name}\n`,
    line('Parallelism', spec?.parallelism),
    spec?.completions === undefined ? 'Completions:\t<unset>\n' : `Completions:\t${spec.completions}\n`,
    line('Completion Mode', spec?.completionMode),
    spec?.suspend === undefined ? '' : `Suspend:\t${spec.suspend}\n`,
    line('Backoff Limit', spec?.backoffLimit),
    line('TTL Seconds After Finished', spec?.ttlSecondsAfterFinished),
    status.startTime === undefined ? '' : `Start Time:\t${longTime(status.startTime)}\n`,
    status.completionTime === undefined ? '' : `Completed At:\t${longTime(status.completionTime)}\n`,
    line('Duration', duration),
    spec?.activeDeadlineSeconds === undefined ? '' : `Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s\n`,
    `Pods Statuses:\t${phases}\n`,
    spec?.completionMode === 'Indexed'
      ? `Completed Indexes:\t${status.completedIndexes === undefined || status.completedIndexes === '' ? '<none>' : status.completedIndexes}\n`
      : '',
    template(spec?.template),
  ].join('');
}

/** describe.go, describeCronJob. */
export function describeCronJob({ metadata, spec, status }: CronJob & KubeObject): string {
  const job = spec?.jobTemplate.spec;
  const active = status?.active ?? [];
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Schedule:\t${spec?.schedule ?? ''}\nConcurrency Policy:\t${spec?.concurrencyPolicy ?? ''}\nSuspend:\t${spec?.suspend === true ? 'True' : 'False'}\n`,
    `Successful Job History Limit:\t${spec?.successfulJobsHistoryLimit ?? '<unset>'}\nFailed Job History Limit:\t${spec?.failedJobsHistoryLimit ?? '<unset>'}\n`,
    `Starting Deadline Seconds:\t${spec?.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`}\n`,
    job?.selector === undefined ? 'Selector:\t<unset>\n' : `Selector:\t${selector(job.selector)}\n`,
    `Parallelism:\t${job?.parallelism ?? '<unset>'}\nCompletions:\t${job?.completions ?? '<unset>'}\n`,
    template(job?.template),
    `Last Schedule Time:\t${longTime(status?.lastScheduleTime)}\n`,
    active.length === 0 ? 'Active Jobs:\t<none>\n' : `Active Jobs:\t${active.map((item) => item.name ?? '').join(', ')}\n`,
  ].join('');
}
