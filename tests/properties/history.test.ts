import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { nextInteger, type RandomState } from '#base/random.ts';
import { createHistory, type History } from '#kernel/history.ts';
import { step } from '#kernel/step.ts';
import type { Effect, EventOf, Message, StartMessage, WorldOptions } from '#kernel/types.ts';

/** A world of gossiping processes: each message goes on to somebody by chance, timers tick, children come and go. */
interface Gossip extends Message {
  readonly type: 'gossip';
  readonly hops: number;
}
interface Tick extends Message {
  readonly type: 'tick';
}
interface GossipState {
  readonly random: RandomState;
  readonly heard: number;
  readonly peers: readonly string[];
}
type GossipEvent = EventOf<StartMessage<{ readonly peers: readonly string[] }> | Gossip | Tick>;

function handle(state: GossipState, event: GossipEvent): { readonly context: GossipState; readonly effects: readonly Effect[] } {
  const { message } = event;
  if (message.type === 'process.start') {
    const context = { ...state, random: message.seed as RandomState, peers: message.input.peers };
    const tick: Message = { type: 'tick' };
    return { context, effects: [{ type: 'arm', timer: 'tick', afterMs: 5, message: tick, chatter: true }] };
  }
  const [index, random] = nextInteger(state.random, state.peers.length);
  const to = state.peers[index]!;
  if (message.type === 'tick') {
    const tick: Message = { type: 'tick' };
    const hello: Gossip = { type: 'gossip', hops: 3 };
    return {
      context: { ...state, random },
      effects: [
        { type: 'send', to, message: hello },
        { type: 'arm', timer: 'tick', afterMs: 7, message: tick },
        { type: 'write-file', path: '/heard', content: state.heard },
      ],
    };
  }
  const onward: Gossip = { type: 'gossip', hops: message.hops - 1 };
  return {
    context: { ...state, random, heard: state.heard + 1 },
    effects: message.hops > 0 ? [{ type: 'send', to, message: onward }] : [],
  };
}

const act = step<GossipState, GossipEvent>(handle);
const gossiper = setup({ types: { context: {} as GossipState, events: {} as GossipEvent, emitted: {} as Effect } }).createMachine({
  id: 'gossiper',
  context: { random: 0 as RandomState, heard: 0, peers: [] },
  initial: 'quiet',
  states: {
    quiet: { on: { 'process.start': { actions: act }, tick: { actions: act }, gossip: { target: 'talking', actions: act } } },
    talking: { after: { 2: 'quiet' }, on: { tick: { actions: act }, gossip: { actions: act } } },
  },
});

const peers = ['a/x', 'a/y', 'b/x', 'c/x'];
const options: WorldOptions = {
  seed: 7,
  epochMs: 1000,
  hosts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
  definitions: [{ name: 'gossiper', machine: gossiper }],
  processes: peers.map((address) => ({ address, definition: 'gossiper', input: { peers } })),
  latency: { localMs: 0.1, remoteMs: 1, sharedMs: 0 },
  links: [{ between: ['a', 'b'], latencyMs: 2, loss: 0.2 }],
};

const snapshot = (history: History): string =>
  JSON.stringify({
    now: history.world.now,
    seq: history.world.seq,
    processes: [...history.world.processes()].map(({ address, value, context }) => ({ address, value, context })),
  });

/** What the world is after `count` events, simulated from the beginning with the same inputs. */
function fromScratch(history: History, count: number): string {
  const other = createHistory(options);
  for (const item of history.inputs()) {
    if (item.seq > count) break;
    other.replay([item]);
  }
  other.advance({ maxEvents: count - other.world.seq });
  return JSON.stringify([...other.world.processes()].map(({ address, value, context }) => ({ address, value, context })));
}

const action = fc.oneof(
  fc.record({ type: fc.constant('advance' as const), count: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ type: fc.constant('seek' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ type: fc.constant('time' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ type: fc.constant('back' as const) }),
  fc.record({ type: fc.constant('stop' as const), index: fc.nat(3) }),
  fc.record({ type: fc.constant('start' as const), index: fc.nat(3) }),
);

describe('history', () => {
  it('shows at any moment what a run from the beginning shows', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 25 }), (actions) => {
        let history = createHistory(options, { frameEvery: 16, keepChunks: 4, freeze: true, strict: true });
        for (const item of actions) {
          const { head } = history;
          if (item.type === 'advance') history.advance({ maxEvents: item.count });
          else if (item.type === 'seek') history.seek({ seq: Math.round(head.seq * item.share) });
          else if (item.type === 'time') history.seek({ time: options.epochMs + (head.time - options.epochMs) * item.share });
          else if (item.type === 'back') history.stepBack();
          else if (item.type === 'stop') history = history.input({ type: 'fault.stop', address: peers[item.index]!, kill: true });
          else history = history.input({ type: 'fault.start', address: peers[item.index]! });
        }
        const { seq } = history.world;
        const here = JSON.stringify([...history.world.processes()].map(({ address, value, context }) => ({ address, value, context })));
        expect(here).toBe(fromScratch(history, seq));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same hash for the same inputs, whatever was looked at in between', () => {
    const straight = createHistory(options, { frameEvery: 32 });
    straight.advance({ maxEvents: 300 });
    straight.input({ type: 'fault.stop', address: 'b/x', kill: true });
    straight.advance({ maxEvents: 300 });
    const wandering = createHistory(options, { frameEvery: 8, keepChunks: 2 });
    wandering.advance({ maxEvents: 150 });
    wandering.seek({ seq: 20 });
    wandering.seek({ seq: 150 });
    wandering.replay(straight.inputs());
    wandering.advance({ maxEvents: 300 });
    expect(wandering.hash).toBe(straight.hash);
    expect(wandering.head).toEqual(straight.head);
  });

  it('leaves a run alone when another is forked off it', () => {
    const history = createHistory(options, { frameEvery: 16 });
    history.advance({ maxEvents: 400 });
    const before = snapshot(history);
    history.seek({ seq: 200 });
    const other = history.input({ type: 'fault.stop', address: 'a/x', kill: true });
    other.advance({ maxEvents: 500 });
    history.seek({ seq: 400 });
    expect(other).not.toBe(history);
    expect(snapshot(history)).toBe(before);
    expect(other.world.process('a/x')).toBeUndefined();
    expect(other.entry(150)).toEqual(history.entry(150));
  });

  it('recovers journal entries and packets that are no longer kept', () => {
    const kept = createHistory(options, { frameEvery: 16 });
    const dropped = createHistory(options, { frameEvery: 16, keepChunks: 2 });
    kept.advance({ maxEvents: 500 });
    dropped.advance({ maxEvents: 500 });
    for (const seq of [1, 17, 40, 333, 499]) expect(dropped.entry(seq)).toEqual(kept.entry(seq));
    for (const id of [1, 50, 200]) expect(dropped.packet(id)).toEqual(kept.packet(id));
    expect(dropped.causes(400)).toEqual(kept.causes(400));
  });
});
