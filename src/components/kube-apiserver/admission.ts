import { nextText, type RandomState } from '#base/random.ts';
import { nameAlphabet } from '#api/names.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { failure, forbiddenResource, notFound } from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { Container, Namespace, PodSpec, Toleration, Volume } from '#api/types.generated.ts';
import type { HttpRequest } from '#protocol/rest.ts';
import { podSecurity } from './pod-security/index.ts';
import { firstRound, mutatingAdmissionPolicies, type Reinvocation } from './policies/mutating.ts';
import { validatingAdmissionPolicies, type PolicyVerdict } from './policies/validating.ts';
import type { RequestInfo } from './request-info.ts';
import type { User } from './authentication.ts';
import { defaultIngressClass, priority, runtimeClass, validateClasses } from './classes.ts';
import { limitRanger, validateLimits } from './limit-ranger.ts';
import { getCached, listCached, type ApiServerState } from './state.ts';
import { hasWebhooks, webhookPlugins, type Asking } from './webhooks/asking.ts';

/** A write on its way through admission. */
export interface AdmissionRequest {
  readonly info: RequestInfo;
  readonly resource: ResourceDefinition;
  readonly user: User;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly query: HttpRequest['query'];
  readonly random: RandomState;
}
export interface Admitted {
  readonly object: KubeObject | undefined;
  readonly random: RandomState;
}
export type Mutation = (state: ApiServerState, request: AdmissionRequest) => Admitted | Status;

const isStatus = (value: Admitted | Status): value is Status => 'kind' in value;
export const isPodCreate = ({ info, resource }: AdmissionRequest): boolean =>
  resource.group === '' && resource.plural === 'pods' && info.verb === 'create' && info.subresource === '';
/** A pod's spec; one without containers is refused by validation, later. */
export const specOf = (pod: KubeObject): PodSpec => ({ containers: [], ...(pod['spec'] as PodSpec | undefined) });

/** What a refusal calls the object: before it has got its name, how that will begin (apiserver/pkg/admission/errors.go, extractResourceName). */
export function nameFor({ object, info }: AdmissionRequest): string {
  const { name, generateName } = (object?.metadata ?? {}) as Partial<KubeObject['metadata']>;
  return name || generateName || info.name;
}

/** plugin/pkg/admission/serviceaccount: every pod has an account and its token, certificate and namespace as a volume. */
const serviceAccount: Mutation = (state, request) => {
  const pod = request.object;
  if (!isPodCreate(request) || pod === undefined || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return request;
  const spec = specOf(pod);
  const name = spec.serviceAccountName ?? 'default';
  const { namespace } = request.info;
  const account = getCached(state, `/registry/serviceaccounts/${namespace}/${name}`, '/registry/serviceaccounts');
  if (account === undefined)
    return forbiddenResource(
      request.resource,
      nameFor(request),
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
  let next: PodSpec = { ...spec, serviceAccountName: name, serviceAccount: name };
  const automount = spec.automountServiceAccountToken ?? (account['automountServiceAccountToken'] as boolean | undefined) ?? true;
  let { random } = request;
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const lacks = (item: Container): boolean => !(item.volumeMounts ?? []).some((mount) => mount.mountPath === mountPath);
  if (automount && [...spec.containers, ...(spec.initContainers ?? [])].some(lacks)) {
    const known = spec.volumes?.find((item) => (item.name ?? '').startsWith('kube-api-access-'));
    const [suffix, after] = nextText(random, 5, nameAlphabet);
    if (known === undefined) random = after;
    const volume = known?.name ?? `kube-api-access-${suffix}`;
    const mounted = (item: Container): Container =>
      lacks(item) ? { ...item, volumeMounts: [...(item.volumeMounts ?? []), { mountPath, name: volume, readOnly: true }] } : item;
    next = {
      ...next,
      containers: next.containers.map(mounted),
      ...(next.initContainers === undefined ? {} : { initContainers: next.initContainers.map(mounted) }),
      ...(known === undefined ? { volumes: [...(next.volumes ?? []), apiAccess(volume)] } : {}),
    };
  }
  return { object: { ...pod, spec: next }, random };
};

function apiAccess(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        { downwardAPI: { items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }] } },
      ],
    },
  };
}

/** plugin/pkg/admission/defaulttolerationseconds: five minutes of patience with a node that fails. */
const defaultTolerations: Mutation = (_state, request) => {
  const pod = request.object;
  if (!isPodCreate(request) || pod === undefined) return request;
  const spec = specOf(pod);
  const existing = spec.tolerations ?? [];
  const tolerates = (key: string): boolean =>
    existing.some(
      (item) =>
        (item.key === key || item.key === undefined || item.key === '') && (item.effect === 'NoExecute' || item.effect === undefined),
    );
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerates(key))
    .map((key): Toleration => ({ effect: 'NoExecute', key, operator: 'Exists', tolerationSeconds: 300 }));
  return added.length === 0
    ? request
    : { object: { ...pod, spec: { ...spec, tolerations: [...existing, ...added] } }, random: request.random };
};

/** plugin/pkg/admission/nodetaint: a new node is not ready until its kubelet has said so. */
const nodeTaint: Mutation = (_state, request) => {
  const { info, object } = request;
  if (info.plural !== 'nodes' || info.verb !== 'create' || object === undefined) return request;
  const spec = (object['spec'] ?? {}) as { readonly taints?: readonly { readonly key: string }[] };
  const key = 'node.kubernetes.io/not-ready';
  if (spec.taints?.some((taint) => taint.key === key) === true) return request;
  return {
    object: { ...object, spec: { ...spec, taints: [...(spec.taints ?? []), { effect: 'NoSchedule', key }] } },
    random: request.random,
  };
};

/** plugin/pkg/admission/storage/storageobjectinuseprotection, and the default class. */
const storage: Mutation = (state, request) => {
  const { info, object } = request;
  if (info.verb !== 'create' || object === undefined) return request;
  const finalizer = { persistentvolumeclaims: 'kubernetes.io/pvc-protection', persistentvolumes: 'kubernetes.io/pv-protection' }[
    info.plural
  ];
  if (finalizer === undefined) return request;
  const finalizers = object.metadata.finalizers ?? [];
  let next: KubeObject = {
    ...object,
    metadata: { ...object.metadata, finalizers: finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer] },
  };
  const spec = next['spec'] as { readonly storageClassName?: string };
  if (info.plural === 'persistentvolumeclaims' && spec.storageClassName === undefined) {
    const standard = listCached(state, '/registry/storageclasses').find(
      (item) => item.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
    );
    if (standard !== undefined) next = { ...next, spec: { ...spec, storageClassName: standard.metadata.name } };
  }
  return { object: next, random: request.random };
};

/** In the order of kubeapiserver/options/plugins.go. */
const mutations: readonly (readonly [plugin: string, mutate: Mutation])[] = [
  ['LimitRanger', limitRanger],
  ['ServiceAccount', serviceAccount],
  ['TaintNodesByCondition', nodeTaint],
  ['Priority', priority],
  ['DefaultTolerationSeconds', defaultTolerations],
  ['StorageObjectInUseProtection', storage],
  ['RuntimeClass', runtimeClass],
  ['DefaultIngressClass', defaultIngressClass],
];

/** What the mutating plug-ins made of a write, and what they have to say. `changed` names those that did something. */
export interface Mutated extends Admitted {
  readonly refused: Status | undefined;
  readonly changed: readonly string[];
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** What policies and webhooks remember of the first round. */
interface Memory {
  readonly policies: Reinvocation;
  readonly webhooks: Reinvocation;
}
const nothingSaid = { refused: undefined, warnings: [], annotations: {} } as const;

/** One round of the mutating plug-ins. Policies and webhooks come last, and remember what they did for a second round. */
function* round(state: ApiServerState, request: AdmissionRequest, memory: Memory): Asking<Mutated & { readonly memory: Memory }> {
  let current = request;
  const changed: string[] = [];
  const ended = (verdict: PolicyVerdict, after: Memory) => ({
    object: current.object,
    random: current.random,
    changed,
    refused: verdict.refused,
    warnings: verdict.warnings,
    annotations: verdict.annotations,
    memory: after,
  });
  for (const [plugin, mutation] of mutations) {
    const result = mutation(state, current);
    if (isStatus(result)) return ended({ ...nothingSaid, refused: result }, memory);
    if (result.object !== current.object) changed.push(plugin);
    current = { ...current, object: result.object, random: result.random };
  }
  const policies = mutatingAdmissionPolicies(state, current, memory.policies);
  const after = { ...memory, policies: policies.memory };
  if (policies.refused !== undefined) return ended({ ...nothingSaid, refused: policies.refused }, after);
  if (policies.object !== current.object) changed.push('MutatingAdmissionPolicy');
  current = { ...current, object: policies.object };
  if (!hasWebhooks(state, 'mutating')) return ended(nothingSaid, after);
  const webhooks = yield* webhookPlugins.value.mutating(state, current, memory.webhooks);
  if (webhooks.object !== current.object) changed.push('MutatingAdmissionWebhook');
  current = { ...current, object: webhooks.object, random: webhooks.random };
  return ended(webhooks, { ...after, webhooks: webhooks.memory });
}

/**
 * Runs the mutating plug-ins. What policies and webhooks have changed is shown to all plug-ins once more
 * (admission/reinvocation.go).
 */
export function* mutate(state: ApiServerState, request: AdmissionRequest): Asking<Mutated> {
  const early = namespaceLifecycle(state, request);
  if (early !== undefined) return { ...nothingSaid, object: request.object, random: request.random, changed: [], refused: early };
  const first = yield* round(state, request, { policies: firstRound, webhooks: firstRound });
  const { refused, object, random, changed, memory } = first;
  if (refused !== undefined || !changed.some((plugin) => plugin.startsWith('MutatingAdmission'))) return first;
  const again = { policies: { ...memory.policies, again: true }, webhooks: { ...memory.webhooks, again: true } };
  const second = yield* round(state, { ...request, object, random }, again);
  return {
    ...second,
    changed: [...new Set([...changed, ...second.changed])],
    warnings: [...first.warnings, ...second.warnings],
    annotations: { ...first.annotations, ...second.annotations },
  };
}

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** apiserver/pkg/admission/plugin/namespace/lifecycle. */
function namespaceLifecycle(state: ApiServerState, request: AdmissionRequest): Status | undefined {
  const { info, resource } = request;
  if (info.plural === 'namespaces' && info.group === '') {
    if (info.verb === 'delete' && immortal.has(info.name))
      return forbiddenResource(resource, info.name, 'this namespace may not be deleted');
    return undefined;
  }
  if (!resource.namespaced || info.verb !== 'create' || info.subresource !== '') return undefined;
  const namespace = getCached(state, `/registry/namespaces/${info.namespace}`, '/registry/namespaces') as Namespace | undefined;
  if (namespace === undefined) return notFound({ group: '', plural: 'namespaces' }, info.namespace);
  if (namespace.status?.phase !== 'Terminating') return undefined;
  const refused = forbiddenResource(
    resource,
    nameFor(request),
    `unable to create new content in namespace ${info.namespace} because it is being terminated`,
  );
  return {
    ...refused,
    details: {
      ...refused.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${info.namespace} is being terminated`, field: 'metadata.namespace' }],
    },
  };
}

const said = (first: PolicyVerdict, second: PolicyVerdict): PolicyVerdict => ({
  refused: second.refused,
  warnings: [...first.warnings, ...second.warnings],
  annotations: { ...first.annotations, ...second.annotations },
});

/** Runs the validating plug-ins, in upstream's order: policies and webhooks come late. The first refusal is the answer, with all that was told before. */
export function* validateAdmission(state: ApiServerState, request: AdmissionRequest): Asking<PolicyVerdict> {
  const early = validateLimits(state, request) ?? nodeRestriction(request);
  if (early !== undefined) return { ...nothingSaid, refused: early };
  const security = podSecurity(state, request);
  if (security.refused !== undefined) return security;
  const classes = validateClasses(state, request);
  if (classes !== undefined) return { ...security, refused: classes };
  const policies = said(security, validatingAdmissionPolicies(state, request));
  if (policies.refused !== undefined || !hasWebhooks(state, 'validating')) return policies;
  return said(policies, yield* webhookPlugins.value.validating(state, request));
}

/** plugin/pkg/admission/noderestriction, as far as pods and nodes go. */
function nodeRestriction({ info, user, object }: AdmissionRequest): Status | undefined {
  if (!user.groups.includes('system:nodes')) return undefined;
  const node = user.name.slice('system:node:'.length);
  if (info.plural === 'nodes' && info.name !== '' && info.name !== node)
    return failure(403, 'Forbidden', `nodes "${info.name}" is forbidden: node "${node}" is not allowed to modify node "${info.name}"`, {
      name: info.name,
      kind: 'nodes',
    });
  const pod = info.plural === 'pods' && object !== undefined ? specOf(object) : undefined;
  if (pod !== undefined && info.verb === 'create' && info.subresource === '' && pod.nodeName !== node)
    return failure(
      403,
      'Forbidden',
      `pods "${object!.metadata.name}" is forbidden: node "${node}" can only create pods with spec.nodeName set to itself`,
      { name: object!.metadata.name, kind: 'pods' },
    );
  return undefined;
}
