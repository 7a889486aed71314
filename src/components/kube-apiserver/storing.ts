import { parseDuration } from '#base/duration.ts';
import { begin, resume, type Progress, type Routine } from '#base/routine.ts';
import { prefixEnd } from '#base/sorted-map.ts';
import { isFailure, timeout, unknownError } from '#api/resources/status-errors.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Address, Delivered, Effect, Message } from '#kernel/types.ts';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import { freedBy } from './allocate.ts';
import { etcdStatus } from './component-status.ts';
import { askEtcd, asksAgain, disconnected, retryMs, unconnected } from './etcd-client.ts';
import { isWrite } from './gates.ts';
import { healthKey, healthResponse, healthTimeoutMs } from './health.ts';
import { resourceFor } from './request-info.ts';
import type { RequestState } from './request-machine.ts';
import { gateNote } from './request-state.ts';
import { noPage, pageResponse, statusResponse, storedResponse } from './respond.ts';
import type { ApiServerState, AwaitRevision } from './state.ts';
import { createObject, deleteCollection, deleteObject, getObject, listObjects, updateObject, type Stored } from './storage.ts';
import { tellLease, withEventLease } from './storage-life.ts';
import { specialFor } from './subresources.ts';

/** What a request waits to hear of etcd: a step of its storage routine, how new the caches must be, or whether etcd is well. */
export interface Asked {
  readonly about: 'routine' | 'fresh' | 'health' | 'status';
  readonly id: string;
  readonly operation: EtcdOperation;
  readonly failures: number;
  readonly member: Address;
}

/** A request asks etcd again after a while, or gives up waiting for it. */
export interface AskAgain extends Message {
  readonly type: 'etcd.again';
}
export interface EtcdSilent extends Message {
  readonly type: 'etcd.silent';
}

type Result = Outcome<RequestState>;
type Event = Pick<Delivered<Message>, 'message' | 'from' | 'self' | 'now' | 'parent' | 'origin'>;

const serverOf = (event: Event): ApiServerState => event.parent as ApiServerState;
/** Where the server of a request is. */
const addressOf = ({ self }: Event): Address => self.slice(0, self.lastIndexOf('/'));
const numberOf = (self: Address): number => Number(self.slice(self.lastIndexOf('-') + 1));

// ── how long a request may take ─────────────────────────────────────────────

/** The longest that a request may take (`--request-timeout`), and that its handler gives a write (endpoints/handlers/rest.go). */
const requestTimeoutMs = 60_000;
const writeTimeoutMs = 34_000;

/** How long it may still wait, where `since` is when it came to storage. */
export function remainingMs({ request, info, since, startedAt, gateMs }: RequestState): number {
  const wanted = parseDuration(request.query['timeout'] ?? '');
  const total = Math.min(
    wanted === undefined || wanted === 0 ? requestTimeoutMs : wanted,
    isWrite(info) ? writeTimeoutMs : requestTimeoutMs,
  );
  return Math.max(0, total - (since + gateMs - startedAt));
}

/** A request whose time is up: writes are told by their handler, reads by a filter whose answer names no content type (server/filters/timeout.go). */
export function timedOut(state: RequestState, event: Event): Result {
  const response = isWrite(state.info)
    ? statusResponse(state, timeout('Timeout: request did not complete within requested timeout - context deadline exceeded'))
    : pageResponse(state, {
        status: 504,
        contentType: 'text/plain; charset=utf-8',
        body: 'Timeout: request did not complete within the allotted timeout',
      });
  return { context: { ...state, gate: 'response', since: event.now, response }, effects: [] };
}

// ── asking etcd ─────────────────────────────────────────────────────────────

function ask(state: RequestState, event: Event, about: Asked['about'], operation: EtcdOperation, failures = 0): Result {
  const step = state.answers?.length ?? 0;
  const id = failures === 0 ? String(step) : `${step} again ${failures}`;
  const effects = askEtcd(serverOf(event).etcd, numberOf(event.self) + step + failures, id, operation);
  const asked: Asked = { about, id, operation, failures, member: effects?.[0]?.type === 'link' ? effects[0].to : '' };
  const context = { ...state, asked };
  return effects === undefined ? heard(context, unconnected(id), event) : { context, effects };
}

/** Whether etcd answers, for as long as a check waits. */
export function askHealth(state: RequestState, event: Event): Result {
  return asking(ask(state, event, 'health', { op: 'range', key: healthKey }), healthTimeoutMs);
}

/** The same for componentstatuses, which builds a connection of its own and waits for it as long as for that (factory/etcd3.go dialTimeout). */
export function askStatus(state: RequestState, event: Event): Result {
  return asking(ask(state, event, 'status', { op: 'range', key: healthKey }), 20_000);
}

function asking({ context, effects }: Result, afterMs: number): Result {
  const message: EtcdSilent = { type: 'etcd.silent' };
  return { context, effects: [...effects, { type: 'arm', timer: 'silent', afterMs, message }] };
}

/** A message about the question that is open: etcd's answer, its end, or that it does not answer. */
export function etcdHeard(state: RequestState, event: Event): Result {
  const { asked } = state;
  const { message } = event;
  if (asked === undefined) return { context: state, effects: [] };
  switch (message.type) {
    case 'etcd.response':
      return (message as EtcdResponse).id === asked.id ? heard(state, message as EtcdResponse, event) : { context: state, effects: [] };
    case 'etcd.again':
      return ask(state, event, asked.about, asked.operation, asked.failures);
    case 'etcd.silent':
      return settled(state, { ...unconnected(asked.id), error: 'context deadline exceeded' } as EtcdResponse, event);
    case 'message.undeliverable':
      return heard(state, unconnected(asked.id), event);
    default:
      return (message as Message & { readonly address?: Address }).address === asked.member
        ? heard(state, disconnected(asked.id), event)
        : { context: state, effects: [] };
  }
}

function heard(state: RequestState, answer: EtcdResponse, event: Event): Result {
  const { operation, failures } = state.asked!;
  if (!asksAgain(operation, answer, failures)) return settled(state, answer, event);
  const again: Effect = { type: 'arm', timer: 'again', afterMs: retryMs, message: { type: 'etcd.again' } as AskAgain };
  return { context: { ...state, asked: { ...state.asked!, id: '', member: '', failures: failures + 1 } }, effects: [again] };
}

/** The answer that counts. */
function settled(state: RequestState, answer: EtcdResponse, event: Event): Result {
  const { about } = state.asked!;
  const context: RequestState = { ...state, asked: undefined };
  const error = 'error' in answer ? answer.error : undefined;
  switch (about) {
    case 'health':
      return {
        context: { ...context, gate: 'response', since: event.now, response: healthResponse(state, serverOf(event).stopping, error) },
        effects: [],
      };
    case 'status':
      return etcdStatus(context, resourceFor(serverOf(event), state.info)!, event.now, error);
    case 'fresh':
      return error === undefined
        ? whenFresh(context, answer.header.revision, event)
        : stored(context, { type: 'status', body: unknownError(error) }, event);
    case 'routine': {
      const { server, answers, storedAt } = context;
      const routine = routineFor(context, server!, resourceFor(server!, state.info)!, storedAt);
      const result = go(context, resume(routine, answers!, answer), event);
      return { context: result.context, effects: [...tellLease(addressOf(event), answer, storedAt), ...result.effects] };
    }
  }
}

// ── storage ─────────────────────────────────────────────────────────────────

/** Begins what storage does for a request. A list is served by the cache, as soon as that is as new as the list has to be. */
export function beginStoring(state: RequestState, resource: ResourceDefinition, event: Event): Result {
  const { info, request } = state;
  const lists = info.verb === 'list' || info.verb === 'deletecollection';
  if (!lists || specialFor(state) !== undefined || (request.query['continue'] ?? '') !== '') return startStoring(state, event);
  const version = request.query['resourceVersion'] ?? '';
  // For what is no version at all there is nothing to wait for.
  if (version !== '') return /^\d{1,15}$/.test(version) ? whenFresh(state, Number(version), event) : startStoring(state, event);
  const prefix = `${resource.storagePrefix}/`;
  return ask(state, event, 'fresh', { op: 'range', key: prefix, rangeEnd: prefixEnd(prefix), limit: 1, countOnly: true });
}

/** Goes on when the caches know a revision (cacher.go: consistent reads from the cache). */
function whenFresh(state: RequestState, revision: number, event: Event): Result {
  if (revision <= serverOf(event).revision) return startStoring(state, event);
  const wait: AwaitRevision = { type: 'cache.await', revision };
  const asked: Asked = { about: 'fresh', id: '', operation: { op: 'status' }, failures: 0, member: '' };
  return { context: { ...state, asked }, effects: [{ type: 'send', to: addressOf(event), message: wait }] };
}

/** Starts the storage routine, with the server as it is now. */
export function startStoring(state: RequestState, event: Event): Result {
  const server = serverOf(event);
  const resource = resourceFor(server, state.info);
  const context: RequestState = { ...state, server, storedAt: event.now, asked: undefined };
  // Its definition may have gone meanwhile.
  if (resource === undefined)
    return { context: { ...context, gate: 'response', since: event.now, response: pageResponse(state, noPage) }, effects: [] };
  return go(context, begin(routineFor(context, server, resource, event.now)), event);
}

/** The routine of a request; the events that it writes have a lease. */
const routineFor = (
  state: RequestState,
  server: ApiServerState,
  resource: ResourceDefinition,
  now: number,
): Routine<EtcdOperation, EtcdResponse, Stored> => withEventLease(plainRoutine(state, server, resource, now), server, now);

function plainRoutine(
  state: RequestState,
  server: ApiServerState,
  resource: ResourceDefinition,
  now: number,
): Routine<EtcdOperation, EtcdResponse, Stored> {
  const { info } = state;
  const special = specialFor(state);
  if (special !== undefined) return () => special(server, state, resource, now);
  switch (info.verb) {
    case 'get':
      return () => getObject(state, resource);
    case 'list':
      return () => listObjects(server, state, resource);
    case 'create':
      return () => createObject(state, resource);
    case 'update':
    case 'patch':
      return state.old === undefined
        ? () => createObject({ ...state, info: { ...info, verb: 'create' } }, resource)
        : () => updateObject(state, resource);
    case 'delete':
      return () => deleteObject(state, resource, storageKey(resource, info.namespace, info.name), now);
    default:
      return () => deleteCollection(server, state, resource, now);
  }
}

/** Carries a storage routine on: the next question to etcd, or its outcome. */
function go(state: RequestState, progress: Progress<EtcdOperation, EtcdResponse, Stored>, event: Event): Result {
  if (!progress.done) return ask({ ...state, answers: progress.answers }, event, 'routine', progress.request);
  return stored(state, progress.result, event);
}

/** What storage came to: the response, or another way through the gates. */
function stored(state: RequestState, result: Stored, event: Event): Result {
  if (result.type === 'retry') {
    const context: RequestState = {
      ...state,
      answers: undefined,
      object: undefined,
      old: result.current,
      attempts: state.attempts + 1,
      gate: 'mutating',
      charging: false,
      since: event.now,
    };
    return { context, effects: [gateNote(state, 'storage', 'retried', 'the object has been modified')] };
  }
  const response = storedResponse(state, resourceFor(state.server ?? serverOf(event), state.info)!, result, event.now);
  const verdict = result.type === 'status' && isFailure(result.body) ? 'refused' : 'passed';
  const detail = result.type === 'object' ? `revision ${result.object.metadata.resourceVersion ?? ''}` : '';
  const said = verdict === 'refused' ? String((response.body as { readonly message?: string }).message ?? '') : detail;
  return {
    context: { ...state, answers: undefined, response, freed: freedBy(state, result), gate: 'response', since: event.now },
    effects: [gateNote(state, 'storage', verdict, said)],
  };
}
