import { describe, expect, it } from 'vitest';
import { Session } from './session.ts';

const saved = (): { branches: { inputs: { seq: number }[] }[]; cluster: { shape: string } } => {
  const session = new Session({ shape: 'minikube', seed: 7 });
  session.pass(3_000);
  session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'echo hello' });
  session.pass(1_000);
  return JSON.parse(JSON.stringify(session.answer({ type: 'save' })));
};

/** What is told of a saved session, and the run afterwards. */
function restored(value: unknown): { readonly codes: readonly string[]; readonly seq: number } {
  const session = new Session({ shape: 'minikube', seed: 1 });
  session.pass(1_000);
  const codes: string[] = [];
  session.onProblem(({ code }) => codes.push(code));
  session.send({ type: 'restore', saved: value });
  return { codes, seq: session.frame().seq };
}

describe('a saved session that cannot be taken up', () => {
  const untouched = restored(undefined).seq;

  it('of an unknown shape is a problem of the saved text, and changes nothing', () => {
    const value = saved();
    value.cluster.shape = 'kubernetes-in-a-box';
    expect(restored(value)).toEqual({ codes: ['save.malformed'], seq: untouched });
  });

  it.each([
    ['no address', { type: 'fault.stop', address: 5 }],
    ['no such program', { type: 'start-process', address: 'bob/terminal', definition: 'mallory', input: {} }],
    ['no pair of hosts', { type: 'fault.link', between: 'alice' }],
    ['no share', { type: 'fault.link', between: ['alice', 'minikube'], options: { loss: 7 } }],
    ['no processes', { type: 'add-host', host: { name: 'bob' } }],
    ['no message', { type: 'message', to: 'alice/terminal' }],
    ['no such input', { type: 'format-disk' }],
  ])('with an input that has %s is a problem of the saved text, and changes nothing', (_, input) => {
    const value = saved();
    Object.assign(value.branches[0]!.inputs[0]!, { input });
    expect(restored(value)).toEqual({ codes: ['save.malformed'], seq: untouched });
  });

  it('with inputs of another run is a problem of the saved text, and changes nothing', () => {
    const value = saved();
    value.branches[0]!.inputs[0]!.seq = 10_000_000;
    expect(restored(value)).toEqual({ codes: ['save.malformed'], seq: untouched });
  });
});
