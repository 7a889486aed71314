import type { FaultAction, Frame } from '#session/port.ts';
import type { TextKey } from '../text/index.ts';
import { port } from './session.ts';

/** Something that a person may do to the cluster from outside. */
export interface Fault {
  readonly key: Extract<TextKey, 'stopProcess' | 'killProcess' | 'restartProcess' | 'startProcess' | 'cutLink' | 'healLink' | 'addNode'>;
  /** The other end, where it is about a link. */
  readonly to?: string | undefined;
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

/** What can be done to the links of a host: each is cut, or healed where it is. */
export function linkFaults(host: string, { hosts, links }: Pick<Frame, 'hosts' | 'links'>): readonly Fault[] {
  return hosts
    .filter(({ name }) => name !== host)
    .map(({ name }) => {
      const cut = links.some((link) => link.cut && [link.a, link.b].includes(host) && [link.a, link.b].includes(name));
      const between = [host, name] as const;
      return cut
        ? { key: 'healLink', to: name, action: { type: 'link', between } }
        : { key: 'cutLink', to: name, action: { type: 'link', between, options: { cut: true } } };
    });
}

/** Does it, and lets time go on so that its consequences are seen. */
export function send({ action }: Fault): void {
  port.send({ type: 'fault', action });
  port.send({ type: 'play' });
}
