import '#cluster/late.ts';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { SessionCommand } from '#session/port.ts';

/** What a run is compared by. */
export interface Fingerprint {
  readonly seq: number;
  readonly hash: string;
}

/** Typed at the very start, so that both runs get it at the same moment; the cluster boots meanwhile. */
export const commands: readonly SessionCommand[] = [
  { type: 'open', cluster: { shape: 'oracle', seed: 42 } },
  {
    type: 'terminal.line',
    terminal: 'admin/terminal',
    line: 'sleep 20; kubectl create deployment web --image=nginx --replicas=3; kubectl rollout status deployment/web',
  },
  { type: 'pause' },
];
/** Virtual milliseconds. */
export const runMs = 60_000;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { Session } = await import('#session/session.ts');
  const session = new Session({ shape: 'minikube', seed: 1 });
  for (const command of commands) session.send(command);
  session.send({ type: 'run-until', condition: { type: 'time', at: session.world.now + runMs } });
  while (session.busy) session.tick(0, 10_000);
  process.stdout.write(JSON.stringify(session.answer({ type: 'hash' })));
}
