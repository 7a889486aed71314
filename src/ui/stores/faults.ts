import type { FaultAction, LinkSummary } from '#session/port.ts';
import type { TextKey } from '../text/index.ts';
import { port } from './session.ts';

/** Something that a person may do to the cluster from outside. */
export interface Fault {
  readonly key: Extract<
    TextKey,
    'stopProcess' | 'killProcess' | 'restartProcess' | 'startProcess' | 'cutLink' | 'slowLink' | 'lossyLink' | 'healLink' | 'addNode'
  >;
  readonly action: FaultAction;
}

/** What can be done to a process. @param runs whether it runs now */
export function processFaults(address: string, runs: boolean): readonly Fault[] {
  if (!runs) return [{ key: 'startProcess', action: { type: 'start', address } }];
  return [
    { key: 'restartProcess', action: { type: 'restart', address } },
    { key: 'stopProcess', action: { type: 'stop', address } },
    { key: 'killProcess', action: { type: 'kill', address } },
  ];
}

const slowMs = 300;
const lossyShare = 0.2;

/** What can be done to the link between two hosts. @param link what is wrong with it now */
export function linkFaults(between: readonly [string, string], link: LinkSummary | undefined): readonly Fault[] {
  const faults: readonly Fault[] = [
    { key: 'cutLink', action: { type: 'link', between, options: { cut: true } } },
    { key: 'slowLink', action: { type: 'link', between, options: { latencyMs: slowMs } } },
    { key: 'lossyLink', action: { type: 'link', between, options: { loss: lossyShare } } },
  ];
  return link === undefined ? faults : [{ key: 'healLink', action: { type: 'link', between } }, ...faults];
}

/** Does it, and lets time go on so that its consequences are seen. */
export function send({ action }: Fault): void {
  port.send({ type: 'fault', action });
  port.send({ type: 'play' });
}
