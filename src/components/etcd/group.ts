import type { Effect } from '#kernel/types.ts';
import type { EtcdEvent, EtcdResponse, EtcdResult } from '#protocol/etcd.ts';
import type { ConfChange, Entry, Proposal, RaftMessage } from '#protocol/raft.ts';
import { apply, type Write } from './apply.ts';
import { compactLog } from './raft/log.ts';
import { propose, snapshotOf } from './raft/raft.ts';
import { nextTick, type Raft, type Ready, type Stored } from './raft/state.ts';
import { askForReads, readsAnswered } from './reads.ts';
import {
  addressOf,
  arm,
  defaults,
  requestTimeoutMs,
  type EtcdProcessEvent,
  type EtcdState,
  type Result,
  type Synced,
  type Waiting,
} from './state.ts';
import { errors, grown } from './store.ts';
import { notify } from './watching.ts';

/** Where a member keeps what must survive it. */
export const dataPath = '/var/lib/etcd/member';
/** How long a snapshot may be under way (rafthttp snapResponseReadTimeout). */
const snapshotMs = 5000;
/** A member that was removed ends after so long (server.go stopWithDelay). */
const removedMs = 1000;

/** What a proposal is about: the members apply the operation, and who proposed it answers its client. */
interface Envelope {
  readonly origin: string;
  readonly request: string;
  readonly operation: Write;
}

type Kept = Pick<EtcdState, 'store' | 'members' | 'leases' | 'nextLease' | 'alarms' | 'removed'>;
/** The state machine: what the log has made, the same on every member. */
export const keptOf = ({ store, members, leases, nextLease, alarms, removed }: EtcdState): Kept => ({
  store,
  members,
  leases,
  nextLease,
  alarms,
  removed,
});

/** What is on a member's disk. */
export interface Disk {
  readonly stored: Stored;
  readonly kept: Kept;
}

function persist(state: EtcdState): Effect {
  const { term, vote, log, conf, applied } = state.raft;
  const content: Disk = { stored: { term, vote, log, conf, applied }, kept: keptOf(state) };
  return { type: 'write-file', path: dataPath, content };
}

export function respond(state: EtcdState, to: string, id: string, outcome: EtcdResult | string, delayMs: number): Effect {
  const header = { member: state.name, revision: state.store.revision, raftTerm: state.raft.term };
  const message: EtcdResponse =
    typeof outcome === 'string'
      ? { type: 'etcd.response', id, header, error: outcome }
      : { type: 'etcd.response', id, header, result: outcome };
  return { type: 'send', to, message, delayMs };
}

/** Whether something has to be on the disk before anything that follows from it leaves (node.go MustSync). */
const mustSync = (before: Raft, after: Raft): boolean =>
  before.log.entries !== after.log.entries ||
  before.log.last !== after.log.last ||
  before.term !== after.term ||
  before.vote !== after.vote;

/**
 * Does what a step of the group leads to (server/etcdserver/raft.go start): the disk, the messages, what is to be applied, and
 * what follows for clients. @param fresh the request that is just being proposed, if any
 */
export function settle(before: EtcdState, ready: Ready, event: EtcdProcessEvent, fresh?: string): Result {
  let state: EtcdState = { ...before, raft: ready.raft };
  if (ready.restored !== undefined) state = { ...state, ...(ready.restored.data as Kept) };
  const sync = mustSync(before.raft, ready.raft);
  const delayMs = sync ? state.input.fsyncMs : 0;
  const effects: Effect[] = [];
  for (const entry of ready.committed) state = applyEntry(state, entry, delayMs, fresh, effects);
  if (sync) {
    state = cutLog(state);
    effects.push(persist(state));
  }
  const leads = ready.raft.role === 'leader';
  for (const message of ready.messages) sendTo(state, message, leads ? 0 : delayMs, effects);
  for (const message of ready.afterAppend) sendTo(state, message, delayMs, effects);
  const { term, stable, log } = ready.raft;
  // The leader counts itself when its own disk has the entries.
  if (leads && stable < log.last && log.last !== before.raft.log.last)
    effects.push({
      type: 'arm',
      timer: `wal ${log.last}`,
      afterMs: state.input.fsyncMs,
      message: { type: 'etcd.synced', term, index: log.last } as Synced,
    });
  schedule(before.raft, state, event.now, effects);
  if (
    before.raft.lead === ready.raft.lead &&
    before.raft.role === ready.raft.role &&
    ready.reads.length === 0 &&
    state.reading === undefined
  )
    return { context: state, effects };
  return afterwards(before, state, ready, event, effects);
}

/** What follows from another leader, another role, or an answer for reads. */
function afterwards(before: EtcdState, after: EtcdState, ready: Ready, event: EtcdProcessEvent, effects: Effect[]): Result {
  let state = after;
  const wasLeader = before.raft.role === 'leader';
  const isLeader = state.raft.role === 'leader';
  // Leases are kept by the leader; a new one gives each its whole time again (lease/lessor.go Promote).
  if (wasLeader !== isLeader) {
    for (const [lease, { ttlSeconds }] of state.leases)
      effects.push(isLeader ? armLease(Number(lease), ttlSeconds) : disarm(`lease ${lease}`));
  }
  const { lead } = state.raft;
  const elected = lead !== undefined && lead !== before.raft.lead;
  if (elected) state = { ...state, published: true, leaderSince: event.now };
  const read = readsAnswered(state, ready.reads, elected);
  state = read.context;
  effects.push(...read.effects);
  if (elected) {
    state = transferred(state, effects);
    const proposed = proposeHeld(state, event);
    state = proposed.context;
    effects.push(...proposed.effects);
  }
  if (lead !== undefined && state.reading === undefined && state.nextReads.length > 0) {
    const asked = askForReads(state, event);
    return { context: asked.context, effects: [...effects, ...asked.effects] };
  }
  return { context: state, effects };
}

const disarm = (timer: string): Effect => ({ type: 'disarm', timer });

export const armLease = (lease: number, ttlSeconds: number): Effect =>
  arm(`lease ${lease}`, ttlSeconds * 1000, { type: 'etcd.lease-expired', lease }, true);

function sendTo(state: EtcdState, message: RaftMessage, delayMs: number, effects: Effect[]): void {
  const to = addressOf(state, message.to);
  if (to === undefined) return;
  if (message.type !== 'raft.MsgSnap') {
    effects.push({ type: 'send', to, message, delayMs });
    return;
  }
  // What is applied now is sent, and not what the log was cut with last (server.go createMergedSnapshotMessage).
  const current: RaftMessage = { ...message, snapshot: snapshotOf(state.raft, keptOf(state)) };
  effects.push({ type: 'send', to, message: current, delayMs });
  effects.push(arm(`snapshot ${message.to}`, snapshotMs, { type: 'etcd.snapshot-done', member: message.to }, true));
}

/** Sets the clock of the group. The heartbeats of a leader are chatter, an election is not. */
function schedule(before: Raft, { raft }: EtcdState, now: number, effects: Effect[]): void {
  const due = nextTick(raft);
  if (due === nextTick(before) && raft.role === before.role) return;
  effects.push(due === undefined ? disarm('raft') : arm('raft', Math.max(0, due - now), { type: 'etcd.tick' }, raft.role === 'leader'));
}

function cutLog(state: EtcdState): EtcdState {
  const { raft, input } = state;
  const { snapshotCount = defaults.snapshotCount } = input;
  if (raft.applied - raft.log.snapshot.index < snapshotCount) return state;
  const log = compactLog(raft.log, snapshotOf(raft, keptOf(state)), Math.min(defaults.catchUpEntries, snapshotCount));
  return { ...state, raft: { ...raft, log } };
}

function applyEntry(before: EtcdState, entry: Entry, delayMs: number, fresh: string | undefined, effects: Effect[]): EtcdState {
  const envelope = (entry.kind === 'conf-change' ? entry.data.context : entry.data) as Envelope | undefined;
  if (envelope === undefined) return before;
  const { operation, request, origin } = envelope;
  const { context, outcome, events } = apply(before, operation);
  if (before.input.quotaBytes !== undefined) grown(before.store, context.store, events);
  let state = context;
  const waiting = origin === state.id ? state.waiting.get(request) : undefined;
  if (waiting !== undefined) {
    state = { ...state, waiting: state.waiting.delete(request) };
    // What a member asks for itself (a lease has come to its end, an alarm) has no client.
    if (waiting.client !== '') effects.push(respond(state, waiting.client, waiting.id, outcome, delayMs));
    if (request !== fresh) effects.push(disarm(`request ${request}`));
  }
  tellWatchers(state, events, delayMs, effects);
  if (operation.op === 'lease-grant' && typeof outcome !== 'string' && outcome.op === 'lease' && state.raft.role === 'leader')
    effects.push(armLease(outcome.lease, outcome.ttlSeconds));
  if (operation.op === 'lease-revoke') effects.push(disarm(`lease ${operation.lease}`));
  if (operation.op === 'member-remove' && operation.id === state.id)
    effects.push(arm('removed', removedMs, { type: 'etcd.removed' }, false));
  return state;
}

function tellWatchers(state: EtcdState, events: readonly EtcdEvent[], delayMs: number, effects: Effect[]): void {
  if (events.length > 0) effects.push(...notify(state, events, delayMs));
}

// ── proposals ───────────────────────────────────────────────────────────────

const changes = { 'member-add': 'add-node', 'member-remove': 'remove-node', 'member-promote': 'add-node' } as const;

function proposalFor(envelope: Envelope, node: string): Proposal {
  const { operation } = envelope;
  if (operation.op !== 'member-add' && operation.op !== 'member-remove' && operation.op !== 'member-promote')
    return { kind: 'normal', data: envelope };
  const change: ConfChange['change'] = operation.op === 'member-add' && operation.learner ? 'add-learner-node' : changes[operation.op];
  return { kind: 'conf-change', data: { change, node, context: envelope } };
}

/** Asks the group to agree on an operation; the client is answered when that is applied here. */
export function submit(state: EtcdState, event: EtcdProcessEvent, waiting: Omit<Waiting, 'held' | 'since'>, node = ''): Result {
  const request = `${state.incarnation}.${String(state.nextRequest).padStart(9, '0')}`;
  const open: Waiting = { ...waiting, since: event.now, held: false };
  const asked: EtcdState = { ...state, nextRequest: state.nextRequest + 1, waiting: state.waiting.set(request, open) };
  const envelope: Envelope = { origin: state.id, request, operation: waiting.operation as Write };
  const ready = propose(asked.raft, proposalFor(envelope, node), event.now);
  const { context, effects } = settle(asked, ready, event, request);
  if (context.waiting.get(request) === undefined) return { context, effects };
  return {
    // While there is no leader, proposals wait for one.
    context: ready.dropped ? { ...context, waiting: context.waiting.set(request, { ...open, held: true }) } : context,
    effects: [...effects, armTimeout(state, request)],
  };
}

export const armTimeout = (state: EtcdState, request: string): Effect =>
  arm(`request ${request}`, requestTimeoutMs(state.input), { type: 'etcd.timeout', request }, false);

/** A leader is known: what waited for one is proposed. */
function proposeHeld(state: EtcdState, event: EtcdProcessEvent): Result {
  let context = state;
  const effects: Effect[] = [];
  for (const [request, waiting] of [...state.waiting]) {
    if (!waiting.held) continue;
    context = { ...context, waiting: context.waiting.set(request, { ...waiting, held: false }) };
    const envelope: Envelope = { origin: state.id, request, operation: waiting.operation as Write };
    const node = 'id' in waiting.operation ? waiting.operation.id : '';
    const settled = settle(context, propose(context.raft, proposalFor(envelope, node), event.now), event);
    context = settled.context;
    effects.push(...settled.effects);
  }
  return { context, effects };
}

/** Who asked for this leader is told that it leads. */
function transferred(state: EtcdState, effects: Effect[]): EtcdState {
  let { waiting } = state;
  for (const [request, { operation, client, id }] of [...waiting]) {
    if (operation.op !== 'move-leader' || operation.id !== state.raft.lead) continue;
    waiting = waiting.delete(request);
    effects.push(respond(state, client, id, { op: 'done' }, 0), disarm(`request ${request}`));
  }
  return waiting === state.waiting ? state : { ...state, waiting };
}

/** What a request is told whose time is up (v3_server.go parseProposeCtxErr). */
export function timedOut(state: EtcdState, request: string): Result {
  const waiting = state.waiting.get(request);
  if (waiting === undefined) return { context: state, effects: [] };
  const context = { ...state, waiting: state.waiting.delete(request) };
  const { client, id } = waiting;
  return { context, effects: client === '' ? [] : [respond(context, client, id, timeoutText(state, waiting), 0)] };
}

function timeoutText({ raft, leaderSince, input, unreachable }: EtcdState, { operation, since }: Waiting): string {
  if (operation.op === 'move-leader') return errors.timeoutTransfer;
  const { electionMs = defaults.electionMs } = input;
  // The leader that it may have gone to was lost at most two elections before the present one came.
  if (since > leaderSince - 2 * electionMs && since < leaderSince) return errors.timeoutLeaderFailure;
  if (raft.lead === undefined) return errors.timeout;
  const lost =
    raft.role === 'leader' ? raft.conf.voters.length - unreachable.length < raft.conf.voters.length / 2 : unreachable.includes(raft.lead);
  return lost ? errors.timeoutConnectionLost : errors.timeout;
}

export const isAlone = ({ raft }: EtcdState): boolean => raft.role === 'leader' && raft.conf.voters.length === 1;
