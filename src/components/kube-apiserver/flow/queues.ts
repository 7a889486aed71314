import { hash32 } from '#base/random.ts';
import type { Address } from '#kernel/types.ts';
import type { Flow } from './classify.ts';

/** One request that has, or waits for, a seat. */
export interface Seated {
  readonly request: Address;
}

/** One queue of a level: those who wait, and how much of the level's service it has had. */
export interface Queue {
  readonly waiting: readonly Seated[];
  readonly served: number;
}

/** What a level is doing. */
export interface LevelState {
  /** Who has a seat; those who have ended since are struck off when it matters. */
  readonly executing: readonly Seated[];
  readonly queues: Readonly<Record<number, Queue>>;
  readonly waiting: number;
  /** The service that the queue served last had had then: an empty queue begins there. */
  readonly virtual: number;
  readonly dispatched: number;
  readonly refused: number;
}
export const idleLevel: LevelState = { executing: [], queues: {}, waiting: 0, virtual: 0, dispatched: 0, refused: 0 };

/** Shuffle sharding: the few queues that a flow may use (util/shufflesharding/dealer.go). */
export function deal(flow: Pick<Flow, 'schema' | 'distinguisher'>, queues: number, handSize: number): readonly number[] {
  let hash =
    BigInt(hash32(`${flow.schema}\u0000${flow.distinguisher}`, 0)) * 2n ** 32n +
    BigInt(hash32(`${flow.distinguisher}\u0000${flow.schema}`, 1));
  const remainders: number[] = [];
  for (let index = 0; index < handSize; index++) {
    const size = BigInt(queues - index);
    remainders.push(Number(hash % size));
    hash /= size;
  }
  return remainders.map((first, index) => {
    let card = first;
    for (let before = index - 1; before >= 0; before--) if (card >= remainders[before]!) card++;
    return card;
  });
}

export type Admission = { readonly how: 'seat' | 'wait' | 'refuse'; readonly level: LevelState };

/** Whether a request has a seat at once, waits, or is refused (fairqueuing/queueset). */
export function admit(state: LevelState, flow: Flow, request: Address, runs: (address: Address) => boolean): Admission {
  const { seats = Infinity, queuing } = flow.level;
  const seated = (level: LevelState): Admission => ({ how: 'seat', level: { ...level, executing: [...level.executing, { request }] } });
  if (state.executing.length < seats && state.waiting === 0) return seated(state);
  const level = { ...state, executing: state.executing.filter((item) => runs(item.request)) };
  if (level.executing.length < seats && level.waiting === 0) return seated(level);
  const refused: Admission = { how: 'refuse', level: { ...level, refused: level.refused + 1 } };
  if (queuing === undefined) return refused;
  const hand = deal(flow, queuing.queues, queuing.handSize);
  const lengthOf = (index: number): number => level.queues[index]?.waiting.length ?? 0;
  const chosen = hand.reduce((best, index) => (lengthOf(index) < lengthOf(best) ? index : best), hand[0]!);
  if (lengthOf(chosen) >= queuing.lengthLimit) return refused;
  const before = level.queues[chosen];
  const queue: Queue = { waiting: [...(before?.waiting ?? []), { request }], served: before?.served ?? level.virtual };
  return { how: 'wait', level: { ...level, queues: { ...level.queues, [chosen]: queue }, waiting: level.waiting + 1 } };
}

/** Gives free seats to those who wait: first to the queue that has had least. */
export function dispatch(
  state: LevelState,
  seats: number,
  runs: (address: Address) => boolean,
): { readonly level: LevelState; readonly begun: readonly Address[] } {
  let level: LevelState = { ...state, executing: state.executing.filter((item) => runs(item.request)) };
  const begun: Address[] = [];
  while (level.waiting > 0 && level.executing.length < seats) {
    const [index, queue] = Object.entries(level.queues).reduce((best, next) => (next[1].served < best[1].served ? next : best));
    const [first, ...rest] = queue.waiting;
    const { [Number(index)]: _served, ...others } = level.queues;
    const queues = rest.length === 0 ? others : { ...others, [index]: { waiting: rest, served: queue.served + 1 } };
    level = { ...level, queues, waiting: level.waiting - 1, virtual: queue.served };
    if (!runs(first!.request)) continue;
    level = { ...level, executing: [...level.executing, first!], dispatched: level.dispatched + 1 };
    begun.push(first!.request);
  }
  return { level, begun };
}

/** Somebody gives up waiting. */
export function leave(state: LevelState, request: Address): LevelState {
  const queues: Record<number, Queue> = {};
  let left = 0;
  for (const [index, queue] of Object.entries(state.queues)) {
    const waiting = queue.waiting.filter((item) => item.request !== request);
    left += queue.waiting.length - waiting.length;
    if (waiting.length > 0) queues[Number(index)] = { ...queue, waiting };
  }
  return { ...state, queues, waiting: state.waiting - left, refused: state.refused + left };
}
