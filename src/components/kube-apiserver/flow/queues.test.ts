import { describe, expect, it } from 'vitest';
import type { Flow } from './classify.ts';
import { admit, dispatch, idleLevel, leave, type LevelState } from './queues.ts';

const queuing = { queues: 8, handSize: 1, lengthLimit: 3 };
const flow = (distinguisher: string, seats: number, queues: Flow['level']['queuing'] = queuing): Flow => ({
  schema: 's',
  level: { name: 'l', seats, queuing: queues },
  distinguisher,
  headers: {},
});

/** A level, those of its requests that run, and what became of each that came. */
function level(seats: number, queues?: Flow['level']['queuing']) {
  let state: LevelState = idleLevel;
  const running = new Set<string>();
  return {
    come(request: string, user = 'jane'): string {
      running.add(request);
      const { how, level: next } = admit(state, flow(user, seats, queues), request, (address) => running.has(address));
      state = next;
      if (how === 'refuse') running.delete(request);
      return how;
    },
    end(request: string): readonly string[] {
      running.delete(request);
      const result = dispatch(leave(state, request), seats, (address) => running.has(address));
      state = result.level;
      return result.begun;
    },
    forget: (request: string) => running.delete(request),
    state: () => state,
  };
}

describe('seats of a priority level', () => {
  it('are given until there are none, and those of requests that ended unheard are found again', () => {
    const { come, forget } = level(2);
    expect([come('a'), come('b')]).toEqual(['seat', 'seat']);
    forget('a');
    expect([come('c'), come('d')]).toEqual(['seat', 'wait']);
  });

  it('are refused when a queue is full', () => {
    const { come, state } = level(1);
    come('a');
    expect(['b', 'c', 'd', 'e'].map((name) => come(name))).toEqual(['wait', 'wait', 'wait', 'refuse']);
    expect(state()).toMatchObject({ waiting: 3, refused: 1 });
  });

  it('go to the flow that has had least: one that sends much does not starve another', () => {
    const { come, end } = level(1);
    come('first', 'noisy');
    for (const name of ['n1', 'n2', 'n3']) come(name, 'noisy');
    come('q1', 'quiet');
    const order: string[] = [];
    let last = 'first';
    for (let step = 0; step < 4; step++) {
      const [next = ''] = end(last);
      order.push(next);
      last = next;
    }
    expect(order.indexOf('q1')).toBeLessThanOrEqual(1);
    expect([...order].sort()).toEqual(['n1', 'n2', 'n3', 'q1']);
  });

  it('pass over who has left', () => {
    const { come, end, forget } = level(1);
    come('a');
    come('b');
    come('c');
    forget('b');
    expect(end('a')).toEqual(['c']);
  });
});
