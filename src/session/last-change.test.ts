import { expect, it } from 'vitest';
import { Session } from './session.ts';

it('the last change of a state is found from any position, also long ago', () => {
  const session = new Session({ shape: 'minikube', seed: 7 });
  session.pass(30_000);
  session.send({ type: 'inspect', target: { type: 'process', address: 'minikube/kube-scheduler' } });
  const last = (): string | undefined => {
    const { inspected } = session.frame();
    const change = inspected?.type === 'process' ? inspected.lastChange : undefined;
    return change === undefined ? undefined : `${change.before} → ${change.after}`;
  };
  expect(last()).toBe('candidate → scheduling');
  session.pass(300_000);
  expect(last()).toBe('candidate → scheduling');
  const { inspected } = session.frame();
  const { seq } = (inspected as { readonly lastChange: { readonly seq: number } }).lastChange;
  session.send({ type: 'seek', to: { seq: seq - 1 } });
  expect(last()).toBeUndefined();
  session.send({ type: 'seek', to: 'head' });
  expect(last()).toBe('candidate → scheduling');
});
