import type { FaultAction, FaultSummary, LinkSummary } from '#session/port.ts';
import type { TextKey } from '../text/index.ts';
import { chooseFile } from '../widgets/choose-file.ts';
import { port } from './session.ts';

/** Something that a person may do to the cluster from outside. */
export interface Fault {
  readonly key: TextKey;
  readonly values?: Readonly<Record<string, string>>;
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

const inForce = (faults: readonly FaultSummary[], subject: string, ...types: readonly FaultSummary['type'][]): boolean =>
  faults.some((fault) => fault.subject === subject && types.includes(fault.type));

/** What can be done to a host as a whole. */
export function hostFaults(host: string, faults: readonly FaultSummary[]): readonly Fault[] {
  const isolated = inForce(faults, host, 'isolated');
  return [{ key: isolated ? 'rejoinHost' : 'isolateHost', values: { host }, action: { type: 'isolate', host, isolated: !isolated } }];
}

const slowDiskMs = 500;
const skewMs = 60_000;

/** What can be done to the disk of a process that keeps something on it. */
export function diskFaults(address: string, faults: readonly FaultSummary[]): readonly Fault[] {
  const mend: Fault = { key: 'mendDisk', action: { type: 'disk', address } };
  return [
    ...(inForce(faults, address, 'slow-disk', 'full-disk') ? [mend] : []),
    { key: 'slowDisk', action: { type: 'disk', address, fault: { delayMs: slowDiskMs } } },
    { key: 'fillDisk', action: { type: 'disk', address, fault: { full: true } } },
  ];
}

/** What can be done to the clock of a process. */
export function clockFaults(address: string, faults: readonly FaultSummary[]): readonly Fault[] {
  const right: Fault = { key: 'setClock', action: { type: 'clock', address, offsetMs: 0 } };
  return [
    ...(inForce(faults, address, 'clock') ? [right] : []),
    { key: 'clockAhead', action: { type: 'clock', address, offsetMs: skewMs } },
    { key: 'clockBehind', action: { type: 'clock', address, offsetMs: -skewMs } },
  ];
}

/** Does it, and lets time go on so that its consequences are seen. */
export function send({ action }: Fault): void {
  port.send({ type: 'fault', action });
  port.send({ type: 'play' });
}

/** Lets a person choose a file with a schedule of faults, and begins it. */
export function chooseSchedule(): void {
  chooseFile('.json,application/json', (text) => {
    port.send({ type: 'schedule', schedule: parsed(text) });
    port.send({ type: 'play' });
  });
}

/** Text that is no JSON is no schedule either: the session says so. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
