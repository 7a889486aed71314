import { isObject, type Json } from '#base/json.ts';
import { formatTime, parseApiVersion, type KubeObject, type Status } from '#api/object.ts';
import { updateManagedFields } from '#api/managed-fields/index.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from '#api/patch/index.ts';
import { formatLabelSelector, labelSelectorFromObject } from '#api/selectors.ts';
import { badRequest, conflict, failure, invalidObject, isFailure, notFound, success } from '#api/resources/status-errors.ts';
import { invalid } from '#api/resources/field-error.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { valueAt, withValueAt } from '#api/custom/paths.ts';
import { storageKey, type ResourceDefinition, type ScalePaths } from '#api/resources/index.ts';
import type { LabelSelector, PodCondition } from '#api/types.generated.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { schemaFor } from '#api/schema/index.ts';
import { managerOf } from './decoding.ts';
import { eviction } from './eviction.ts';
import { issueToken } from './authentication.ts';
import { authorize, rulesFor } from './authorization.ts';
import type { RequestState } from './request-state.ts';
import { failed, guaranteedUpdate, isDryRun, readOne, type Special, type Stored } from './storage.ts';

const object = (status: number, value: KubeObject): Stored => ({ type: 'object', status, object: value });
const fields = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

/** registry/core/pod/storage (BindingREST): the pod gets its node, once. */
const binding: Special = function* (_server, state, resource, now) {
  const body = fields(state.request.body);
  const target = fields(body['target']);
  const { namespace } = state.info;
  const name = state.info.subresource === 'binding' ? state.info.name : String(fields(body['metadata'])['name'] ?? '');
  const node = String(target['name'] ?? '');
  const pods = { group: '', plural: 'pods' };
  const result = yield* guaranteedUpdate(resource, `/registry/pods/${namespace}/${name}`, (pod) => {
    const spec = fields(pod['spec']);
    if (pod.metadata.deletionTimestamp !== undefined)
      return conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
    if (spec['nodeName'] !== undefined && spec['nodeName'] !== '')
      return conflict(pods, name, `pod ${name} is already assigned to node "${String(spec['nodeName'])}"`);
    const status = fields(pod['status']);
    const generation = pod.metadata.generation ?? 1;
    const scheduled: PodCondition = {
      lastProbeTime: null as never,
      lastTransitionTime: formatTime(now),
      observedGeneration: generation,
      status: 'True',
      type: 'PodScheduled',
    };
    const others = ((status['conditions'] as readonly PodCondition[] | undefined) ?? []).filter(
      (condition) => condition.type !== 'PodScheduled',
    );
    const { observedGeneration: _own, ...plain } = scheduled;
    // Where it was to go does not matter any more, when it is known where it goes.
    const { nominatedNodeName: _nominated, ...rest } = status;
    return { ...pod, spec: { ...spec, nodeName: node }, status: { ...rest, conditions: [...others, plain] } };
  });
  if (isFailure(result)) return failed(result);
  return { type: 'body', status: 201, body: { ...success(), code: 201 } };
};

/** An object as its `/scale` shows it. */
function scaleOf(target: KubeObject, paths: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = target.metadata;
  const replicas = valueAt(target, paths.spec) as number | undefined;
  const selector = paths.selector === undefined ? '' : selectorText(target, valueAt(target, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 || replicas === undefined ? {} : { replicas },
    status: { replicas: (valueAt(target, paths.status) as number | undefined) ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

/** A selector as text: custom resources keep it as text, replication controllers as labels, the others as a selector. */
function selectorText(target: KubeObject, selector: unknown): string {
  if (typeof selector === 'string') return selector;
  return target.kind === 'ReplicationController'
    ? labelText(selector)
    : formatLabelSelector(labelSelectorFromObject(selector as LabelSelector));
}

const labelText = (labels: unknown): string =>
  Object.entries(fields(labels))
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');

function patched(state: RequestState, current: KubeObject): KubeObject {
  const { contentType, body } = state.request;
  if (state.info.verb === 'update')
    return {
      ...(body as unknown as KubeObject),
      metadata: { ...current.metadata, ...(fields(body)['metadata'] as object | undefined) } as KubeObject['metadata'],
    };
  if (contentType === mediaTypes.jsonPatch) return applyJsonPatch(current, body) as KubeObject;
  if (contentType === mediaTypes.strategicMergePatch) return applyStrategicMergePatch(current, body, undefined) as KubeObject;
  return applyMergePatch(current, body) as KubeObject;
}

/** The scale that a request wants an object to have, and the one that it has. */
export function wantedScale(
  state: RequestState,
  resource: ResourceDefinition,
  target: KubeObject,
): { readonly object: KubeObject; readonly old: KubeObject } {
  const old = scaleOf(target, resource.scale!);
  return { object: patched(state, old), old };
}

/** What is changed by way of a scale is owned since no known time (managedfields/scalehandler.go, ToParent). */
function timeless(update: Parameters<typeof updateManagedFields>[0]): KubeObject {
  const updated = updateManagedFields({ ...update, time: '' });
  const entries = (updated.metadata.managedFields ?? []).map((entry) => {
    const { time, ...rest } = entry;
    return time === '' ? rest : entry;
  });
  return { ...updated, metadata: { ...updated.metadata, managedFields: entries } };
}

/** ScaleREST of the workloads (registry/apps) and of custom resources (registry/customresource/etcd.go). */
const scale: Special = function* (_server, state, resource, now) {
  const paths = resource.scale!;
  const key = storageKey(resource, state.info.namespace, state.info.name);
  if (state.info.verb === 'get') {
    const found = yield* readOne(key);
    if (found === undefined) return failed(notFound(resource, state.info.name));
    return isFailure(found) ? failed(found) : object(200, scaleOf(resource.asServed(found as KubeObject), paths));
  }
  const manager = state.request.query['fieldManager'] ?? state.request.userAgent.split('/')[0] ?? '';
  const change = (current: KubeObject): KubeObject | Status => {
    const wanted = patched(state, scaleOf(current, paths));
    const { resourceVersion } = wanted.metadata;
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion)
      return conflict(resource, current.metadata.name);
    const replicas = Number(fields(wanted['spec'])['replicas'] ?? 0);
    if (replicas < 0)
      return invalidObject('autoscaling', 'Scale', current.metadata.name, [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]);
    if (replicas === valueAt(current, paths.spec)) return current;
    const generation = (current.metadata.generation ?? 0) + 1;
    const updated = withValueAt<KubeObject>({ ...current, metadata: { ...current.metadata, generation } }, paths.spec, replicas);
    return timeless({
      live: current,
      updated,
      schema: resource.schema,
      apiVersion: resource.apiVersion,
      manager,
      subresource: 'scale',
      time: formatTime(now),
    });
  };
  if (isDryRun(state)) {
    const found = yield* readOne(key);
    if (found === undefined) return failed(notFound(resource, state.info.name));
    const next = isFailure(found) ? found : change(found as KubeObject);
    return isFailure(next) ? failed(next) : object(200, scaleOf(next as KubeObject, paths));
  }
  const result = yield* guaranteedUpdate(resource, key, change);
  return isFailure(result) ? failed(result) : object(200, scaleOf(result as KubeObject, paths));
};

/** Answers that nobody stores say who asked, too (rest/create.go and the managed fields of all that is created). */
function ownedBy(state: RequestState, asked: KubeObject, now: number): Pick<KubeObject['metadata'], 'managedFields'> {
  const { managedFields } = updateManagedFields({
    live: undefined,
    updated: { ...asked, metadata: { name: asked.metadata.name }, status: undefined } as unknown as KubeObject,
    schema: schemaFor({ ...parseApiVersion(asked.apiVersion), kind: asked.kind }),
    apiVersion: asked.apiVersion,
    manager: managerOf(state.request),
    subresource: state.info.subresource,
    time: formatTime(now),
  }).metadata;
  return managedFields === undefined ? {} : { managedFields };
}

const tokenSeconds = 3600;

/** registry/core/serviceaccount/storage/token.go. */
const token: Special = function* (_server, state, _resource, now) {
  const { namespace, name } = state.info;
  const accounts = { group: '', plural: 'serviceaccounts' };
  const account = yield* readOne(`/registry/serviceaccounts/${namespace}/${name}`);
  if (account === undefined) return failed(notFound(accounts, name));
  if (isFailure(account)) return failed(account);
  const { uid = '' } = (account as KubeObject).metadata;
  const body = fields(state.request.body);
  const spec = fields(body['spec']);
  const seconds = Number(spec['expirationSeconds'] ?? tokenSeconds);
  const created: KubeObject = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: formatTime(now) },
    spec: {
      ...spec,
      boundObjectRef: spec['boundObjectRef'] ?? null,
      audiences: spec['audiences'] ?? ['https://kubernetes.default.svc.cluster.local'],
      expirationSeconds: seconds,
    },
    status: { token: issueToken(namespace, name, uid), expirationTimestamp: formatTime(now + seconds * 1000) },
  };
  return object(201, { ...created, metadata: { ...created.metadata, ...ownedBy(state, { ...created, spec }, now) } });
};

const accessReview = (self: boolean): Special =>
  // oxlint-disable-next-line require-yield
  function* (server, state, { kind, apiVersion }, now) {
    const body = fields(state.request.body);
    const spec = fields(body['spec']);
    const resource = fields(spec['resourceAttributes']);
    const path = fields(spec['nonResourceAttributes'])['path'];
    const user = self ? state.user : { name: String(spec['user'] ?? ''), groups: (spec['groups'] as readonly string[] | undefined) ?? [] };
    const text = (key: string): string => String(resource[key] ?? '');
    const verb = String(path === undefined ? text('verb') : fields(spec['nonResourceAttributes'])['verb']);
    const decision = authorize(server, {
      user,
      verb,
      group: text('group'),
      resource: text('resource'),
      subresource: text('subresource'),
      namespace: text('namespace'),
      name: text('name'),
      path: path === undefined ? undefined : String(path),
    });
    return {
      type: 'body',
      status: 201,
      body: {
        ...body,
        metadata: ownedBy(state, { kind, apiVersion, metadata: { name: '' }, spec }, now),
        status: { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) },
      } as Json,
    };
  };

// oxlint-disable-next-line require-yield
const selfReview: Special = function* (_server, state) {
  const { name, groups } = state.user;
  return {
    type: 'body',
    status: 201,
    body: {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: null },
      status: { userInfo: { username: name, groups } },
    } as Json,
  };
};

/** registry/authorization/selfsubjectrulesreview/rest.go: all that RBAC lets a user do in a namespace. */
// oxlint-disable-next-line require-yield
const rulesReview: Special = function* (server, state) {
  const body = fields(state.request.body);
  const namespace = String(fields(body['spec'])['namespace'] ?? '');
  if (namespace === '') return failed(badRequest('no namespace on request'));
  const rules = rulesFor(server, state.user, namespace);
  const resourceRules = rules.flatMap(({ verbs, apiGroups, resources = [], resourceNames }) =>
    resources.length === 0 ? [] : [{ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) }],
  );
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
  );
  const node = state.user.groups.includes('system:nodes');
  const incomplete = node
    ? { incomplete: true, evaluationError: 'node authorizer does not support user rule resolution' }
    : { incomplete: false };
  const status = { resourceRules, nonResourceRules, ...incomplete };
  return {
    type: 'body',
    status: 201,
    body: { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec: {}, status } as unknown as Json,
  };
};

const specials: Readonly<Record<string, Special>> = {
  'pods/binding': binding,
  bindings: binding,
  'pods/eviction': eviction,
  'serviceaccounts/token': token,
  selfsubjectaccessreviews: accessReview(true),
  subjectaccessreviews: accessReview(false),
  localsubjectaccessreviews: accessReview(false),
  selfsubjectrulesreviews: rulesReview,
  selfsubjectreviews: selfReview,
};

/** What a resource or subresource does that is not the ordinary reading and writing of objects. */
export function specialFor(state: RequestState): Special | undefined {
  const { group, version, plural, subresource } = state.info;
  if (subresource === 'scale') return scale;
  if (builtInResources.find(group, version, plural) === undefined) return undefined;
  return specials[subresource === '' ? plural : `${plural}/${subresource}`];
}

/** Subresources that are the object itself, written in part. */
export const isPartOfObject = (subresource: string): boolean =>
  ['', 'status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'].includes(subresource);

/** Everything that is neither. */
export const unknownSubresource = (state: RequestState): Status =>
  failure(404, 'NotFound', 'the server could not find the requested resource', { kind: state.info.plural });
