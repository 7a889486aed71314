import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '#protocol/rest.ts';
import type { ClientConfig } from './client.ts';
import { electionAnswer, electionTick, newElection, type ElectionState } from './leader-election.ts';

const client: ClientConfig = { server: 'x', credential: { type: 'none' }, userAgent: 'x' };
const answer = (state: ElectionState, status: number, spec: object = {}): HttpResponse => ({
  type: 'http.response',
  id: `election ${state.request}`,
  status,
  contentType: '',
  body: { metadata: { name: 'x', resourceVersion: '1' }, spec } as never,
});
const methods = (effects: readonly { readonly type: string }[]): readonly string[] =>
  effects
    .filter((effect) => effect.type === 'send')
    .map((effect) => (effect as unknown as { readonly message: { readonly method: string } }).message.method);

describe('leader election', () => {
  it('takes a lease over only when it has not seen it renewed for 15 s, and counts the transition', () => {
    const held = { holderIdentity: 'other', renewTime: 'a', leaseTransitions: 3 };
    let state = electionTick(newElection('x', 'host', 1), client, 100_000).state;
    state = electionAnswer(state, answer(state, 200, held), client, 100_000).state;
    state = electionTick(state, client, 114_000).state;
    const early = electionAnswer(state, answer(state, 200, held), client, 114_000);
    expect(methods(early.effects)).toEqual([]);
    state = electionTick(early.state, client, 115_000).state;
    const late = electionAnswer(state, answer(state, 200, held), client, 115_000);
    expect(methods(late.effects)).toEqual(['PUT']);
    expect(JSON.stringify(late.effects)).toContain('"leaseTransitions":4');
  });

  it('reads the lease again after a conflict and gives up after 10 s without a renewal', () => {
    let state = electionTick(newElection('x', 'host', 1), client, 0).state;
    const own = { holderIdentity: state.identity, renewTime: 'a' };
    const acquired = electionAnswer(state, answer(state, 200, own), client, 0);
    expect(acquired.outcome).toBe('acquired');
    state = electionTick(acquired.state, client, 2_000).state;
    state = electionAnswer(state, answer(state, 409), client, 2_000).state;
    expect(state.leading).toBe(true);
    expect(methods(electionTick(state, client, 4_000).effects)).toEqual(['GET']);
    expect(electionTick(state, client, 10_001).outcome).toBe('lost');
  });

  it('has another identity after a restart', () => {
    expect(newElection('x', 'host', 1).identity).not.toBe(newElection('x', 'host', 2).identity);
  });
});
