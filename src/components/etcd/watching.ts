import type { Effect, UndeliverableMessage } from '#kernel/types.ts';
import type { EtcdEvent, EtcdWatchCreate, EtcdWatchResponse } from '#protocol/etcd.ts';
import type { EtcdProcessEvent, EtcdState, Result, Watcher } from './state.ts';
import { eventsSince, inRange } from './store.ts';

/** Tells the watchers: one message for each watch, with all its events of the transaction. */
export function notify(state: EtcdState, events: readonly EtcdEvent[], delayMs: number): Effect[] {
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

/** A member opens its port to clients when it knows a leader (embed/etcd.go serveClients waits for ReadyNotify): before that they are refused. */
export function closed(state: EtcdState, event: EtcdProcessEvent): Result {
  const message: UndeliverableMessage = {
    type: 'message.undeliverable',
    to: event.self,
    reason: 'connection refused',
    message: event.message,
  };
  return { context: state, effects: [{ type: 'send', to: event.from, message }] };
}

/** Begins a watch; what has happened since the revision that it wants is told at once. */
export function watch(state: EtcdState, event: EtcdProcessEvent): Result {
  const message = event.message as EtcdWatchCreate;
  if (!state.published) return closed(state, event);
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

export function dropWatches(state: EtcdState, drop: (watcher: Watcher) => boolean): EtcdState {
  let { watchers } = state;
  for (const [key, watcher] of [...watchers]) if (drop(watcher)) watchers = watchers.delete(key);
  return watchers === state.watchers ? state : { ...state, watchers };
}
