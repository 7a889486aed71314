import { hostOf, linkKey } from './network.ts';
import type { WorldFacts } from './state.ts';
import type { Address, Effect, Message, Millis, Origin } from './types.ts';
import type { World } from './world.ts';

/** What is wrong with the disk of a process. */
export interface DiskFault {
  /** Each write takes so much longer: what the process says after it, it says later. Milliseconds. */
  readonly delayMs?: number | undefined;
  /** Nothing can be written: a process that has to write ends. */
  readonly full?: boolean | undefined;
}

/** A process of the operating system: the address without its parts. */
function programOf(address: Address): Address {
  const second = address.indexOf('/', address.indexOf('/') + 1);
  return second < 0 ? address : address.slice(0, second);
}

/** The time that a process believes it is. */
export function clockOf(facts: WorldFacts, address: Address): Millis {
  return facts.clocks.size === 0 ? facts.now : facts.now + (facts.clocks.get(programOf(address)) ?? 0);
}

const writes = (effect: Effect): boolean => effect.type === 'write-file' || effect.type === 'remove-file';

/** What the disk makes of a step: how much later its messages leave; `full` where it cannot be taken at all. */
export function diskDelay(facts: WorldFacts, address: Address, effects: readonly Effect[]): number | 'full' {
  if (facts.devices.size === 0) return 0;
  const fault = facts.devices.get(programOf(address));
  if (fault === undefined || !effects.some(writes)) return 0;
  return fault.full === true ? 'full' : (fault.delayMs ?? 0);
}

/** An effect that leaves later. */
export const later = (effect: Effect, byMs: number): Effect =>
  effect.type === 'send' ? { ...effect, delayMs: (effect.delayMs ?? 0) + byMs } : effect;

/** Cuts a host off from all others, those included that are still to come, or joins it to them again. */
export function isolate(world: World, host: string, isolated: boolean, origin: Origin): void {
  const { facts } = world;
  if (!facts.disks.has(host)) return world.note('ignored', { reason: `there is no host ${host}` });
  facts.isolated = isolated ? facts.isolated.set(host, true) : facts.isolated.delete(host);
  if (isolated) return;
  for (const other of facts.disks.keys()) {
    if (other !== host && !isCut(facts, host, other)) resetConnections(world, linkKey(host, other), origin);
  }
}

/** Whether nothing passes between two hosts. */
export function isCut(facts: WorldFacts, a: string, b: string): boolean {
  if (facts.isolated.size > 0 && (facts.isolated.has(a) || facts.isolated.has(b))) return true;
  return facts.links.size > 0 && facts.links.get(linkKey(a, b))?.cut === true;
}

/** What was open across a cut link is found closed when packets pass again: the other side answers the first with a reset. */
export function resetConnections(world: World, key: string, origin: Origin): void {
  for (const monitor of [...world.facts.monitors.keys()]) {
    const [target = '', watcher = ''] = monitor.split('|');
    if (linkKey(hostOf(target), hostOf(watcher)) !== key) continue;
    world.facts.monitors = world.facts.monitors.delete(monitor);
    world.send(target, watcher, { type: 'peer.closed', address: target } as Message, origin, 0);
  }
}
