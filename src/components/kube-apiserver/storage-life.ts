import type { Routine } from '#base/routine.ts';
import type { Effect, Address } from '#kernel/types.ts';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import type { Stored } from './storage.ts';
import type { ApiServerState } from './state.ts';

/** The lease that events are attached to: they go with it. */
export interface EventLease {
  readonly lease: number;
  readonly until: number;
}
/** A request has got a new lease from etcd: others may use it, too. */
export interface LeaseGranted {
  readonly type: 'lease.granted';
  readonly granted: EventLease;
}

/** --event-ttl, and for how long one lease serves (storage/etcd3/lease_manager.go). */
const eventSeconds = 3600;
const reuseSeconds = 60;
const eventPrefix = '/registry/events/';

const putsEvent = (operation: EtcdOperation): boolean =>
  operation.op === 'txn' && operation.success.some((inner) => inner.op === 'put' && inner.key.startsWith(eventPrefix));

function withLease(operation: EtcdOperation, lease: number): EtcdOperation {
  if (operation.op !== 'txn') return operation;
  return { ...operation, success: operation.success.map((inner) => (inner.op === 'put' ? { ...inner, lease } : inner)) };
}

const leaseOf = (answer: EtcdResponse): number | undefined =>
  'result' in answer && answer.result.op === 'lease' ? answer.result.lease : undefined;

/** A storage routine whose events end after an hour: what it writes of them has a lease (leaseManager.GetLease). */
export function withEventLease(
  routine: Routine<EtcdOperation, EtcdResponse, Stored>,
  server: ApiServerState,
  now: number,
): Routine<EtcdOperation, EtcdResponse, Stored> {
  return function* () {
    const inner = routine();
    let known =
      server.eventLease !== undefined && now + eventSeconds * 1000 < server.eventLease.until ? server.eventLease.lease : undefined;
    let next = inner.next();
    while (next.done !== true) {
      if (!putsEvent(next.value)) {
        next = inner.next(yield next.value);
        continue;
      }
      if (known === undefined) {
        const granted = yield { op: 'lease-grant', ttlSeconds: eventSeconds + reuseSeconds };
        known = leaseOf(granted);
        if (known === undefined) {
          next = inner.next(granted);
          continue;
        }
      }
      next = inner.next(yield withLease(next.value, known));
    }
    return next.value;
  };
}

/** Tells the server of a lease that a request was granted. */
export function tellLease(server: Address, answer: EtcdResponse, now: number): readonly Effect[] {
  const lease = leaseOf(answer);
  if (lease === undefined) return [];
  const message: LeaseGranted = { type: 'lease.granted', granted: { lease, until: now + (eventSeconds + reuseSeconds) * 1000 } };
  return [{ type: 'send', to: server, message }];
}

// ── compaction ──────────────────────────────────────────────────────────────

/** The past that etcd keeps is forgotten, five minutes later (--etcd-compaction-interval). */
export interface CompactionDue {
  readonly type: 'compaction.due';
}
export interface Compaction {
  /** How often any server has compacted, as far as this one knows. */
  readonly time: number;
  /** The revision five minutes ago; 0 at first. */
  readonly revision: number;
}

const compactMs = 300_000;
const compactKey = 'compact_rev_key';
export const compactionId = 'compaction';

export const compactLater: Effect = {
  type: 'arm',
  timer: compactionId,
  afterMs: compactMs,
  message: { type: 'compaction.due' } as CompactionDue,
  chatter: true,
};

/** Of several servers one compacts: the one that changes the key first (storage/etcd3/compact.go). */
export const claimCompaction = ({ time, revision }: Compaction): EtcdOperation => ({
  op: 'txn',
  compare: [{ key: compactKey, target: 'version', version: time }],
  success: [{ op: 'put', key: compactKey, value: String(revision) }],
  failure: [{ op: 'range', key: compactKey }],
});

/** What follows from the answer: the state for the next time, and the revision up to which etcd may forget. */
export function compactionClaimed(
  { time, revision }: Compaction,
  answer: EtcdResponse,
): { readonly next: Compaction; readonly upTo: number | undefined } {
  if (!('result' in answer) || answer.result.op !== 'txn') return { next: { time, revision }, upTo: undefined };
  const current = answer.header.revision;
  if (answer.result.succeeded) return { next: { time: time + 1, revision: current }, upTo: revision === 0 ? undefined : revision };
  const [found] = answer.result.responses;
  const version = found?.op === 'range' ? (found.kvs[0]?.version ?? 0) : time;
  return { next: { time: version, revision: current }, upTo: undefined };
}
