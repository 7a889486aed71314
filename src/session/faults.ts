import { isObject } from '#base/json.ts';
import { isCut } from '#kernel/faults.ts';
import type { Input } from '#kernel/types.ts';
import type { World } from '#kernel/world.ts';
import { stopProbers } from '#cluster/index.ts';
import type { Cluster } from '#cluster/types.ts';
import { probeResults } from '#components/prober/index.ts';
import { keepsRunning } from '#components/container-runtime/index.ts';
import { isPacketOf } from './moments.ts';
import type { FaultAction, FaultSchedule, FaultSummary, LinkSummary, ProbeSummary, Problem, SessionCommand } from './port.ts';
import { isInput } from './saved-input.ts';

/** The inputs that a command for a fault, for a schedule of them, or for probes is. */
export function inputsOf(
  command: Extract<SessionCommand, { readonly type: 'fault' | 'schedule' | 'probes' }>,
  cluster: Cluster,
  world: World,
): readonly Input[] | Problem {
  switch (command.type) {
    case 'fault':
      return faultInputs(command.action, cluster, world);
    case 'schedule':
      return scheduleInputs(command.schedule, cluster, world);
    case 'probes':
      return [command.on ? cluster.startProbers(world) : stopProbers(world)];
  }
}

/** What a fault does to the world; nothing where there is nothing for it to do. */
function faultInputs(action: FaultAction, cluster: Cluster, world: World): readonly Input[] {
  switch (action.type) {
    case 'stop':
    case 'kill':
      return [{ type: 'fault.stop', address: action.address, kill: action.type === 'kill' }];
    case 'start':
      return [{ type: 'fault.start', address: action.address }];
    case 'restart':
      return [
        isSupervised(action.address, world)
          ? { type: 'fault.stop', address: action.address, kill: false }
          : { type: 'fault.restart', address: action.address },
      ];
    case 'link':
      return [{ type: 'fault.link', between: action.between, options: action.options }];
    case 'drop':
      return [{ type: 'fault.drop', messageId: action.packet }];
    case 'lose':
      return world
        .packetsInFlight()
        .filter((packet) => isPacketOf(action.moment, packet))
        .map(({ id }) => ({ type: 'fault.drop', messageId: id }));
    case 'isolate':
      return [{ type: 'fault.isolate', host: action.host, isolated: action.isolated }];
    case 'disk':
      return [{ type: 'fault.disk', address: action.address, fault: action.fault }];
    case 'clock':
      return [{ type: 'fault.clock', address: action.address, offsetMs: action.offsetMs }];
    case 'add-node':
      return [cluster.addNode([...world.facts.disks.keys()])];
  }
}

const maxScheduled = 1000;

/** The input that a schedule is; a problem where it is none, or one of its faults makes no sense. */
function scheduleInputs(value: unknown, cluster: Cluster, world: World): readonly Input[] | Problem {
  const bad = (place: string, reason: string): Problem => ({ code: 'schedule.malformed', values: { place, reason } });
  if (!isObject(value) || value['format'] !== 'kube-orrery-faults') return bad('format', 'not a schedule of faults');
  if (value['version'] !== 1) return bad('version', String(value['version']));
  const { faults } = value as unknown as FaultSchedule;
  if (!Array.isArray(faults) || faults.length > maxScheduled) return bad('faults', 'not a list, or too long');
  const steps: { afterMs: number; input: Input }[] = [];
  for (const [index, fault] of (faults as readonly unknown[]).entries()) {
    const place = `faults[${index}]`;
    if (!isObject(fault) || typeof fault['afterMs'] !== 'number' || !(fault['afterMs'] >= 0)) return bad(place, 'no time');
    if (!isObject(fault['action'])) return bad(place, 'no action');
    const inputs = faultInputs(fault['action'] as unknown as FaultAction, cluster, world) as readonly Input[] | undefined;
    if (inputs === undefined || !inputs.every(isInput)) return bad(place, 'unknown action');
    for (const input of inputs) steps.push({ afterMs: fault['afterMs'], input });
  }
  return [{ type: 'schedule', steps }];
}

/** The faults in force, besides those of links. */
export function faultSummaries({ facts }: World): readonly FaultSummary[] {
  const isolated = [...facts.isolated.keys()].map((subject): FaultSummary => ({ type: 'isolated', subject, ms: 0 }));
  const disks = [...facts.devices].map(([subject, { full, delayMs = 0 }]): FaultSummary => ({
    type: full === true ? 'full-disk' : 'slow-disk',
    subject,
    ms: delayMs,
  }));
  const clocks = [...facts.clocks].map(([subject, ms]): FaultSummary => ({ type: 'clock', subject, ms }));
  return [...isolated, ...disks, ...clocks];
}

/** The links with something wrong: of their own, or because a host at one end is cut off. */
export function linkSummaries({ facts }: World): readonly LinkSummary[] {
  const found: LinkSummary[] = [];
  const hosts = facts.isolated.size === 0 ? [] : [...facts.disks.keys()];
  for (const [index, a] of hosts.entries())
    for (const b of hosts.slice(index + 1)) if (isCut(facts, a, b)) found.push({ a, b, cut: true, loss: 0, latencyMs: undefined });
  for (const [key, { cut = false, loss = 0, latencyMs }] of facts.links) {
    const [a = '', b = ''] = key.split('|');
    if (found.some((link) => link.a === a && link.b === b)) continue;
    if (cut || loss > 0 || latencyMs !== undefined) found.push({ a, b, cut, loss, latencyMs });
  }
  return found;
}

/** What still works, line by line: what a client asks first, and then from where connections are tried. */
export function probeSummaries(world: World): readonly ProbeSummary[] {
  const found: ProbeSummary[] = [];
  for (const { address, definition, context } of world.processes()) {
    if (definition !== 'prober') continue;
    for (const { probe, result, since } of probeResults(context)) {
      if (probe === 'prepare') continue;
      const { ok, ms = 0, at = 0, text = '' } = result ?? {};
      found.push({ what: probe, from: address.slice(0, address.indexOf('/')), ok, ms, at, text, since });
    }
  }
  return found;
}

/** Whether a container runtime runs a process as a container, so that a kubelet starts it again when it ends. */
function isSupervised(address: string, world: World): boolean {
  for (const process of world.processes()) {
    if (process.definition === 'container-runtime' && keepsRunning(process.context, address)) return true;
  }
  return false;
}
