import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '../object.ts';
import type {
  Container,
  CronJob,
  Job,
  JobSpec,
  LabelSelector,
  PersistentVolumeClaim,
  PodSpec,
  PodTemplateSpec,
  Service,
} from '../types.generated.ts';
import { parseQuantity } from '../quantity.ts';
import { labelSelectorFromObject, matchesLabels } from '../selectors.ts';
import { validateQuota, validateQuotaUpdate } from '../quota/validation.ts';
import { validateLimitRange } from './limit-ranges.ts';
import { validateServiceUpdate } from './services.ts';
import { lateKinds } from './late-kinds.ts';
import { priorityClassChanges, priorityClassErrors } from './class-validation.ts';
import { roleBindingErrors, roleErrors } from './rbac-validation.ts';
import { engine as customEngine } from '../custom/engine.ts';
import { definitionKind } from '../custom/facts.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import {
  label,
  label1035,
  label1035Detail,
  labelDetail,
  nameDetail,
  qualifiedPart,
  subdomain,
  subdomainDetail,
  valueDetail,
} from './name-rules.ts';

/** Validation (pkg/apis/…/validation) as functions from an object to what is wrong with it. */
export type Errors = readonly FieldError[];

/** Kinds whose names are looser than a subdomain: path segments. */
const pathNames = /^(rbac\.authorization\.k8s\.io|flowcontrol)/;
const labelNames = new Set(['/Namespace']);

/** What is wrong with the metadata of a new object (apimachinery/pkg/api/validation/objectmeta.go). */
export function metadataErrors(object: KubeObject, group = '', kind = ''): FieldError[] {
  const errors: FieldError[] = [];
  const { name, labels } = object.metadata;
  if (name === undefined || name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else if (`${group}/${kind}` === '/Service') {
    if (!label1035.test(name)) errors.push(invalid('metadata.name', name, label1035Detail));
  } else if (labelNames.has(`${group}/${kind}`)) {
    if (!label.test(name)) errors.push(invalid('metadata.name', name, labelDetail));
  } else if (!pathNames.test(group) && !subdomain.test(name)) errors.push(invalid('metadata.name', name, subdomainDetail));
  if (name !== undefined && name.length > 253) errors.push(invalid('metadata.name', name, 'must be no more than 253 bytes'));
  errors.push(...labelErrors(labels, 'metadata.labels'));
  return errors;
}

function labelErrors(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const errors: FieldError[] = [];
    const parts = key.split('/');
    if (parts.length > 2 || !qualifiedPart.test(parts.at(-1)!)) errors.push(invalid(field, key, nameDetail));
    if (value.length > 63) errors.push(invalid(field, value, 'must be no more than 63 bytes'));
    if (value !== '' && !qualifiedPart.test(value)) errors.push(invalid(field, value, valueDetail));
    return errors;
  });
}

const portRange = 'must be between 1 and 65535, inclusive';
const isPort = (port: unknown): boolean => typeof port === 'number' && port >= 1 && port <= 65535;

function container(item: Container, field: string, seen: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (item.name === undefined || item.name === '') errors.push(required(`${field}.name`));
  else if (!label.test(item.name)) errors.push(invalid(`${field}.name`, item.name, labelDetail));
  else if (seen.has(item.name)) errors.push(duplicate(`${field}.name`, item.name));
  seen.add(item.name);
  if (item.image === undefined || item.image === '') errors.push(required(`${field}.image`));
  else if (item.image !== item.image.trim())
    errors.push(invalid(`${field}.image`, item.image, 'must not have leading or trailing whitespace'));
  for (const [index, port] of (item.ports ?? []).entries()) {
    if (port.containerPort === undefined) errors.push(required(`${field}.ports[${index}].containerPort`));
    else if (!isPort(port.containerPort)) errors.push(invalid(`${field}.ports[${index}].containerPort`, port.containerPort, portRange));
  }
  if (item.imagePullPolicy !== undefined && !['Always', 'IfNotPresent', 'Never'].includes(item.imagePullPolicy)) {
    errors.push(notSupported(`${field}.imagePullPolicy`, item.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']));
  }
  return [...errors, ...resourceErrors(item, `${field}.resources`)];
}

function resourceErrors(item: Container, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { limits = {}, requests = {} } = item.resources ?? {};
  for (const [kind, list] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(list)) {
      if (parseQuantity(value) < 0) errors.push(invalid(`${field}.${kind}[${name}]`, value, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit !== undefined && parseQuantity(value) > parseQuantity(limit)) {
      errors.push(invalid(`${field}.requests`, String(value), `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];

function podSpec(spec: PodSpec | undefined, field: string, claims: readonly PersistentVolumeClaim[] = []): FieldError[] {
  const errors: FieldError[] = [];
  const containers = spec?.containers ?? [];
  const seen = new Set<string>();
  if (containers.length === 0) errors.push(required(`${field}.containers`));
  for (const [index, item] of (spec?.initContainers ?? []).entries())
    errors.push(...container(item, `${field}.initContainers[${index}]`, seen));
  for (const [index, item] of containers.entries()) errors.push(...container(item, `${field}.containers[${index}]`, seen));
  if (spec?.restartPolicy !== undefined && !restartPolicies.includes(spec.restartPolicy))
    errors.push(notSupported(`${field}.restartPolicy`, spec.restartPolicy, restartPolicies));
  const volumes = new Set([...(spec?.volumes ?? []).map((volume) => volume.name), ...claims.map((claim) => claim.metadata?.name)]);
  for (const [index, item] of containers.entries()) {
    for (const [at, mount] of (item.volumeMounts ?? []).entries()) {
      if (!volumes.has(mount.name))
        errors.push({
          type: 'NotFound',
          field: `${field}.containers[${index}].volumeMounts[${at}].name`,
          badValue: mount.name,
          detail: '',
        });
    }
  }
  return errors;
}

/** A ReplicationController as if its selector, which is labels, were that of a ReplicaSet; none is as good as an empty one. */
function withLabelSelector(object: KubeObject): KubeObject {
  const { selector, ...spec } = object['spec'] as { readonly selector?: Readonly<Record<string, string>> };
  return { ...object, spec: Object.keys(selector ?? {}).length === 0 ? spec : { ...spec, selector: { matchLabels: selector } } };
}

function workload(object: KubeObject, policies: readonly string[] | undefined): FieldError[] {
  const spec = object['spec'] as
    | {
        readonly replicas?: number;
        readonly selector?: LabelSelector;
        readonly template?: PodTemplateSpec;
        readonly volumeClaimTemplates?: readonly PersistentVolumeClaim[];
      }
    | undefined;
  const errors: FieldError[] = [];
  if (spec?.replicas !== undefined && spec.replicas < 0)
    errors.push(invalid('spec.replicas', spec.replicas, 'must be greater than or equal to 0'));
  const selector = labelSelectorFromObject(spec?.selector);
  if (selector === undefined) errors.push(required('spec.selector'));
  else if (selector.length === 0) errors.push(invalid('spec.selector', spec!.selector, 'empty selector is invalid for deployment'));
  const labels = spec?.template?.metadata?.labels;
  if (selector !== undefined && !matchesLabels(selector, labels))
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  errors.push(
    ...labelErrors(labels, 'spec.template.labels'),
    ...podSpec(spec?.template?.spec, 'spec.template.spec', spec?.volumeClaimTemplates),
  );
  const policy = spec?.template?.spec?.restartPolicy;
  if (policies !== undefined && policy !== undefined && !policies.includes(policy) && restartPolicies.includes(policy))
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, policies));
  return errors;
}

function service(object: KubeObject): FieldError[] {
  const { spec } = object as unknown as Service;
  const errors: FieldError[] = [];
  const ports = spec?.ports ?? [];
  if (ports.length === 0 && spec?.clusterIP !== 'None' && spec?.type !== 'ExternalName') errors.push(required('spec.ports'));
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    if (ports.length > 1 && (port.name === undefined || port.name === '')) errors.push(required(`${field}.name`));
    if (!isPort(port.port)) errors.push(invalid(`${field}.port`, port.port, portRange));
    if (typeof port.targetPort === 'number' && !isPort(port.targetPort))
      errors.push(invalid(`${field}.targetPort`, port.targetPort, portRange));
  }
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
  if (spec?.type !== undefined && !types.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, types));
  return errors;
}

/** pkg/apis/batch/validation (validateJobSpec): a job's pods end. */
function jobSpec(spec: JobSpec | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const pods = spec?.template?.spec;
  for (const name of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'] as const)
    if ((spec?.[name] ?? 0) < 0) errors.push(invalid(`${field}.${name}`, spec![name], 'must be greater than or equal to 0'));
  errors.push(...labelErrors(spec?.template?.metadata?.labels, `${field}.template.labels`), ...podSpec(pods, `${field}.template.spec`));
  if (pods?.restartPolicy !== 'OnFailure' && pods?.restartPolicy !== 'Never')
    errors.push(required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  return errors;
}

function cronJob(object: KubeObject): FieldError[] {
  const { spec } = object as unknown as CronJob;
  const errors = (spec?.schedule ?? '') === '' ? [required('spec.schedule')] : [];
  return [...errors, ...jobSpec(spec?.jobTemplate?.spec, 'spec.jobTemplate.spec')];
}

const byKind: Readonly<Record<string, (object: KubeObject) => readonly FieldError[]>> = {
  '/Pod': (object) => podSpec(object['spec'] as PodSpec | undefined, 'spec'),
  '/Service': service,
  '/ResourceQuota': validateQuota,
  '/LimitRange': validateLimitRange,
  [definitionKind]: (object) => customEngine.value.validateDefinition(object),
  'apps/Deployment': (object) => workload(object, ['Always']),
  'apps/ReplicaSet': (object) => workload(object, ['Always']),
  '/ReplicationController': (object) => workload(withLabelSelector(object), ['Always']),
  'apps/StatefulSet': (object) => workload(object, ['Always']),
  'apps/DaemonSet': (object) => workload(object, ['Always']),
  'batch/Job': (object) => jobSpec((object as unknown as Job).spec, 'spec'),
  'batch/CronJob': cronJob,
  'scheduling.k8s.io/PriorityClass': priorityClassErrors,
  'rbac.authorization.k8s.io/Role': roleErrors,
  'rbac.authorization.k8s.io/ClusterRole': roleErrors,
  'rbac.authorization.k8s.io/RoleBinding': roleBindingErrors,
  'rbac.authorization.k8s.io/ClusterRoleBinding': roleBindingErrors,
};

/** Groups whose kinds are validated by code that comes late. */
const lateGroups = new Set(['admissionregistration.k8s.io', 'flowcontrol.apiserver.k8s.io']);
const ownErrors = (group: string, kind: string, object: KubeObject): readonly FieldError[] =>
  (lateGroups.has(group) ? lateKinds.value : byKind)[`${group}/${kind}`]?.(object) ?? [];

/** What is wrong with an object that is to be created. */
export function validateCreate(group: string, kind: string, object: KubeObject): Errors {
  return [...metadataErrors(object, group, kind), ...ownErrors(group, kind, object)];
}

const immutableSelector = new Set(['apps/Deployment', 'apps/ReplicaSet', 'apps/DaemonSet']);
const podUpdateDetail =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** What is wrong with a change of the metadata of an object. */
export function metadataUpdateErrors(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [...labelErrors(object.metadata.labels, 'metadata.labels')];
  if (old.metadata.deletionTimestamp !== undefined) {
    const added = (object.metadata.finalizers ?? []).filter((name) => !(old.metadata.finalizers ?? []).includes(name));
    if (added.length > 0)
      errors.push(
        forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      );
  }
  return errors;
}

/** What is wrong with a change of an object. */
export function validateUpdate(group: string, kind: string, object: KubeObject, old: KubeObject, subresource: string): Errors {
  const key = `${group}/${kind}`;
  const errors = metadataUpdateErrors(object, old);
  if (subresource !== '') return errors;
  if (key === '/Pod') errors.push(...podUpdate(object, old));
  else errors.push(...ownErrors(group, kind, object));
  if (key === '/Service') errors.push(...validateServiceUpdate(object, old));
  if (key === '/ResourceQuota') errors.push(...validateQuotaUpdate(object, old));
  if (key === definitionKind) errors.push(...customEngine.value.definitionUpdateErrors(object, old));
  if (immutableSelector.has(key)) {
    const [mine, theirs] = [object, old].map((item) => (item['spec'] as { readonly selector?: unknown }).selector);
    if (!deepEqual(mine, theirs)) errors.push(invalid('spec.selector', mine, 'field is immutable'));
  }
  if ((key === '/ConfigMap' || key === '/Secret') && old['immutable'] === true && !deepEqual(object['data'], old['data']))
    errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
  if (key === '/Secret' && object['type'] !== old['type']) errors.push(invalid('type', object['type'], 'field is immutable'));
  if (key === 'scheduling.k8s.io/PriorityClass') errors.push(...priorityClassChanges(object, old));
  if (kind.endsWith('Binding') && group.startsWith('rbac') && !deepEqual(object['roleRef'], old['roleRef']))
    errors.push(invalid('roleRef', object['roleRef'], 'cannot change roleRef'));
  return errors;
}

/** The fields of a pod that may change, made equal on both sides. */
function comparable(pod: KubeObject, reference: PodSpec): unknown {
  const spec = pod['spec'] as PodSpec;
  const withImages = (list: PodSpec['containers'] | undefined, images: PodSpec['containers'] | undefined): unknown =>
    list?.map((item, index) => ({ ...item, image: images?.[index]?.image }));
  return {
    ...spec,
    containers: withImages(spec.containers, reference.containers),
    initContainers: withImages(spec.initContainers, reference.initContainers),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    terminationGracePeriodSeconds: undefined,
    schedulingGates: undefined,
  };
}

function podUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  if (deepEqual(object['spec'], old['spec'])) return [];
  const reference = object['spec'] as PodSpec;
  return deepEqual(comparable(object, reference), comparable(old, reference))
    ? podSpec(reference, 'spec')
    : [forbidden('spec', podUpdateDetail)];
}
