import type * as k8s from '../types.generated.ts';
import type { KubeObject } from '../object.ts';
import { formatLabelSelector, labelSelectorFromObject } from '../selectors.ts';
import { ageOf, humanDuration } from './duration.ts';
import { podCells } from './pod-columns.ts';

/**
 * The cells that the API server prints for each kind (pkg/printers/internalversion/printers.go), in the order of the
 * generated columns. Kinds without an entry get a name and, where there is such a column, a creation time.
 */
export type Cells = readonly (string | number | boolean | null)[];
type Row = (object: never, now: number) => Cells;

const name = (object: { readonly metadata?: k8s.ObjectMeta | undefined }): string => object.metadata?.name ?? '';
const age = (object: { readonly metadata?: k8s.ObjectMeta | undefined }, now: number): string =>
  ageOf(object.metadata?.creationTimestamp, now);
const or = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);
const selector = (value: k8s.LabelSelector | undefined): string => or(formatLabelSelector(labelSelectorFromObject(value)));
const labels = (value: Readonly<Record<string, string>> | undefined): string =>
  or(
    Object.entries(value ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => `${key}=${text}`)
      .join(','),
  );
const containerNames = (template: k8s.PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map((item) => item.name).join(',');
const images = (template: k8s.PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map((item) => item.image ?? '').join(',');
const count = (object: Readonly<Record<string, unknown>> | undefined): number => Object.keys(object ?? {}).length;

function ports(service: k8s.Service): string {
  return or(
    (service.spec?.ports ?? [])
      .map(
        (port) => `${port.port}${port.nodePort === undefined || port.nodePort === 0 ? '' : `:${port.nodePort}`}/${port.protocol ?? 'TCP'}`,
      )
      .join(','),
  );
}

function externalIp(service: k8s.Service): string {
  const { spec, status } = service;
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  const given = spec?.externalIPs ?? [];
  if (spec?.type === 'LoadBalancer') {
    const ingress = (status?.loadBalancer?.ingress ?? []).map((item) => item.ip ?? item.hostname ?? '');
    const all = [...ingress, ...given];
    return all.length === 0 ? '<pending>' : all.join(',');
  }
  return or(given.join(','));
}

function endpointList(endpoints: k8s.Endpoints): string {
  if ((endpoints.subsets ?? []).length === 0) return '<none>';
  const list = (endpoints.subsets ?? []).flatMap((subset) => {
    const addresses = subset.addresses ?? [];
    if (subset.ports === undefined || subset.ports.length === 0) return addresses.map((item) => item.ip);
    return subset.ports.flatMap((port) => addresses.map((item) => `${item.ip}:${port.port}`));
  });
  return list.length > 3 ? `${list.slice(0, 3).join(',')} + ${list.length - 3} more...` : list.join(',');
}

function nodeStatus(node: k8s.Node): string {
  const ready = node.status?.conditions?.find((item) => item.type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

function nodeRoles(node: k8s.Node): string {
  const prefix = 'node-role.kubernetes.io/';
  return or(
    Object.keys(node.metadata?.labels ?? {})
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .sort()
      .join(','),
  );
}

/** The kernel with its architecture, as v1.36 prints it. */
function nodeKernel(item: k8s.Node): string {
  const { kernelVersion = '', architecture = '' } = item.status?.nodeInfo ?? {};
  return kernelVersion === '' ? '<unknown>' : architecture === '' ? kernelVersion : `${kernelVersion} (${architecture})`;
}

const nodeAddress = (node: k8s.Node, type: string): string => or(node.status?.addresses?.find((item) => item.type === type)?.address);

function jobDuration(job: k8s.Job, now: number): string {
  const { startTime, completionTime } = job.status ?? {};
  if (startTime === undefined) return '';
  return humanDuration((completionTime === undefined ? now : Date.parse(completionTime)) - Date.parse(startTime));
}

function jobStatus(job: k8s.Job): string {
  const condition = (type: string): boolean =>
    job.status?.conditions?.some((item) => item.type === type && item.status === 'True') ?? false;
  if (condition('Complete')) return 'Complete';
  if (condition('Failed')) return 'Failed';
  if (job.metadata?.deletionTimestamp !== undefined) return 'Terminating';
  if (condition('Suspended')) return 'Suspended';
  return condition('FailureTarget') ? 'FailureTarget' : condition('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(job: k8s.Job): string {
  const done = job.status?.succeeded ?? 0;
  if (job.spec?.completions !== undefined) return `${done}/${job.spec.completions}`;
  const parallelism = job.spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function eventCells(event: k8s.Event, now: number): Cells {
  const first = event.firstTimestamp ?? event.eventTime ?? undefined;
  const last = event.series?.lastObservedTime ?? event.lastTimestamp ?? first;
  const times = event.series?.count ?? event.count ?? 1;
  const object = event.involvedObject;
  const source = [
    event.source?.component || event.reportingComponent,
    event.source?.host || (event.source?.component ? undefined : event.reportingInstance),
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ');
  return [
    ageOf(last, now),
    event.type ?? '',
    event.reason ?? '',
    `${(object.kind ?? '').toLowerCase()}/${object.name ?? ''}`,
    object.fieldPath ?? '',
    source,
    (event.message ?? '').trim(),
    ageOf(first, now),
    times,
    name(event),
  ];
}

function quotaList(quota: k8s.ResourceQuota, prefix: 'requests' | 'limits'): string {
  return Object.keys(quota.status?.hard ?? {})
    .filter((key) => key.startsWith('limits.') === (prefix === 'limits'))
    .sort()
    .map((key) => `${key}: ${quota.status?.used?.[key] ?? '0'}/${quota.status?.hard?.[key] ?? ''}`)
    .join(', ');
}

const accessModes = (modes: readonly string[] | undefined): string =>
  (modes ?? [])
    .map((mode) => ({ ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' })[mode] ?? mode)
    .join(',');

function volumeCells(volume: k8s.PersistentVolume, now: number): Cells {
  const { spec, status } = volume;
  const claim = spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`;
  const phase = volume.metadata?.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating';
  return [
    name(volume),
    String(spec?.capacity?.['storage'] ?? ''),
    accessModes(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    phase,
    claim,
    spec?.storageClassName ?? '',
    spec?.volumeAttributesClassName ?? '<unset>',
    status?.reason ?? '',
    age(volume, now),
    spec?.volumeMode ?? '<unset>',
  ];
}

function claimCells(claim: k8s.PersistentVolumeClaim, now: number): Cells {
  const { spec, status } = claim;
  const bound = spec?.volumeName !== undefined && spec.volumeName !== '';
  const phase = claim.metadata?.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating';
  return [
    name(claim),
    phase,
    spec?.volumeName ?? '',
    bound ? String(status?.capacity?.['storage'] ?? '') : '',
    bound ? accessModes(status?.accessModes) : '',
    spec?.storageClassName ?? '',
    spec?.volumeAttributesClassName ?? '<unset>',
    age(claim, now),
    spec?.volumeMode ?? '<unset>',
  ];
}

function sliceCells(slice: k8s.EndpointSlice, now: number): Cells {
  const list = (items: readonly string[]): string =>
    items.length === 0 ? '<unset>' : items.length > 3 ? `${items.slice(0, 3).join(',')} + ${items.length - 3} more...` : items.join(',');
  return [
    name(slice),
    slice.addressType,
    list((slice.ports ?? []).map((port) => String(port.port ?? '*'))),
    list((slice.endpoints ?? []).flatMap((item) => item.addresses)),
    age(slice, now),
  ];
}

function apiServiceCells(item: k8s.APIService, now: number): Cells {
  const { service } = item.spec ?? {};
  const condition = item.status?.conditions?.find(({ type }) => type === 'Available');
  const available =
    condition === undefined
      ? 'Unknown'
      : condition.status === 'True' || condition.reason === undefined
        ? condition.status
        : `${condition.status} (${condition.reason})`;
  return [name(item), service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`, available, age(item, now)];
}

interface AutoscalerV2 {
  readonly metadata?: k8s.ObjectMeta | undefined;
  readonly spec?:
    | {
        readonly scaleTargetRef: k8s.CrossVersionObjectReference;
        readonly minReplicas?: number;
        readonly maxReplicas: number;
        readonly metrics?: readonly k8s.MetricSpec[];
      }
    | undefined;
  readonly status?: { readonly currentReplicas?: number; readonly currentMetrics?: readonly k8s.MetricStatus[] | null } | undefined;
}

/** printersinternal.go, formatHPAMetrics, of what a metrics server measures. */
function autoscalerCells({ metadata, spec, status }: AutoscalerV2, now: number): Cells {
  const targets = (spec?.metrics ?? []).map((metric, index) => {
    const { resource } = metric;
    if (resource === undefined) return '<unknown>/<auto>';
    const current = status?.currentMetrics?.[index]?.resource?.current;
    const { averageValue, averageUtilization } = resource.target;
    const percent = (value: number | undefined, otherwise: string): string => (value === undefined ? otherwise : `${value}%`);
    const text =
      averageValue === undefined
        ? `${percent(current?.averageUtilization, '<unknown>')}/${percent(averageUtilization, '<auto>')}`
        : `${current?.averageValue ?? '<unknown>'}/${averageValue}`;
    return `${resource.name}: ${text}`;
  });
  const shown = targets.length > 2 ? `${targets.slice(0, 2).join(', ')} + ${targets.length - 2} more...` : targets.join(', ');
  const { kind, name: target } = spec?.scaleTargetRef ?? { kind: '', name: '' };
  return [
    name({ metadata }),
    `${kind}/${target}`,
    shown === '' ? '<none>' : shown,
    String(spec?.minReplicas ?? '<unset>'),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age({ metadata }, now),
  ];
}

const rows: Readonly<Record<string, Row>> = {
  'apiregistration.k8s.io/APIService': apiServiceCells,
  '/Pod': podCells,
  '/Namespace': (item: k8s.Namespace, now: number) => [name(item), item.status?.phase ?? '', age(item, now)],
  '/Node': (item: k8s.Node, now: number) => [
    name(item),
    nodeStatus(item),
    nodeRoles(item),
    age(item, now),
    item.status?.nodeInfo?.kubeletVersion ?? '',
    nodeAddress(item, 'InternalIP'),
    nodeAddress(item, 'ExternalIP'),
    item.status?.nodeInfo?.osImage ?? '<unknown>',
    nodeKernel(item),
    item.status?.nodeInfo?.containerRuntimeVersion ?? '<unknown>',
  ],
  '/Service': (item: k8s.Service, now: number) => [
    name(item),
    item.spec?.type ?? '',
    or(item.spec?.clusterIPs?.[0] ?? item.spec?.clusterIP),
    externalIp(item),
    ports(item),
    age(item, now),
    labels(item.spec?.selector),
  ],
  '/Endpoints': (item: k8s.Endpoints, now: number) => [name(item), endpointList(item), age(item, now)],
  '/ConfigMap': (item: k8s.ConfigMap, now: number) => [name(item), count(item.data) + count(item.binaryData), age(item, now)],
  '/Secret': (item: k8s.Secret, now: number) => [name(item), item.type ?? '', count(item.data), age(item, now)],
  '/ServiceAccount': (item: k8s.ServiceAccount, now: number) => [name(item), age(item, now)],
  '/Event': eventCells,
  '/ReplicationController': (item: k8s.ReplicationController, now: number) => [
    name(item),
    item.spec?.replicas ?? 0,
    item.status?.replicas ?? 0,
    item.status?.readyReplicas ?? 0,
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
    labels(item.spec?.selector),
  ],
  'policy/PodDisruptionBudget': ({ metadata, spec, status }: k8s.PodDisruptionBudget, now: number) => [
    name({ metadata }),
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    age({ metadata }, now),
  ],
  'autoscaling/HorizontalPodAutoscaler': autoscalerCells,
  '/ResourceQuota': (item: k8s.ResourceQuota, now: number) => [
    name(item),
    quotaList(item, 'requests'),
    quotaList(item, 'limits'),
    age(item, now),
  ],
  '/LimitRange': (item: k8s.LimitRange) => [name(item), item.metadata?.creationTimestamp ?? ''],
  '/PersistentVolume': volumeCells,
  '/PersistentVolumeClaim': claimCells,
  '/ComponentStatus': (item: k8s.ComponentStatus) => {
    const condition = item.conditions?.find((entry) => entry.type === 'Healthy');
    const status = condition?.status === 'True' ? 'Healthy' : condition?.status === 'False' ? 'Unhealthy' : 'Unknown';
    return [name(item), status, condition?.message ?? '', condition?.error ?? ''];
  },
  'apps/Deployment': (item: k8s.Deployment, now: number) => [
    name(item),
    `${item.status?.readyReplicas ?? 0}/${item.spec?.replicas ?? 0}`,
    item.status?.updatedReplicas ?? 0,
    item.status?.availableReplicas ?? 0,
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
    selector(item.spec?.selector),
  ],
  'apps/ReplicaSet': (item: k8s.ReplicaSet, now: number) => [
    name(item),
    item.spec?.replicas ?? 0,
    item.status?.replicas ?? 0,
    item.status?.readyReplicas ?? 0,
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
    selector(item.spec?.selector),
  ],
  'apps/StatefulSet': (item: k8s.StatefulSet, now: number) => [
    name(item),
    `${item.status?.readyReplicas ?? 0}/${item.spec?.replicas ?? 0}`,
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
  ],
  'apps/DaemonSet': (item: k8s.DaemonSet, now: number) => [
    name(item),
    item.status?.desiredNumberScheduled ?? 0,
    item.status?.currentNumberScheduled ?? 0,
    item.status?.numberReady ?? 0,
    item.status?.updatedNumberScheduled ?? 0,
    item.status?.numberAvailable ?? 0,
    labels(item.spec?.template.spec?.nodeSelector),
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
    selector(item.spec?.selector),
  ],
  'apps/ControllerRevision': (item: k8s.ControllerRevision, now: number) => {
    const owner = item.metadata?.ownerReferences?.find((entry) => entry.controller === true);
    return [name(item), owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}.apps/${owner.name}`, item.revision, age(item, now)];
  },
  'batch/Job': (item: k8s.Job, now: number) => [
    name(item),
    jobStatus(item),
    jobCompletions(item),
    jobDuration(item, now),
    age(item, now),
    containerNames(item.spec?.template),
    images(item.spec?.template),
    selector(item.spec?.selector),
  ],
  'batch/CronJob': (item: k8s.CronJob, now: number) => [
    name(item),
    item.spec?.schedule ?? '',
    item.spec?.timeZone ?? '<none>',
    item.spec?.suspend === true ? 'True' : 'False',
    item.status?.active?.length ?? 0,
    item.status?.lastScheduleTime === undefined ? '<none>' : ageOf(item.status.lastScheduleTime, now),
    age(item, now),
    containerNames(item.spec?.jobTemplate.spec?.template),
    images(item.spec?.jobTemplate.spec?.template),
    '<none>',
  ],
  'coordination.k8s.io/Lease': (item: k8s.Lease, now: number) => [name(item), item.spec?.holderIdentity ?? '', age(item, now)],
  'discovery.k8s.io/EndpointSlice': sliceCells,
  'rbac.authorization.k8s.io/Role': (item: k8s.Role) => [name(item), item.metadata?.creationTimestamp ?? ''],
  'rbac.authorization.k8s.io/ClusterRole': (item: k8s.ClusterRole) => [name(item), item.metadata?.creationTimestamp ?? ''],
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': (item: k8s.ValidatingAdmissionPolicy, now: number) => [
    name(item),
    item.spec?.validations?.length ?? 0,
    paramKind(item.spec?.paramKind),
    age(item, now),
  ],
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': (item: k8s.MutatingAdmissionPolicy, now: number) => [
    name(item),
    item.spec?.mutations?.length ?? 0,
    paramKind(item.spec?.paramKind),
    age(item, now),
  ],
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': policyBindingCells,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': policyBindingCells,
  'networking.k8s.io/ServiceCIDR': (item: k8s.ServiceCIDR, now: number) => [name(item), (item.spec?.cidrs ?? []).join(','), age(item, now)],
  'networking.k8s.io/IPAddress': (item: k8s.IPAddress) => [name(item), parentRef(item.spec?.parentRef)],
  'rbac.authorization.k8s.io/RoleBinding': bindingCells,
  'rbac.authorization.k8s.io/ClusterRoleBinding': bindingCells,
  'scheduling.k8s.io/PriorityClass': (item: k8s.PriorityClass, now: number) => [
    name(item),
    item.value ?? 0,
    item.globalDefault ?? false,
    age(item, now),
    item.preemptionPolicy ?? '',
  ],
  'storage.k8s.io/StorageClass': (item: k8s.StorageClass, now: number) => {
    const isDefault = item.metadata?.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
    return [
      `${name(item)}${isDefault ? ' (default)' : ''}`,
      item.provisioner,
      item.reclaimPolicy ?? 'Delete',
      item.volumeBindingMode ?? 'Immediate',
      item.allowVolumeExpansion ?? false,
      age(item, now),
    ];
  },
  'flowcontrol.apiserver.k8s.io/FlowSchema': (item: k8s.FlowSchema, now: number) => [
    name(item),
    item.spec?.priorityLevelConfiguration.name ?? '',
    item.spec?.matchingPrecedence ?? 0,
    item.spec?.distinguisherMethod?.type ?? '<none>',
    age(item, now),
    String(item.status?.conditions?.some((entry) => entry.type === 'Dangling' && entry.status === 'True') === true ? 'True' : 'False'),
  ],
};

function parentRef(ref: k8s.ParentReference | undefined): string {
  if (ref === undefined) return '<none>';
  const resource = (ref.group ?? '') === '' ? ref.resource : `${ref.resource}.${ref.group}`;
  return [resource, ref.namespace ?? '', ref.name].filter((part) => part !== '').join('/');
}

const paramKind = (kind: k8s.ParamKind | undefined): string =>
  kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;

function policyBindingCells(item: k8s.MutatingAdmissionPolicyBinding, now: number): Cells {
  const { policyName = '', paramRef } = item.spec ?? {};
  const named = `${(paramRef?.namespace ?? '') === '' ? '' : `${paramRef?.namespace}/`}${paramRef?.name ?? ''}`;
  const param =
    paramRef === undefined
      ? '<unset>'
      : paramRef.selector === undefined
        ? named
        : formatLabelSelector(labelSelectorFromObject(paramRef.selector));
  return [name(item), policyName, param, age(item, now)];
}

function bindingCells(item: k8s.RoleBinding, now: number): Cells {
  const subjects = (kind: string): string =>
    (item.subjects ?? [])
      .filter((entry) => entry.kind === kind)
      .map((entry) => (kind === 'ServiceAccount' ? `${entry.namespace ?? ''}/${entry.name}` : entry.name))
      .join(', ');
  return [
    name(item),
    `${item.roleRef.kind}/${item.roleRef.name}`,
    age(item, now),
    subjects('User'),
    subjects('Group'),
    subjects('ServiceAccount'),
  ];
}

/** The order of rows, where it is not that of the names: flow schemas stand in the order in which they are tried (printFlowSchemaList). */
export function inRowOrder(kind: string, objects: readonly KubeObject[]): readonly KubeObject[] {
  if (kind !== 'FlowSchema') return objects;
  const precedence = (item: KubeObject): number => (item as unknown as k8s.FlowSchema).spec?.matchingPrecedence ?? 0;
  return [...objects].sort((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The cells of one object. */
export function cellsOf(
  group: string,
  kind: string,
  columns: readonly { readonly name: string }[],
  object: KubeObject,
  now: number,
): Cells {
  const row = rows[`${group}/${kind}`] as ((object: KubeObject, now: number) => Cells) | undefined;
  if (row !== undefined) return row(object, now);
  return columns.map((column) =>
    column.name === 'Name'
      ? object.metadata.name
      : /^Age$/i.test(column.name)
        ? age(object, now)
        : column.name === 'Created At'
          ? (object.metadata.creationTimestamp ?? '')
          : '',
  );
}
