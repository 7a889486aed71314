import { SortedMap } from '#base/sorted-map.ts';
import type { Input, LinkOptions, Message, Origin } from './types.ts';
import { isCut, isolate, resetConnections } from './faults.ts';
import { hostOf, linkKey } from './network.ts';
import type { World } from './world.ts';

/** Applies an input to the world. Inputs that make no sense at the moment (nobody runs there) leave a note and change nothing. */
export function applyInput(world: World, input: Input, origin: Origin): void {
  switch (input.type) {
    case 'message': {
      const record = world.record(input.to);
      if (record === undefined) return world.note('ignored', { reason: `nothing runs at ${input.to}` });
      return world.deliver(record, 'kernel', input.message, origin);
    }
    case 'fault.stop':
      return world.stop(input.address, input.kill, origin);
    case 'fault.start':
      return startAgain(world, input.address, origin);
    case 'fault.restart':
      world.stop(input.address, true, origin);
      return startAgain(world, input.address, origin);
    case 'fault.link':
      return setLink(world, input.between, input.options, origin);
    case 'fault.drop':
      world.facts.dropped = world.facts.dropped.set(String(input.messageId), true);
      return;
    case 'fault.isolate':
      return isolate(world, input.host, input.isolated, origin);
    case 'fault.disk':
      world.facts.devices = set(world.facts.devices, input.address, input.fault);
      return;
    case 'fault.clock':
      world.facts.clocks = set(world.facts.clocks, input.address, input.offsetMs === 0 ? undefined : input.offsetMs);
      return;
    case 'schedule':
      for (const step of input.steps) world.push({ at: world.now + step.afterMs, order: 0, kind: 'input', input: step.input });
      return;
    case 'file':
      return writeFile(world, input.host, input.path, input.content, origin);
    case 'start-process': {
      const { address, definition, input: start, quiet = false } = input;
      if (!world.facts.disks.has(hostOf(address))) return world.note('ignored', { reason: `there is no host ${hostOf(address)}` });
      if (quiet) world.facts.quiet = world.facts.quiet.set(String(origin.story), true);
      world.push({
        at: world.now,
        order: 0,
        kind: 'start',
        start: { address, definition, input: start, parent: undefined },
        cause: quiet ? { ...origin, chatter: true } : origin,
      });
      return;
    }
    case 'add-host': {
      const { host, processes } = input;
      if (world.facts.disks.has(host.name)) return world.note('ignored', { reason: `there is a host ${host.name} already` });
      world.facts.disks = world.facts.disks.set(host.name, SortedMap.from(Object.entries(host.disk ?? {})));
      for (const { address, definition, input: start, atMs = 0 } of processes) {
        world.push({
          at: world.now + atMs,
          order: 0,
          kind: 'start',
          start: { address, definition, input: start, parent: undefined },
          cause: origin,
        });
      }
    }
  }
}

const set = <T>(map: SortedMap<T>, key: string, value: T | undefined): SortedMap<T> =>
  value === undefined ? map.delete(key) : map.set(key, value);

/** Overrides a link, or takes the override away; what is under way on it is not overtaken either way. */
function setLink(world: World, between: readonly [string, string], options: LinkOptions | undefined, origin: Origin): void {
  const key = linkKey(...between);
  const wasCut = world.facts.links.get(key)?.cut === true;
  const { between: _, ...ordinary } = world.options.links?.find((link) => linkKey(...link.between) === key) ?? { between };
  world.facts.links = world.facts.links.set(key, { ...(options ?? ordinary), notBefore: lastArrival(world, between) });
  if (wasCut && !isCut(world.facts, ...between)) resetConnections(world, key, origin);
}

function startAgain(world: World, address: string, origin: Origin): void {
  const start = world.facts.starts.get(address);
  if (start === undefined || world.record(address) !== undefined) {
    return world.note('ignored', { reason: start === undefined ? `nothing ever ran at ${address}` : `${address} runs already` });
  }
  world.start(start, origin);
}

/** When the last message under way between two hosts arrives: nothing sent later may arrive before it. */
function lastArrival(world: World, [a, b]: readonly [string, string]): number {
  let last = 0;
  for (const item of world.queueItems()) {
    if (item.kind !== 'message' || item.packet.fate !== 'delivered') continue;
    const { from, to } = item.packet;
    if (linkKey(from.slice(0, from.indexOf('/')), to.slice(0, to.indexOf('/'))) === linkKey(a, b)) last = Math.max(last, item.at);
  }
  return last;
}

/** Writes a file (or removes it: content undefined) and tells who watches it. */
export function writeFile(world: World, host: string, path: string, content: unknown, origin: Origin): void {
  const disk = world.disk(host);
  world.facts.disks = world.facts.disks.set(host, content === undefined ? disk.delete(path) : disk.set(path, content));
  for (const [key, watcher] of world.facts.fileWatches.prefixed(`${host}|`)) {
    const prefix = key.slice(host.length + 1, key.lastIndexOf('|'));
    if (!path.startsWith(prefix) || world.record(watcher) === undefined) continue;
    world.send(`${host}/disk`, watcher, { type: 'file.changed', path, content } as Message, origin, 0);
  }
}
