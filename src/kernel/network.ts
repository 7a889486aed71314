import { nextRandom } from '#base/random.ts';
import type { WorldFacts } from './state.ts';
import type { Address, Millis, Packet, WorldOptions } from './types.ts';

/** Time that a connection attempt to a host that does not answer takes, in milliseconds. */
const connectTimeoutMs = 3000;
const slashCode = 47;

/** Rounds a time to the resolution of the queue, 0.001 ms. */
export function quantize(at: Millis): Millis {
  return Math.round(at * 1000) / 1000;
}

/** The key of the link between two hosts. */
export function linkKey(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

/** The host of an address. */
export function hostOf(address: Address): string {
  return address.slice(0, address.indexOf('/'));
}

/** How many slashes two addresses have in common from their beginning: 1 for one host, 2 for one operating system process. */
function sharedLevels(a: Address, b: Address): number {
  let levels = 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  for (; i < length; i++) {
    const code = a.charCodeAt(i);
    if (code !== b.charCodeAt(i)) return levels;
    if (code === slashCode && ++levels === 2) return 2;
  }
  // One address is the beginning of the other (or equal): `host/name` and `host/name/child` are of one process.
  const longer = a.length > b.length ? a : b;
  return i === longer.length || longer.charCodeAt(i) === slashCode ? levels + 1 : levels;
}

/** When a message arrives, and whether it does. Draws chance for links that lose messages. */
export function route(
  facts: WorldFacts,
  latency: WorldOptions['latency'],
  from: Address,
  to: Address,
  sentAt: Millis,
): Pick<Packet, 'arrivesAt' | 'fate'> {
  const levels = sharedLevels(from, to);
  if (levels >= 1) return { arrivesAt: quantize(sentAt + (levels >= 2 ? latency.sharedMs : latency.localMs)), fate: 'delivered' };
  const hostB = hostOf(to);
  const hostA = hostOf(from);
  const link = facts.links.size === 0 ? undefined : facts.links.get(linkKey(hostA, hostB));
  const isolated = facts.isolated.size > 0 && (facts.isolated.has(hostA) || facts.isolated.has(hostB));
  if (isolated || link?.cut === true || !facts.disks.has(hostB)) return { arrivesAt: quantize(sentAt + connectTimeoutMs), fate: 'refused' };
  let fate: Packet['fate'] = 'delivered';
  if (link?.loss !== undefined && link.loss > 0) {
    const [value, random] = nextRandom(facts.random);
    facts.random = random;
    if (value < link.loss) fate = 'lost';
  }
  const arrivesAt = sentAt + (link?.latencyMs ?? latency.remoteMs);
  return { arrivesAt: quantize(link === undefined ? arrivesAt : Math.max(arrivesAt, link.notBefore)), fate };
}
