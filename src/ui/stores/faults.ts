import type { FaultAction } from '#session/port.ts';
import type { TextKey } from '../text/index.ts';
import { port, useSession } from './session.ts';

/** Something that a person may do to the cluster from outside. */
export interface Fault {
  readonly key: Extract<TextKey, 'stopProcess' | 'killProcess' | 'startProcess' | 'cutLink' | 'healLink' | 'addNode'>;
  readonly action: FaultAction;
}

/** Milliseconds; what links of the shapes take. */
const ordinaryLatencyMs = 0.5;

/** What can be done to a process. @param runs whether it runs now */
export function faultsOf(address: string, runs: boolean): readonly Fault[] {
  const host = address.slice(0, address.indexOf('/'));
  const control = useSession.getState().frame?.hosts.find((item) => item.role === 'control-plane')?.name;
  const processes: readonly Fault[] = runs
    ? [
        { key: 'stopProcess', action: { type: 'stop', address } },
        { key: 'killProcess', action: { type: 'kill', address } },
      ]
    : [{ key: 'startProcess', action: { type: 'start', address } }];
  return control === undefined || control === host ? processes : [...processes, ...linkFaults([host, control])];
}

function linkFaults(between: readonly [string, string]): readonly Fault[] {
  return [
    { key: 'cutLink', action: { type: 'link', between, options: { latencyMs: ordinaryLatencyMs, cut: true } } },
    { key: 'healLink', action: { type: 'link', between, options: { latencyMs: ordinaryLatencyMs } } },
  ];
}

/** Does it, and lets time go on so that its consequences are seen. */
export function send({ action }: Fault): void {
  port.send({ type: 'fault', action });
  port.send({ type: 'play' });
}
