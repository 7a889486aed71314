import type { Inspection, Millis, Packet, ProcessDefinition, ProcessView } from '#kernel/types.ts';
import type { Node } from '#api/types.generated.ts';
import type { Cluster } from '#cluster/types.ts';
import { requestView } from '#components/kube-apiserver/index.ts';
import { terminalView } from '#components/terminal/index.ts';
import { isForeground, type Branch } from './branch.ts';
import { summarizeEntry } from './entries.ts';
import { faultSummaries, linkSummaries, probeSummaries } from './faults.ts';
import { inspect } from './inspect.ts';
import { storedObjects } from './keyspace.ts';
import { summarizePacket } from './packets.ts';
import { summarizePod } from './pods.ts';
import type {
  ClusterChoice,
  Frame,
  HostSummary,
  InspectTarget,
  PacketSummary,
  ProcessSummary,
  RequestSummary,
  TerminalState,
  Tempo,
  WatchSummary,
} from './port.ts';

/** What the session knows besides the world. */
export interface FrameSettings {
  readonly choice: ClusterChoice;
  readonly branches: readonly Branch[];
  readonly playing: boolean;
  readonly tempo: Tempo;
  readonly rate: number;
  readonly target: InspectTarget | undefined;
}

/** More packets than this in one frame cannot be told apart; the newest are kept, the story's before background. */
const maxPackets = 400;
/** Processes that come and go with single requests, pods and commands: shown by other parts of the frame. */
const transient = new Set(['kube-apiserver/request', 'kubelet/pod-worker', 'container-runtime/container', 'haproxy/connection', 'kubectl']);
/** What a host is that was not there from the beginning, by what runs on it. */
const roles: Readonly<Record<string, HostSummary['role']>> = { kubelet: 'worker', terminal: 'client' };
const noInspection: Inspection = { summary: '', health: 'good', sections: [] };

/**
 * Builds frames. Parts that did not change keep their references from one frame to the next, so that a port sends only
 * what is new and a view renders only what it must.
 */
export class FrameBuilder {
  private readonly definitions: ReadonlyMap<string, ProcessDefinition>;
  private readonly inspections = new WeakMap<object, Inspection>();
  private readonly processSummaries = new Map<
    string,
    { readonly key: unknown; readonly state: string; readonly summary: ProcessSummary }
  >();
  private readonly terminals = new WeakMap<object, TerminalState>();
  private readonly kept = new Map<string, readonly unknown[]>();
  private last: { readonly branch: string; readonly seq: number; readonly time: Millis } | undefined;

  /** The hosts that have a kubelet from the beginning, whether it runs or not. */
  private readonly kubelets: readonly string[];

  constructor(private readonly cluster: Cluster) {
    this.kubelets = cluster.world.processes.filter((process) => process.definition === 'kubelet').map((process) => hostOf(process.address));
    this.definitions = new Map(cluster.world.definitions.map((definition) => [definition.name, definition]));
  }

  /** What the inspector shows of a running process. */
  inspection(process: ProcessView, now: Millis): Inspection {
    const { context } = process;
    const key = typeof context === 'object' && context !== null ? context : undefined;
    const known = key === undefined ? undefined : this.inspections.get(key);
    if (known !== undefined) return known;
    const inspector = this.definitions.get(process.definition)?.inspect as ((context: unknown, now: Millis) => Inspection) | undefined;
    const inspection = inspector === undefined ? noInspection : inspector(context, now);
    if (key !== undefined) this.inspections.set(key, inspection);
    return inspection;
  }

  /** Whether nothing in the foreground is under way at a branch's cursor. */
  idleAt(branch: Branch): boolean {
    const { world } = branch.history;
    for (const packet of world.packetsInFlight()) if (!packet.chatter) return false;
    for (const process of world.processes()) {
      if (process.definition !== 'kube-apiserver/request') continue;
      const request = requestView(process.context);
      if (request !== undefined && request.gate !== 'watching' && !request.chatter) return false;
    }
    return true;
  }

  build(branch: Branch, settings: FrameSettings): Frame {
    const { history } = branch;
    const { world } = history;
    const { seq, now } = world;
    const entry = seq > 0 ? history.entry(seq) : undefined;
    const processes: ProcessSummary[] = [];
    const requests: RequestSummary[] = [];
    const watches: WatchSummary[] = [];
    for (const process of world.processes()) {
      if (process.definition === 'kube-apiserver/request') this.addRequest(process, requests, watches);
      else if (!transient.has(process.definition)) processes.push(this.processSummary(process, now));
    }
    const frame: Frame = {
      cluster: settings.choice,
      branch: branch.id,
      branches: this.keep(
        'branches',
        settings.branches.map((item) => item.summary()),
        shallowEqual,
      ),
      time: now,
      epoch: this.cluster.world.epochMs,
      seq,
      head: { time: branch.playedTime, seq: branch.playedSeq },
      playing: settings.playing,
      tempo: settings.tempo,
      rate: settings.playing && Number.isFinite(settings.rate) ? settings.rate : 0,
      hosts: this.keep('hosts', this.hosts(branch), shallowEqual),
      processes: this.keep('processes', processes, Object.is),
      pods: this.keep('pods', storedObjects(world, '/registry/pods/').map(summarizePod), Object.is),
      requests: this.keep('requests', requests, shallowEqual),
      watches: this.keep('watches', watches, shallowEqual),
      packets: this.keep('packets', this.packets(branch), Object.is),
      story: storyAt(branch),
      last: entry === undefined ? undefined : summarizeEntry(entry),
      users: this.cluster.users,
      links: this.keep('links', linkSummaries(world), shallowEqual),
      faults: this.keep('faults', faultSummaries(world), shallowEqual),
      probes: this.keep('probes', probeSummaries(world), shallowEqual),
      terminals: this.keep('terminals', this.terminalStates(branch), Object.is),
      timeline: branch.timeline.state,
      inspected: inspect(branch, settings.target, (process) => this.inspection(process, now), this.definitions),
      idle: requests.every((request) => request.gate === 'watching' || request.chatter) && this.idleAt(branch),
    };
    this.last = { branch: branch.id, seq, time: now };
    return frame;
  }

  private keep<T>(name: string, next: readonly T[], same: (a: T, b: T) => boolean): readonly T[] {
    const before = this.kept.get(name) as readonly T[] | undefined;
    if (before !== undefined && before.length === next.length && before.every((item, index) => same(item, next[index]!))) return before;
    this.kept.set(name, next);
    return next;
  }

  private hosts(branch: Branch): readonly HostSummary[] {
    const { world } = branch.history;
    const nodes = new Map(storedObjects(world, '/registry/minions/').map((node) => [node.metadata.name, node as unknown as Node]));
    const known = new Map(this.cluster.hosts.map((host) => [host.name, host.role]));
    const kubelets = new Set(this.kubelets);
    for (const { address, definition } of world.processes()) {
      const role = roles[definition];
      if (role === undefined) continue;
      const host = hostOf(address);
      if (!known.has(host)) known.set(host, role);
      if (definition === 'kubelet') kubelets.add(host);
    }
    return [...known].map(([name, role]) => {
      const node = nodes.get(name);
      const ready = node?.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
      return {
        name,
        role,
        node: kubelets.has(name),
        ready: ready === undefined ? undefined : ready === 'True',
        unschedulable: node?.spec?.unschedulable === true,
      };
    });
  }

  private processSummary(process: ProcessView, now: Millis): ProcessSummary {
    const known = this.processSummaries.get(process.address);
    if (known !== undefined && known.key === process.context && known.state === process.value) return known.summary;
    const { address, definition, parent, value } = process;
    const { summary: line, health } = this.inspection(process, now);
    const next: ProcessSummary = { address, definition, parent, host: hostOf(address), state: value, summary: line, health };
    const summary = known !== undefined && shallowEqual(known.summary, next) ? known.summary : next;
    this.processSummaries.set(address, { key: process.context, state: value, summary });
    return summary;
  }

  private addRequest(process: ProcessView, requests: RequestSummary[], watches: WatchSummary[]): void {
    const request = requestView(process.context);
    if (request === undefined) return;
    if (request.gate === 'watching') {
      watches.push({ client: request.client, server: process.parent ?? '', resource: request.resource, selector: request.selector });
      return;
    }
    const { gate, reached, since, method, path, user, story, chatter, status, level, queued } = request;
    requests.push({ address: process.address, gate, reached, since, method, path, user, story, chatter, status, level, queued });
  }

  private terminalStates(branch: Branch): readonly TerminalState[] {
    const running = [...branch.history.world.processes()].filter((process) => process.definition === 'terminal');
    running.sort((a, b) => a.startedAt - b.startedAt || (a.address < b.address ? -1 : 1));
    return running.map(({ address, context }) => {
      const known = this.terminals.get(context as object);
      if (known !== undefined) return known;
      const state: TerminalState = { ...terminalView(context), id: address };
      this.terminals.set(context as object, state);
      return state;
    });
  }

  /** Packets under way now, and those that came and went since the last frame. */
  private packets(branch: Branch): readonly PacketSummary[] {
    const { history } = branch;
    const { world } = history;
    const chosen = new Map<number, Packet>();
    for (const packet of world.packetsInFlight()) chosen.set(packet.id, packet);
    if (this.last !== undefined && this.last.branch === branch.id && this.last.seq < world.seq) {
      const from = Math.max(this.last.seq + 1, world.seq - 4 * maxPackets);
      for (const entry of history.entries(from, world.seq)) {
        for (let id = entry.firstPacket; id < entry.firstPacket + entry.packetCount; id++) {
          const packet = history.packet(id);
          if (packet !== undefined && packet.sentAt <= world.now) chosen.set(id, packet);
        }
      }
    }
    let list = [...chosen.values()].filter((packet) => packet.arrivesAt > packet.sentAt);
    if (list.length > maxPackets) list = list.filter((packet) => !packet.chatter).slice(-maxPackets);
    return list.sort((a, b) => a.id - b.id).map(summarizePacket);
  }
}

/** The story that the cursor is in: that of the newest foreground event, looked for a little way back. */
function storyAt(branch: Branch): number {
  const { history } = branch;
  for (let seq = history.world.seq; seq > Math.max(0, history.world.seq - 200); seq--) {
    const entry = history.entry(seq);
    if (entry !== undefined && isForeground(entry)) return entry.story;
  }
  return 0;
}

const hostOf = (address: string): string => address.slice(0, address.indexOf('/'));

function shallowEqual<T extends object>(a: T, b: T): boolean {
  if (Object.is(a, b)) return true;
  const keys = Object.keys(a) as (keyof T)[];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
