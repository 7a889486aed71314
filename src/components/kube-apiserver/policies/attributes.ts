import type { Json } from '#base/json.ts';
import type { GroupVersionKind, KubeObject } from '#api/object.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import { Authorizer, type AccessCheck, type AccessDecision } from '#api/cel/index.ts';
import { authorize } from '../authorization.ts';
import type { AdmissionRequest } from '../admission.ts';
import { getCached, type ApiServerState } from '../state.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What policies and webhooks know of a write (apiserver/pkg/admission/attributes.go). */
export interface Attributes {
  readonly request: AdmissionRequest;
  readonly operation: Operation;
  readonly kind: GroupVersionKind;
  readonly name: string;
  /** Of a namespace too: its own name. */
  readonly namespace: string;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

const connecting = new Set(['exec', 'attach', 'portforward', 'proxy']);

function operationOf({ info, old }: AdmissionRequest): Operation {
  if (connecting.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'delete' || info.verb === 'deletecollection') return 'DELETE';
  if (info.verb === 'create') return 'CREATE';
  // An apply of what is not there yet creates it.
  return old === undefined && info.subresource === '' ? 'CREATE' : 'UPDATE';
}

/** A subresource's own kind is that of another group only if discovery says so. */
const subresourceKind = ({ group, version }: GroupVersionKind, kind: GroupVersionKind): GroupVersionKind =>
  kind.version === '' ? { group, version, kind: kind.kind } : kind;

/** The attributes of a write as the gates know it. What is to be deleted is taken from the watch cache. */
export function attributesOf(state: ApiServerState, request: AdmissionRequest): Attributes {
  const { info, resource, object } = request;
  const operation = operationOf(request);
  const doomed =
    info.verb === 'delete' ? getCached(state, storageKey(resource, info.namespace, info.name), resource.storagePrefix) : undefined;
  const subresource = resource.subresources.find((item) => item.name === info.subresource);
  return {
    request,
    operation,
    kind: subresource === undefined ? resource : subresourceKind(resource, subresource.kind),
    name: info.name === '' ? (object?.metadata.name ?? '') : info.name,
    namespace:
      resource.plural === 'namespaces' && resource.group === '' && info.namespace === '' ? (object?.metadata.name ?? '') : info.namespace,
    object,
    old: operation === 'DELETE' ? doomed : request.old,
    dryRun: (request.query['dryRun'] ?? '') !== '',
  };
}

const gvk = ({ group, version, kind }: GroupVersionKind): Json => ({ group, version, kind });
const gvr = ({ group, version, plural }: ResourceDefinition): Json => ({ group, version, resource: plural });

/** The variable `request` (cel/condition.go, CreateAdmissionRequest). Empty texts are left out, as in JSON. */
export function requestVariable(attributes: Attributes, matched: ResourceDefinition): Json {
  const { request, operation, kind, name, namespace, dryRun } = attributes;
  const { info, user, resource, query } = request;
  const { subresource } = info;
  const optional = (key: string, value: string): Record<string, Json> => (value === '' ? {} : { [key]: value });
  const options = {
    CREATE: 'CreateOptions',
    UPDATE: info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions',
    DELETE: 'DeleteOptions',
    CONNECT: `${kind.kind}`,
  };
  return {
    kind: gvk(matched === resource ? kind : matched),
    resource: gvr(matched),
    ...optional('subResource', subresource),
    requestKind: gvk(kind),
    requestResource: gvr(resource),
    ...optional('requestSubResource', subresource),
    ...optional('name', name),
    ...optional('namespace', namespace),
    operation,
    userInfo: { username: user.name, groups: [...user.groups] },
    dryRun,
    options: {
      kind: options[operation],
      apiVersion: 'meta.k8s.io/v1',
      ...optional('fieldManager', query['fieldManager'] ?? ''),
      ...optional('fieldValidation', query['fieldValidation'] ?? ''),
    },
  };
}

/** The variable `namespaceObject`: what of it is exposed (cel/condition.go, CreateNamespaceObject). Times are times here. */
function namespaceVariable(state: ApiServerState, attributes: Attributes): unknown {
  const { namespace, kind } = attributes;
  if (namespace === '' || (kind.kind === 'Namespace' && kind.group === '')) return null;
  const object = getCached(state, `/registry/namespaces/${namespace}`, '/registry/namespaces');
  if (object === undefined) return null;
  const { managedFields: _managed, creationTimestamp, deletionTimestamp, ...metadata } = object.metadata;
  return {
    metadata: {
      ...metadata,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp: new Date(creationTimestamp) }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp: new Date(deletionTimestamp) }),
    },
    spec: object['spec'],
    status: object['status'],
  };
}

/** The variable `authorizer`: what the user of the request may do, asked of this server's own authorizers. */
function authorizerVariable(state: ApiServerState, { request, name, namespace }: Attributes): Authorizer {
  const { info, user } = request;
  const ask = (check: AccessCheck): AccessDecision => {
    const account = check.serviceAccount;
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${account?.namespace ?? ''}`, 'system:authenticated'];
    return authorize(state, {
      user: account === undefined ? user : { name: `system:serviceaccount:${account.namespace}:${account.name}`, groups },
      verb: check.verb,
      group: check.group ?? '',
      resource: check.resource ?? '',
      subresource: check.subresource ?? '',
      namespace: check.namespace ?? '',
      name: check.name ?? '',
      path: check.path,
    });
  };
  return new Authorizer(ask, { group: info.group, resource: info.plural, subresource: info.subresource, namespace, name });
}

/** What expressions about a write may look at, besides parameters (admission/plugin/cel, VersionedAttributes). */
export const variablesOf = (
  state: ApiServerState,
  attributes: Attributes,
  matched: ResourceDefinition,
): Readonly<Record<string, unknown>> => ({
  object: attributes.object ?? null,
  oldObject: attributes.old ?? null,
  request: requestVariable(attributes, matched),
  namespaceObject: namespaceVariable(state, attributes),
  authorizer: authorizerVariable(state, attributes),
});
