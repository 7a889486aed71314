import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { step as perform } from '#kernel/step.ts';
import type { Effect, StartMessage } from '#kernel/types.ts';
import type { RaftMessage } from '#protocol/raft.ts';
import { dataPath, keptOf, settle, submit, timedOut, type Disk } from './group.ts';
import { persisted, step, tick, unreachable } from './raft/raft.ts';
import { bootstrap, createRaft, isLearner, joining, nextTick, type Raft, type Role } from './raft/state.ts';
import { retryReads } from './reads.ts';
import { forwarded, leaseExpired, request } from './serving.ts';
import {
  addressOf,
  arm,
  defaults,
  initialState,
  memberId,
  memberOf,
  peerUrlOf,
  type EtcdInput,
  type EtcdProcessEvent,
  type EtcdState,
  type Result,
  type Synced,
} from './state.ts';
import { dropWatches, watch } from './watching.ts';

/** A member that is alone need not wait for anybody (server.go adjustTicks). */
const aloneMs = 50;

function start(state: EtcdState, event: EtcdProcessEvent): Result {
  const { input, seed, incarnation } = event.message as StartMessage<EtcdInput>;
  const { name, ip = name, heartbeatMs = defaults.heartbeatMs, electionMs = defaults.electionMs } = input;
  const id = memberId(peerUrlOf(ip));
  const group = (input.members ?? [{ name, address: event.self, ip }]).map((member) => memberOf(member));
  const unknown = input.initialClusterState === 'existing';
  const fresh: EtcdState = {
    ...state,
    input,
    name,
    id,
    incarnation,
    unknown,
    members: SortedMap.from(group.map((member) => [member.id, member])),
  };
  const disk = event.disk.get(dataPath) as Disk | undefined;
  const found: EtcdState = disk === undefined ? fresh : { ...fresh, ...disk.kept };
  const ids = group.map((member) => member.id);
  const stored = disk?.stored ?? (unknown ? joining() : bootstrap(ids, keptOf(fresh)));
  const made = createRaft(stored, { id, seed, timing: { heartbeatMs, electionMs }, now: event.now });
  const alone = stored.conf.voters.length === 1 && stored.conf.voters[0] === id;
  const raft = alone ? { ...made, timeoutMs: aloneMs } : made;
  const due = nextTick(raft);
  const effects: Effect[] = due === undefined ? [] : [arm('raft', due - event.now, { type: 'etcd.tick' }, false)];
  return { context: { ...found, raft }, effects };
}

/** The group's time does not go back, whatever the clock of the host does. */
function steady(raft: Raft, now: number): Raft {
  if (now >= raft.electionFrom) return raft;
  return { ...raft, electionFrom: now, heartbeatAt: Math.min(raft.heartbeatAt, now + raft.timing.heartbeatMs) };
}

const nothing = (context: EtcdState): Result => ({ context, effects: [] });

/** A message of another member. Who was removed is told so. */
function heard(state: EtcdState, event: EtcdProcessEvent): Result {
  const message = event.message as RaftMessage;
  const { from } = message;
  if (state.removed.includes(from))
    return { context: state, effects: [{ type: 'send', to: event.from, message: { type: 'etcd.removed' } }] };
  const reached = state.unreachable.includes(from) ? { ...state, unreachable: state.unreachable.filter((id) => id !== from) } : state;
  return makeKnown(settle(reached, step(steady(state.raft, event.now), message, event.now), event), event);
}

/** A member that has joined a group tells it its name as soon as it is told of the group. */
function makeKnown(result: Result, event: EtcdProcessEvent): Result {
  const { unknown, raft, members, id, name } = result.context;
  if (!unknown || raft.lead === undefined || members.get(id)?.started !== false) return result;
  const operation = { op: 'member-publish', id, name } as const;
  const { context, effects } = submit({ ...result.context, unknown: false }, event, { client: '', id: '', operation });
  return { context, effects: [...result.effects, ...effects] };
}

/** Something could not be delivered: a member is not there, or a client. */
function undeliverable(state: EtcdState, event: EtcdProcessEvent): Result {
  if (event.message.type !== 'message.undeliverable') return nothing(state);
  const { to, message } = event.message;
  if (!message.type.startsWith('raft.')) return nothing(dropWatches(state, (watcher) => watcher.client === to));
  const id = (message as RaftMessage).to;
  const missed = state.unreachable.includes(id) ? state : { ...state, unreachable: [...state.unreachable, id] };
  return settle(missed, unreachable(state.raft, id, event.now), event);
}

function timePassed(state: EtcdState, event: EtcdProcessEvent): Result {
  const raft = steady(state.raft, event.now);
  return settle(state, tick(raft, Math.max(event.now, nextTick(state.raft) ?? event.now)), event);
}

function serve(state: EtcdState, event: EtcdProcessEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'etcd.request':
      return request(state, event);
    case 'etcd.response':
      return forwarded(state, event);
    case 'etcd.watch-create':
      return watch(state, event);
    case 'etcd.watch-cancel':
      return nothing(dropWatches(state, (watcher) => watcher.client === event.from && watcher.watch === message.watch));
    case 'peer.closed':
      return nothing(dropWatches(state, (watcher) => watcher.client === message.address));
    case 'etcd.timeout':
      return timedOut(state, message.request);
    case 'etcd.read-retry':
      return retryReads(state, event);
    case 'etcd.lease-expired':
      return leaseExpired(state, event, message.lease);
    case 'etcd.snapshot-done':
      return addressOf(state, message.member) === undefined
        ? nothing(state)
        : settle(state, unreachable(state.raft, message.member, event.now), event);
    default:
      return nothing(state);
  }
}

function synced(state: EtcdState, event: EtcdProcessEvent): Result {
  const { term, index } = event.message as Synced;
  return settle(state, persisted(state.raft, term, index, event.now), event);
}

/** The role of a member in the group, as its state is called. */
const roleOf = ({ raft }: EtcdState): Role | 'learner' => (raft.role === 'follower' && isLearner(raft) ? 'learner' : raft.role);

const serving = { actions: perform<EtcdState, EtcdProcessEvent>(serve) };
const is =
  (role: Role | 'learner') =>
  ({ context }: { readonly context: EtcdState }): boolean =>
    roleOf(context) === role;
const follow = { guard: is('follower'), target: 'follower' } as const;
const learn = { guard: is('learner'), target: 'learner' } as const;
const stand = { guard: is('pre-candidate'), target: 'pre-candidate' } as const;
const campaign = { guard: is('candidate'), target: 'candidate' } as const;
const lead = { guard: is('leader'), target: 'leader' } as const;

/**
 * One etcd member. Its states are the roles of the group (etcd-io/raft StateType); a member that is alone is a group of one.
 * Which role follows is decided by the step of the group (`raft/`), and when it is taken by this machine.
 */
export const etcdMachine = setup({
  types: { context: {} as EtcdState, events: {} as EtcdProcessEvent, emitted: {} as Effect },
}).createMachine({
  id: 'etcd',
  context: initialState,
  initial: 'starting',
  on: {
    'etcd.request': serving,
    'etcd.response': serving,
    'etcd.watch-create': serving,
    'etcd.watch-cancel': serving,
    'etcd.timeout': serving,
    'etcd.read-retry': serving,
    'etcd.tick': { actions: perform(timePassed) },
    'raft.*': { actions: perform(heard) },
    'peer.closed': serving,
    'message.undeliverable': { actions: perform(undeliverable) },
    'etcd.removed': '.stopped',
    'process.terminate': '.stopped',
  },
  states: {
    starting: { on: { 'process.start': { target: 'follower', actions: perform(start) } } },
    follower: { always: [lead, learn, stand, campaign] },
    learner: { always: [follow, lead, stand, campaign] },
    'pre-candidate': { always: [lead, campaign, follow, learn] },
    candidate: { always: [lead, follow, stand, learn] },
    leader: {
      on: {
        'etcd.synced': { actions: perform(synced) },
        'etcd.snapshot-done': serving,
        'etcd.lease-expired': serving,
      },
      always: [follow, learn],
    },
    stopped: { type: 'final' },
  },
});
