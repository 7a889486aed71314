import { prefixEnd } from '#base/sorted-map.ts';
import { storagePrefixOf } from '#api/custom/facts.ts';
import { resourceTable } from '#api/resources/index.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Effect, EventOf } from '#kernel/types.ts';
import type { EtcdEvent, EtcdRequest, EtcdResponse, EtcdWatchCreate, EtcdWatchResponse } from '#protocol/etcd.ts';
import { takeIn } from './cache.ts';
import { definitionsOf } from './custom-resources.ts';
import { followDefinitions } from './definitions.ts';
import { broke, connect, etcdRequest, firstMember, mended, probed } from './etcd-client.ts';
import { followFlows } from './flow/server.ts';
import { masterLeases } from './identity/leases.ts';
import { revisionText } from './revision.ts';
import { cacheOf, type ApiServerState, type AwaitRevision, type CacheFresh } from './state.ts';

type Result = Outcome<ApiServerState>;
type Event<Message extends { readonly type: string }> = Pick<EventOf<Message>, 'message' | 'from' | 'now'>;

/** The prefixes that are watched: one watch for each stored resource, and for the leases of the API servers themselves. */
export const prefixes = [
  ...new Set(resourceTable.filter((resource) => resource.verbs.includes('watch')).map((resource) => resource.storagePrefix)),
  masterLeases,
];

/** Everything that is watched now: what is built in, and what definitions have made. */
const watchedPrefixes = (state: ApiServerState): readonly string[] => [...prefixes, ...definitionsOf(state).map(storagePrefixOf)];

/** Asks the member that the watches are at. */
export const ask = (state: ApiServerState, id: string, operation: EtcdRequest['operation'], chatter = false): Effect => ({
  type: 'send',
  to: state.etcd.stream,
  message: etcdRequest(id, operation),
  ...(chatter ? { chatter } : {}),
});

/** Asks for all that is stored below some prefixes; a new server serves when it has all that it asked for. */
export function list(state: ApiServerState, wanted: readonly string[]): Result {
  return {
    context: { ...state, awaited: [...new Set([...state.awaited, ...wanted])] },
    effects: wanted.map((prefix) => ask(state, `list ${prefix}`, { op: 'range', key: `${prefix}/`, rangeEnd: prefixEnd(`${prefix}/`) })),
  };
}

/** All that is watched is listed, what is known of definitions too. */
export const listAll = (state: ApiServerState): Result => list({ ...state, awaited: [] }, watchedPrefixes(state));

function watchFrom(state: ApiServerState, prefix: string, startRevision: number): Effect {
  const message: EtcdWatchCreate = {
    type: 'etcd.watch-create',
    watch: prefix,
    key: `${prefix}/`,
    rangeEnd: prefixEnd(`${prefix}/`),
    startRevision,
    certificate: etcdRequest('', { op: 'status' }).certificate,
  };
  return { type: 'send', to: state.etcd.stream, message };
}

/** What a list says that a cache does not know: what is new or changed, and what is gone. */
function differences(
  state: ApiServerState,
  prefix: string,
  { header, result }: Extract<EtcdResponse, { readonly result: unknown }>,
): EtcdEvent[] {
  const kvs = result.op === 'range' ? result.kvs : [];
  const there = new Set(kvs.map((kv) => kv.key));
  const gone = [...cacheOf(state, prefix)].filter(([key]) => !there.has(key));
  return [
    ...kvs.map((kv): EtcdEvent => ({ type: 'PUT', kv, previous: undefined })),
    ...gone.map(([key]): EtcdEvent => {
      const kv = { key, value: undefined, createRevision: 0, modRevision: header.revision, version: 0, lease: 0 };
      return { type: 'DELETE', kv, previous: undefined };
    }),
  ];
}

/** The answer to a list fills one cache and begins its watch. */
export function listed(state: ApiServerState, event: Event<EtcdResponse>): Result {
  const answer = event.message;
  if (!answer.id.startsWith('list ') || !('result' in answer) || event.from !== state.etcd.stream) return { context: state, effects: [] };
  const prefix = answer.id.slice('list '.length);
  const { revision } = answer.header;
  const filled = takeIn(state, prefix, revision, differences(state, prefix, answer), event.now);
  // What was before its first list a server cannot tell: a watch from then has to begin anew (watch_cache.go, listResourceVersion).
  const first = prefixes.includes(prefix) && !state.caches.has(prefix);
  const oldest = first ? Math.max(filled.state.oldest, revision) : filled.state.oldest;
  const context = { ...filled.state, awaited: state.awaited.filter((other) => other !== prefix), oldest };
  const followed = follow(state, context, event.now);
  return { context: followed.context, effects: [watchFrom(state, prefix, revision + 1), ...filled.effects, ...followed.effects] };
}

/** What definitions bring with them: the resources that they make are cached too. And what flow schemas are told of their levels. */
function follow(before: ApiServerState, after: ApiServerState, now: number): Result {
  const { state, prefixes: added, effects } = followDefinitions(before, after);
  const asked = list(state, added);
  const told = tellWaiting(asked.context);
  const flows = after.awaited.length === 0 ? followFlows(before, after, now) : [];
  return { context: told.context, effects: [...effects, ...asked.effects, ...flows, ...told.effects] };
}

/** What happened in etcd. What has been compacted before it was told is listed anew. */
export function watched(state: ApiServerState, event: Event<EtcdWatchResponse>): Result {
  const { watch, revision, events, compactRevision } = event.message;
  if (event.from !== state.etcd.stream) return { context: state, effects: [] };
  if (compactRevision !== undefined) return list(state, [watch]);
  const { state: context, effects } = takeIn(state, watch, revision, events, event.now);
  const followed = follow(state, context, event.now);
  return { context: followed.context, effects: [...effects, ...followed.effects] };
}

// ── lists that wait for the caches ──────────────────────────────────────────

const fresh = (to: string): Effect => ({ type: 'send', to, message: { type: 'cache.fresh' } as CacheFresh });

/** A list that wants to know of a revision is told when the caches have come so far (cacher.go waitUntilFresh). */
export function awaitRevision(state: ApiServerState, event: Event<AwaitRevision>): Result {
  const { revision } = event.message;
  if (revision <= state.revision) return { context: state, effects: [fresh(event.from)] };
  return { context: { ...state, waiting: state.waiting.set(`${revisionText(revision)}|${event.from}`, event.from) }, effects: [] };
}

function tellWaiting(state: ApiServerState): Result {
  let { waiting } = state;
  const effects: Effect[] = [];
  for (let first = waiting.first(); first !== undefined && Number(first[0].split('|')[0]) <= state.revision; first = waiting.first()) {
    effects.push(fresh(first[1]));
    waiting = waiting.delete(first[0]);
  }
  return { context: waiting === state.waiting ? state : { ...state, waiting }, effects };
}

// ── members that come and go ────────────────────────────────────────────────

/** Tries every member that is not connected. */
export const connectAll = (state: ApiServerState): Effect[] => Object.keys(state.etcd.broken).map(connect);

/** A member has answered: its connection is watched, and where the watches have no member they go there. */
export function joined(state: ApiServerState, event: Event<EtcdResponse>): Result {
  const member = probed(event.message.id);
  if (member === undefined || state.etcd.broken[member] === undefined) return { context: state, effects: [] };
  const effects: Effect[] = [
    { type: 'disarm', timer: `etcd ${member}` },
    { type: 'link', to: member },
  ];
  const etcd = mended(state.etcd, member);
  if (etcd.stream !== '') return { context: { ...state, etcd }, effects };
  const moved = moveWatches({ ...state, etcd });
  return { context: moved.context, effects: [...effects, ...moved.effects] };
}

/** Opens the watches at the first member that is connected, from where they stood. */
function moveWatches(state: ApiServerState): Result {
  const stream = firstMember(state.etcd);
  if (stream === undefined) return { context: state, effects: [] };
  const moved = { ...state, etcd: { ...state.etcd, stream } };
  // A server that knows nothing yet lists first.
  if (state.revision === 0) return { context: moved, effects: [] };
  const listing = list(moved, state.awaited);
  const going = watchedPrefixes(moved).filter((prefix) => !state.awaited.includes(prefix));
  return {
    context: listing.context,
    effects: [...listing.effects, ...going.map((prefix) => watchFrom(moved, prefix, state.revision + 1))],
  };
}

/** The connection to a member is broken: the others do its work. */
export function parted(state: ApiServerState, member: string): Result {
  const { connections, effects } = broke(state.etcd, member);
  const context = { ...state, etcd: connections };
  if (connections.stream !== '' || state.etcd.stream === '') return { context, effects };
  const moved = moveWatches(context);
  return { context: moved.context, effects: [...effects, ...moved.effects] };
}
