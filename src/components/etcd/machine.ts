import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type {
  EtcdEvent,
  EtcdOperation,
  EtcdRequest,
  EtcdResponse,
  EtcdResult,
  EtcdServerMessage,
  EtcdWatchCreate,
  EtcdWatchResponse,
} from '#protocol/etcd.ts';
import { compact, emptyStore, errors, eventsSince, inRange, range, write, type Store } from './store.ts';

/** How a member is started. */
export interface EtcdInput {
  readonly name: string;
  /** Time to sync the write-ahead log, in milliseconds. */
  readonly fsyncMs: number;
}

interface Watcher {
  readonly client: string;
  readonly watch: string;
  readonly key: string;
  readonly rangeEnd: string | undefined;
}

interface Lease {
  readonly ttlSeconds: number;
  readonly expiresAt: number;
}

export interface EtcdState {
  readonly name: string;
  readonly fsyncMs: number;
  readonly term: number;
  readonly store: Store;
  /** By `<first key>|<client>|<watch>`, so that the watchers of a key are found by prefix. */
  readonly watchers: SortedMap<Watcher>;
  readonly leases: SortedMap<Lease>;
  readonly nextLease: number;
  readonly writes: number;
}

interface Elected {
  readonly type: 'etcd.elected';
}
interface LeaseTick {
  readonly type: 'etcd.lease-expired';
  readonly lease: number;
}
type EtcdMessage =
  StartMessage<EtcdInput> | EtcdServerMessage | Elected | LeaseTick | PeerClosedMessage | UndeliverableMessage | TerminateMessage;
type EtcdProcessEvent = EventOf<EtcdMessage>;
type Result = Outcome<EtcdState>;

/** Where a member keeps what must survive it. */
const dataPath = '/var/lib/etcd/member';

function start(state: EtcdState, event: EtcdProcessEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { name, fsyncMs } = event.message.input;
  const kept = event.disk.get(dataPath) as { readonly store: Store; readonly term: number } | undefined;
  const context = { ...state, name, fsyncMs, store: kept?.store ?? emptyStore, term: (kept?.term ?? 1) + 1 };
  return { context, effects: [{ type: 'arm', timer: 'election', afterMs: 50, message: { type: 'etcd.elected' } }] };
}

function respond(state: EtcdState, to: string, id: string, outcome: EtcdResult | string, delayMs: number): Effect {
  const header = { member: state.name, revision: state.store.revision, raftTerm: state.term };
  const message: EtcdResponse =
    typeof outcome === 'string'
      ? { type: 'etcd.response', id, header, error: outcome }
      : { type: 'etcd.response', id, header, result: outcome };
  return { type: 'send', to, message, delayMs };
}

function request(state: EtcdState, event: EtcdProcessEvent): Result {
  const { id, operation, certificate } = event.message as EtcdRequest;
  if (certificate === undefined)
    return { context: state, effects: [respond(state, event.from, id, 'remote error: tls: certificate required', 0)] };
  const { context, outcome, events } = perform(state, operation, event.now);
  const written = events.length > 0;
  const effects: Effect[] = [respond(context, event.from, id, outcome, written ? state.fsyncMs : 0)];
  if (written) effects.push(persist(context), ...notify(context, events, state.fsyncMs));
  if (operation.op === 'lease-grant' && typeof outcome !== 'string' && outcome.op === 'lease')
    effects.push(armLease(outcome.lease, outcome.ttlSeconds));
  if (operation.op === 'lease-keep-alive')
    effects.push(armLease(operation.lease, state.leases.get(String(operation.lease))?.ttlSeconds ?? 0));
  return { context, effects };
}

const armLease = (lease: number, ttlSeconds: number): Effect => ({
  type: 'arm',
  timer: `lease ${lease}`,
  afterMs: ttlSeconds * 1000,
  message: { type: 'etcd.lease-expired', lease } as LeaseTick,
  chatter: true,
});

const persist = (state: EtcdState): Effect => ({ type: 'write-file', path: dataPath, content: { store: state.store, term: state.term } });

interface Performed {
  readonly context: EtcdState;
  readonly outcome: EtcdResult | string;
  readonly events: readonly EtcdEvent[];
}

function perform(state: EtcdState, operation: EtcdOperation, now: number): Performed {
  const answer = (outcome: EtcdResult | string, context = state): Performed => ({ context, outcome, events: [] });
  switch (operation.op) {
    case 'range':
      return answer(range(state.store, operation));
    case 'put':
    case 'delete-range':
    case 'txn': {
      const { store, result, events } = write(state.store, operation);
      return { context: events.length === 0 ? state : { ...state, store, writes: state.writes + 1 }, outcome: result, events };
    }
    case 'compact': {
      const store = compact(state.store, operation.revision);
      return typeof store === 'string' ? answer(store) : answer({ op: 'compact' }, { ...state, store });
    }
    case 'lease-grant': {
      const lease = operation.lease ?? state.nextLease;
      const leases = state.leases.set(String(lease), { ttlSeconds: operation.ttlSeconds, expiresAt: now + operation.ttlSeconds * 1000 });
      return answer({ op: 'lease', lease, ttlSeconds: operation.ttlSeconds }, { ...state, leases, nextLease: state.nextLease + 1 });
    }
    case 'lease-keep-alive': {
      const known = state.leases.get(String(operation.lease));
      if (known === undefined) return answer(errors.noLease);
      return answer(
        { op: 'lease', lease: operation.lease, ttlSeconds: known.ttlSeconds },
        { ...state, leases: state.leases.set(String(operation.lease), { ...known, expiresAt: now + known.ttlSeconds * 1000 }) },
      );
    }
    case 'lease-revoke':
      return revoke(state, operation.lease);
    case 'status':
      return answer({ op: 'status', leader: state.name, dbSizeBytes: 4096 + state.store.keys.size * 1024, version: '3.6.16' });
  }
}

function revoke(state: EtcdState, lease: number): Performed {
  if (!state.leases.has(String(lease))) return { context: state, outcome: errors.noLease, events: [] };
  let { store } = state;
  let events: readonly EtcdEvent[] = [];
  for (const kv of [...store.keys.values()]) {
    if (kv.lease !== lease) continue;
    const written = write(store, { op: 'delete-range', key: kv.key });
    store = written.store;
    events = [...events, ...written.events];
  }
  return {
    context: { ...state, store, leases: state.leases.delete(String(lease)) },
    outcome: { op: 'lease', lease, ttlSeconds: 0 },
    events,
  };
}

/** Tells the watchers: one message for each watch, with all its events of the transaction. */
function notify(state: EtcdState, events: readonly EtcdEvent[], delayMs: number): Effect[] {
  const batches = new Map<Watcher, EtcdEvent[]>();
  for (const event of events) {
    for (const watcher of watchersOf(state, event.kv.key)) {
      const batch = batches.get(watcher);
      if (batch === undefined) batches.set(watcher, [event]);
      else batch.push(event);
    }
  }
  return [...batches].map(([watcher, batch]): Effect => {
    const message: EtcdWatchResponse = { type: 'etcd.watch', watch: watcher.watch, revision: state.store.revision, events: batch };
    return { type: 'send', to: watcher.client, message, delayMs };
  });
}

/** A watch that covers a key starts at the key itself or at a prefix of it that ends with a slash. */
function* watchersOf(state: EtcdState, key: string): Generator<Watcher> {
  for (let end = key.indexOf('/'); end >= 0; end = key.indexOf('/', end + 1)) {
    for (const [, watcher] of state.watchers.prefixed(`${key.slice(0, end + 1)}|`))
      if (inRange(key, watcher.key, watcher.rangeEnd)) yield watcher;
  }
  for (const [, watcher] of state.watchers.prefixed(`${key}|`)) if (inRange(key, watcher.key, watcher.rangeEnd)) yield watcher;
}

function watch(state: EtcdState, event: EtcdProcessEvent): Result {
  const message = event.message as EtcdWatchCreate;
  const watcher: Watcher = { client: event.from, watch: message.watch, key: message.key, rangeEnd: message.rangeEnd };
  const { startRevision } = message;
  const reply = (events: readonly EtcdEvent[], compactRevision?: number): Effect => {
    const response: EtcdWatchResponse = {
      type: 'etcd.watch',
      watch: message.watch,
      revision: state.store.revision,
      events,
      ...(compactRevision === undefined ? {} : { compactRevision }),
    };
    return { type: 'send', to: event.from, message: response };
  };
  if (startRevision !== 0 && startRevision <= state.store.compacted) return { context: state, effects: [reply([], state.store.compacted)] };
  const context = { ...state, watchers: state.watchers.set(`${message.key}|${event.from}|${message.watch}`, watcher) };
  const missed = startRevision === 0 ? [] : eventsSince(state.store, message.key, message.rangeEnd, startRevision);
  const link: Effect = { type: 'link', to: event.from };
  return { context, effects: missed.length === 0 ? [link] : [link, reply(missed)] };
}

function dropWatches(state: EtcdState, drop: (watcher: Watcher) => boolean): EtcdState {
  let { watchers } = state;
  for (const [key, watcher] of [...watchers]) if (drop(watcher)) watchers = watchers.delete(key);
  return watchers === state.watchers ? state : { ...state, watchers };
}

function serve(state: EtcdState, event: EtcdProcessEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'etcd.request':
      return request(state, event);
    case 'etcd.watch-create':
      return watch(state, event);
    case 'etcd.watch-cancel':
      return { context: dropWatches(state, (watcher) => watcher.client === event.from && watcher.watch === message.watch), effects: [] };
    case 'peer.closed':
      return { context: dropWatches(state, (watcher) => watcher.client === message.address), effects: [] };
    case 'message.undeliverable':
      return { context: dropWatches(state, (watcher) => watcher.client === message.to), effects: [] };
    case 'etcd.lease-expired': {
      const { context, events } = revoke(state, message.lease);
      return { context, effects: events.length === 0 ? [] : [persist(context), ...notify(context, events, state.fsyncMs)] };
    }
    case 'process.start':
    case 'process.terminate':
    case 'etcd.elected':
      return { context: state, effects: [] };
  }
}

const serving = step<EtcdState, EtcdProcessEvent>(serve);

/** One etcd member. A single member elects itself; what it serves is the protocol that a group will speak. */
export const etcdMachine = setup({
  types: { context: {} as EtcdState, events: {} as EtcdProcessEvent, emitted: {} as Effect },
}).createMachine({
  id: 'etcd',
  context: {
    name: '',
    fsyncMs: 0,
    term: 1,
    store: emptyStore,
    watchers: SortedMap.empty<Watcher>(),
    leases: SortedMap.empty<Lease>(),
    nextLease: 1,
    writes: 0,
  },
  initial: 'starting',
  states: {
    starting: { on: { 'process.start': { target: 'electing', actions: step(start) } } },
    electing: { on: { 'etcd.elected': 'leader' } },
    leader: {
      on: {
        'etcd.request': { actions: serving },
        'etcd.watch-create': { actions: serving },
        'etcd.watch-cancel': { actions: serving },
        'etcd.lease-expired': { actions: serving },
        'peer.closed': { actions: serving },
        'message.undeliverable': { actions: serving },
        'process.terminate': 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
});
