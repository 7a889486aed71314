import { deepEqual, isObject, type Json } from '#base/json.ts';
import { prefixEnd } from '#base/sorted-map.ts';
import { type KubeObject, type Status } from '#api/object.ts';
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector, type FieldTerm, type Selector } from '#api/selectors.ts';
import { alreadyExists, badRequest, conflict, expired, isFailure, notFound, success, unknownError } from '#api/resources/status-errors.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import type { EtcdOperation, EtcdRangeResult, EtcdResponse, KeyValue } from '#protocol/etcd.ts';
import { withVersion } from './cache.ts';
import { removal, type DeleteOptions } from './deletion.ts';
import type { RequestState } from './request-state.ts';
import { storedRefusal } from './limits.ts';
import { cacheOf, type ApiServerState } from './state.ts';

/** What storage does for a request comes to one of these. `retry`: somebody was faster; the gates are passed again with what is stored now. */
export type Stored = Outcome & {
  /** Objects that exist no longer. */
  readonly removed?: readonly KubeObject[];
};
type Outcome =
  | { readonly type: 'object'; readonly status: number; readonly object: KubeObject }
  | { readonly type: 'list'; readonly objects: readonly KubeObject[]; readonly metadata: Json }
  | { readonly type: 'status'; readonly body: Status }
  | { readonly type: 'body'; readonly status: number; readonly body: Json }
  | { readonly type: 'retry'; readonly current: KubeObject };

export type StorageRoutine = Generator<EtcdOperation, Stored, EtcdResponse>;

/** What a resource or subresource does that is not the ordinary reading and writing of objects. */
export type Special = (server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number) => StorageRoutine;

export const failed = (body: Status): Stored => ({ type: 'status', body });

/** etcd's answer, or the Status that a client is told when there is none. */
function kvsOf(answer: EtcdResponse): readonly KeyValue[] | Status {
  if ('error' in answer) return unknownError(answer.error);
  const { result } = answer;
  return result.op === 'range' ? result.kvs : [];
}

/** Reads one object. */
export function* readOne(key: string): Generator<EtcdOperation, KubeObject | Status | undefined, EtcdResponse> {
  const kvs = kvsOf(yield { op: 'range', key });
  if (isFailure(kvs)) return kvs;
  const kv = (kvs as readonly KeyValue[])[0];
  return kv === undefined ? undefined : withVersion(kv.value, kv.modRevision);
}

/** The value that goes into etcd: without its revision, which etcd keeps itself. */
export function valueOf(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

/** Writes if what is stored is still of that revision (0: nothing is stored). The written object, or what is stored instead. */
function* compareAndPut(
  key: string,
  revision: number,
  object: KubeObject,
): Generator<EtcdOperation, { readonly written: KubeObject } | { readonly instead: KubeObject | undefined } | Status, EtcdResponse> {
  const value = valueOf(object);
  const refused = storedRefusal(value);
  if (refused !== undefined) return refused;
  const answer = yield {
    op: 'txn',
    compare: [{ key, target: 'mod', revision }],
    success: [{ op: 'put', key, value }],
    failure: [{ op: 'range', key }],
  };
  if ('error' in answer) return unknownError(answer.error);
  if (answer.result.op === 'txn' && answer.result.succeeded) return { written: withVersion(value, answer.header.revision) };
  const [found] = answer.result.op === 'txn' ? ((answer.result.responses[0] as EtcdRangeResult | undefined)?.kvs ?? []) : [];
  return { instead: found === undefined ? undefined : withVersion(found.value, found.modRevision) };
}

function* compareAndDelete(key: string, revision: number): Generator<EtcdOperation, boolean | Status, EtcdResponse> {
  const answer = yield {
    op: 'txn',
    compare: [{ key, target: 'mod', revision }],
    success: [{ op: 'delete-range', key }],
    failure: [{ op: 'range', key }],
  };
  if ('error' in answer) return unknownError(answer.error);
  return answer.result.op === 'txn' && answer.result.succeeded;
}

const revisionOf = (object: KubeObject | undefined): number => Number(object?.metadata.resourceVersion ?? 0);

export const isDryRun = (state: RequestState): boolean => {
  const { query, body } = state.request;
  return query['dryRun'] === 'All' || (isObject(body) && Array.isArray(body['dryRun']) && body['dryRun'].includes('All'));
};

/** Reads, changes and writes until nobody interferes (etcd3/store.go GuaranteedUpdate). */
export function* guaranteedUpdate(
  resource: ResourceDefinition,
  key: string,
  change: (current: KubeObject) => KubeObject | Status,
): Generator<EtcdOperation, KubeObject | Status, EtcdResponse> {
  let current = yield* readOne(key);
  for (let attempt = 0; attempt < 10; attempt++) {
    if (current === undefined) return notFound(resource, key.slice(key.lastIndexOf('/') + 1));
    if (isFailure(current)) return current;
    const next = change(current as KubeObject);
    if (isFailure(next)) return next;
    const result = yield* compareAndPut(key, revisionOf(current as KubeObject), next as KubeObject);
    if (isFailure(result)) return result;
    if ('written' in (result as object)) return (result as { readonly written: KubeObject }).written;
    current = (result as { readonly instead: KubeObject | undefined }).instead;
  }
  return conflict(resource, key.slice(key.lastIndexOf('/') + 1));
}

export function* getObject(state: RequestState, resource: ResourceDefinition): StorageRoutine {
  const { namespace, name } = state.info;
  const found = yield* readOne(storageKey(resource, namespace, name));
  if (found === undefined) return failed(notFound(resource, name));
  return isFailure(found) ? failed(found) : { type: 'object', status: 200, object: found as KubeObject };
}

export function* createObject(state: RequestState, resource: ResourceDefinition): StorageRoutine {
  const object = state.object!;
  const { name, namespace = '' } = object.metadata;
  const key = storageKey(resource, namespace, name);
  if (isDryRun(state)) {
    const found = yield* readOne(key);
    if (found !== undefined) return failed(isFailure(found) ? found : alreadyExists(resource, name));
    return { type: 'object', status: 201, object };
  }
  const result = yield* compareAndPut(key, 0, resource.asStored(object));
  if (isFailure(result)) return failed(result);
  if ('written' in (result as object)) return { type: 'object', status: 201, object: (result as { readonly written: KubeObject }).written };
  return failed(alreadyExists(resource, name));
}

/** Whether an update leaves everything as it is: then nothing is written and the version stays. */
function unchanged(object: KubeObject, old: KubeObject): boolean {
  const comparable = (item: KubeObject): unknown => ({
    ...item,
    metadata: {
      ...item.metadata,
      managedFields: item.metadata.managedFields?.map((entry) => ({ ...entry, time: undefined })),
      resourceVersion: undefined,
    },
  });
  return deepEqual(comparable(object), comparable(old));
}

export function* updateObject(state: RequestState, resource: ResourceDefinition): StorageRoutine {
  const object = state.object!;
  const { old } = state;
  const { name, namespace = '' } = object.metadata;
  const key = storageKey(resource, namespace, name);
  if (isDryRun(state)) return { type: 'object', status: 200, object };
  if (old !== undefined && unchanged(object, old)) {
    const found = yield* readOne(key);
    if (found === undefined) return failed(notFound(resource, name));
    if (isFailure(found)) return failed(found);
    const current = found as KubeObject;
    return current.metadata.resourceVersion === old.metadata.resourceVersion
      ? { type: 'object', status: 200, object: current }
      : { type: 'retry', current };
  }
  // The last finalizer is gone from an object that waits to be deleted: this write deletes it.
  if (
    old?.metadata.deletionTimestamp !== undefined &&
    (object.metadata.finalizers ?? []).length === 0 &&
    (object.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    !hasSpecFinalizers(object)
  ) {
    const deleted = yield* compareAndDelete(key, revisionOf(old));
    if (deleted === true) return { type: 'object', status: 200, object, removed: [old] };
    if (isFailure(deleted)) return failed(deleted);
  }
  const result = yield* compareAndPut(key, revisionOf(old), resource.asStored(object));
  if (isFailure(result)) return failed(result);
  const outcome = result as { readonly written?: KubeObject; readonly instead?: KubeObject | undefined };
  if (outcome.written !== undefined) return { type: 'object', status: old === undefined ? 201 : 200, object: outcome.written };
  if (outcome.instead === undefined) return failed(notFound(resource, name));
  if (state.attempts > 4) return failed(conflict(resource, name));
  return { type: 'retry', current: outcome.instead };
}

function hasSpecFinalizers(object: KubeObject): boolean {
  return ((object['spec'] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length > 0;
}

export function* deleteObject(state: RequestState, resource: ResourceDefinition, key: string, now: number): StorageRoutine {
  const name = key.slice(key.lastIndexOf('/') + 1);
  for (let attempt = 0; attempt < 10; attempt++) {
    const found = yield* readOne(key);
    if (found === undefined) return failed(notFound(resource, name));
    if (isFailure(found)) return failed(found);
    const object = found as KubeObject;
    const step = removal(resource, object, deleteOptions(state), now);
    if (step.type === 'refused') return failed(step.status);
    if (isDryRun(state)) return { type: 'object', status: 200, object };
    if (step.type === 'keep') return { type: 'object', status: 200, object };
    if (step.type === 'remove') {
      const done = yield* compareAndDelete(key, revisionOf(object));
      if (isFailure(done)) return failed(done);
      if (!done) continue;
      if (resource.plural === 'services') yield* deleteEndpoints(key);
      return deletedAnswer(resource, step.object);
    }
    const result = yield* compareAndPut(key, revisionOf(object), step.object);
    if (isFailure(result)) return failed(result);
    if ('written' in (result as object))
      return { type: 'object', status: 200, object: (result as { readonly written: KubeObject }).written };
  }
  return failed(conflict(resource, name));
}

/** A service takes its Endpoints with it (registry/core/service/storage, afterDelete). */
function* deleteEndpoints(service: string): Generator<EtcdOperation, void, EtcdResponse> {
  const key = service.replace('/specs/', '/endpoints/');
  const found = yield* readOne(key);
  if (found !== undefined && !isFailure(found)) yield* compareAndDelete(key, revisionOf(found as KubeObject));
}

/** Pods and services answer with themselves, others with a Status (store.go, returnDeletedObject). */
function deletedAnswer(resource: ResourceDefinition, object: KubeObject): Stored {
  if (
    ['pods', 'services', 'serviceaccounts', 'persistentvolumes', 'persistentvolumeclaims', 'resourcequotas', 'podtemplates'].includes(
      resource.plural,
    )
  )
    return { type: 'object', status: 200, object, removed: [object] };
  const { group, plural } = resource;
  return {
    type: 'status',
    removed: [object],
    body: success({ name: object.metadata.name, ...(group === '' ? {} : { group }), kind: plural, uid: object.metadata.uid ?? '' }),
  };
}

function deleteOptions(state: RequestState): DeleteOptions {
  const { body, query } = state.request;
  const given = isObject(body) ? (body as DeleteOptions) : {};
  const grace = query['gracePeriodSeconds'];
  return {
    ...given,
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query['propagationPolicy'] === undefined ? {} : { propagationPolicy: query['propagationPolicy'] }),
  };
}

export function* deleteCollection(server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number): StorageRoutine {
  const selected = select(server, state, resource);
  if (isFailure(selected)) return failed(selected);
  const objects = selected as readonly KubeObject[];
  const removed: KubeObject[] = [];
  for (const object of objects) {
    const result = yield* deleteObject(state, resource, storageKey(resource, object.metadata.namespace ?? '', object.metadata.name), now);
    if (result.type === 'status' && isFailure(result.body) && result.body.code !== 404) return result;
    removed.push(...(result.removed ?? []));
  }
  return { type: 'list', objects, metadata: { resourceVersion: String(server.revision) }, removed };
}

/** The selectors of a list or watch. */
export function selectorsOf(
  state: RequestState,
  resource: ResourceDefinition,
): { readonly labels: Selector | undefined; readonly fields: readonly FieldTerm[] | undefined } | Status {
  const { labelSelector, fieldSelector } = state.request.query;
  try {
    const labels = labelSelector === undefined || labelSelector === '' ? undefined : parseLabelSelector(labelSelector);
    const fields = fieldSelector === undefined || fieldSelector === '' ? undefined : parseFieldSelector(fieldSelector);
    const known = resource.selectableFields({
      apiVersion: '',
      kind: '',
      metadata: { name: '' },
      involvedObject: {},
      spec: {},
      status: {},
    } as KubeObject);
    for (const term of fields ?? []) if (known[term.field] === undefined) return badRequest(fieldProblem(resource, term.field));
    return { labels, fields };
  } catch (error) {
    return badRequest((error as Error).message);
  }
}

function fieldProblem(resource: ResourceDefinition, field: string): string {
  return resource.namesFieldLabels
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** The objects that a list, or the deletion of a collection, is about. */
export function select(server: ApiServerState, state: RequestState, resource: ResourceDefinition): readonly KubeObject[] | Status {
  const selectors = selectorsOf(state, resource);
  if (isFailure(selectors)) return selectors;
  const { labels, fields } = selectors as { readonly labels: Selector | undefined; readonly fields: readonly FieldTerm[] | undefined };
  const cache = cacheOf(server, resource.storagePrefix);
  const { namespace } = state.info;
  const prefix = namespace === '' ? `${resource.storagePrefix}/` : `${resource.storagePrefix}/${namespace}/`;
  const found: KubeObject[] = [];
  for (const object of cache.values(prefix, prefixEnd(prefix))) {
    if (labels !== undefined && !matchesLabels(labels, object.metadata.labels)) continue;
    if (fields !== undefined && !matchesFields(fields, resource.selectableFields(object))) continue;
    found.push(object);
  }
  return found;
}

/** A list from the watch cache, which has caught up with etcd when the request arrived. */
export function* listObjects(server: ApiServerState, state: RequestState, resource: ResourceDefinition): StorageRoutine {
  const { query } = state.request;
  const limit = Number(query['limit'] ?? 0);
  const continued = query['continue'] === undefined || query['continue'] === '' ? undefined : parseContinue(query['continue']);
  if (continued === null) return failed(badRequest('continue key is not valid: illegal base64 data at input byte 4'));
  const selected = select(server, state, resource);
  if (isFailure(selected)) return failed(selected);
  if (continued !== undefined && continued.revision < server.oldest) {
    return failed(
      expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      ),
    );
  }
  const all = selected as readonly KubeObject[];
  const rest =
    continued === undefined
      ? all
      : all.filter((object) => storageKey(resource, object.metadata.namespace ?? '', object.metadata.name) > continued.after);
  const objects = limit > 0 ? rest.slice(0, limit) : rest;
  const revision = continued?.revision ?? server.revision;
  const last = objects.at(-1);
  const more = objects.length < rest.length && last !== undefined;
  const metadata = {
    resourceVersion: String(revision),
    ...(more ? { continue: formatContinue(revision, storageKey(resource, last.metadata.namespace ?? '', last.metadata.name)) } : {}),
    ...(more && query['labelSelector'] === undefined && query['fieldSelector'] === undefined
      ? { remainingItemCount: rest.length - objects.length }
      : {}),
  };
  return { type: 'list', objects, metadata };
}

const continueMark = 'eyJ2IjoibWV0YS5rOHMuaW8vdjEi';

function formatContinue(revision: number, after: string): string {
  return `${continueMark}${revision}_${[...after].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`;
}

function parseContinue(token: string): { readonly revision: number; readonly after: string } | null {
  const match = new RegExp(`^${continueMark}(\\d+)_([0-9a-f]+)$`).exec(token);
  if (match === null) return null;
  return {
    revision: Number(match[1]),
    after: (match[2]!.match(/../g) ?? []).map((pair) => String.fromCharCode(parseInt(pair, 16))).join(''),
  };
}
