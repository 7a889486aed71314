import type { Inspection, JournalEntry, ProcessDefinition, ProcessView } from '#kernel/types.ts';
import { chartOf } from '#kernel/xstate/chart.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import type { KubeObject } from '#api/object.ts';
import type { Event } from '#api/types.generated.ts';
import type { Branch } from './branch.ts';
import { summarizeEntry } from './entries.ts';
import { keyHistory, storedObjects } from './keyspace.ts';
import { lastChange } from './last-change.ts';
import { dependentsOf, keyOf, related } from './relations.ts';
import { summarizePacket } from './packets.ts';
import type { Inspected, InspectTarget } from './port.ts';

const recentEntries = 40;
const scanBack = 5000;
const whyLength = 60;

/** What the inspector shows of its target at the branch's cursor; undefined when there is nothing of that name. */
export function inspect(
  branch: Branch,
  target: InspectTarget | undefined,
  inspection: (process: ProcessView) => Inspection,
  definitions: ReadonlyMap<string, ProcessDefinition>,
): Inspected | undefined {
  switch (target?.type) {
    case undefined:
      return undefined;
    case 'process':
      return inspectProcess(branch, target.address, inspection, definitions);
    case 'packet':
      return inspectPacket(branch, target.packet);
    case 'gate':
      return { type: 'gate', server: target.server, gate: target.gate, verdicts: verdictsOf(branch, target.server, target.gate) };
    case 'object':
      return inspectObject(branch, target);
  }
}

function inspectProcess(
  branch: Branch,
  address: string,
  inspection: (process: ProcessView) => Inspection,
  definitions: ReadonlyMap<string, ProcessDefinition>,
): Inspected | undefined {
  const process = branch.history.world.process(address);
  const machine = process === undefined ? undefined : definitions.get(process.definition)?.machine;
  if (process === undefined || machine === undefined) return undefined;
  const shown = inspection(process);
  const change = lastChange(branch, address);
  return {
    type: 'process',
    summary: {
      address,
      definition: process.definition,
      parent: process.parent,
      host: address.slice(0, address.indexOf('/')),
      state: process.value,
      summary: shown.summary,
      health: shown.health,
    },
    inspection: shown,
    chart: chartOf(machine),
    lastChange: change === undefined ? undefined : summarizeEntry(change),
    recent: recent(branch, (entry) => entry.process === address).map(summarizeEntry),
  };
}

/** The newest entries that match, newest first, looked for a limited way back. */
function recent(branch: Branch, matches: (entry: JournalEntry) => boolean): readonly JournalEntry[] {
  const found: JournalEntry[] = [];
  const { history } = branch;
  for (let seq = history.world.seq; seq > Math.max(0, history.world.seq - scanBack) && found.length < recentEntries; seq--) {
    const entry = history.entry(seq);
    if (entry !== undefined && matches(entry)) found.push(entry);
  }
  return found;
}

interface GateNote {
  readonly gate: string;
  readonly verdict: string;
  readonly detail?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The newest decisions of one gate. */
function verdictsOf(branch: Branch, server: string, gate: string): Extract<Inspected, { readonly type: 'gate' }>['verdicts'] {
  const noted = (entry: JournalEntry): (GateNote & { readonly client?: string }) | undefined => {
    const note = entry.notes.find((item) => item.topic === 'gate' && (item.data as GateNote).gate === gate);
    return note?.data as GateNote | undefined;
  };
  return recent(branch, (entry) => !entry.chatter && entry.process.startsWith(`${server}/`) && noted(entry) !== undefined).map((entry) => {
    const { verdict, detail = '', client = '' } = noted(entry)!;
    return { seq: entry.seq, at: entry.at, client, verdict, detail };
  });
}

function inspectPacket(branch: Branch, id: number): Inspected | undefined {
  const { history } = branch;
  const packet = history.packet(id);
  if (packet === undefined) return undefined;
  const { message } = packet;
  const request = message.type === 'http.request' ? (message as HttpRequest) : undefined;
  const exchange = httpExchange(branch, id, message as { readonly id?: string }, message.type);
  return {
    type: 'packet',
    packet: summarizePacket(packet),
    message,
    request: request ?? exchange.request,
    response: exchange.response,
    gates: exchange.gates,
    before: exchange.before,
    after: exchange.after,
    why: history.causes(packet.cause).slice(-whyLength).map(summarizeEntry),
  };
}

interface Exchange {
  readonly request: HttpRequest | undefined;
  readonly response: HttpResponse | undefined;
  readonly gates: Extract<Inspected, { readonly type: 'packet' }>['gates'];
  readonly before: unknown;
  readonly after: unknown;
}

/** Everything around one HTTP exchange: found by walking the journal near the packet for events with the same id. */
function httpExchange(branch: Branch, packetId: number, message: { readonly id?: string }, type: string): Exchange {
  let request: HttpRequest | undefined;
  let response: HttpResponse | undefined;
  let before: unknown;
  let after: unknown;
  const gates: { gate: string; at: number; verdict: string; detail: string }[] = [];
  const empty = { request, response, gates, before, after };
  if (!type.startsWith('http.') || message.id === undefined) return empty;
  const { history } = branch;
  const packet = history.packet(packetId)!;
  const client = type === 'http.request' || type === 'http.abort' ? packet.from : packet.to;
  const last = Math.min(history.world.seq, packet.cause + scanBack);
  let gateProcess: string | undefined;
  for (const entry of history.entries(Math.max(1, packet.cause - (type === 'http.request' ? 0 : scanBack)), last)) {
    const { message: other } = entry;
    const sameId = (other as { readonly id?: string }).id === message.id;
    if (other.type === 'http.request' && sameId && entry.from === client) request = other as HttpRequest;
    if (other.type === 'http.response' && sameId && entry.process === client) response = other as HttpResponse;
    for (const note of entry.notes) {
      if (note.topic !== 'gate') continue;
      const data = note.data as GateNote & { readonly id?: string; readonly client?: string };
      if (data.client === client && data.id === message.id) gateProcess = entry.process;
      if (entry.process !== gateProcess) continue;
      gates.push({ gate: data.gate, at: entry.at, verdict: data.verdict, detail: data.detail ?? '' });
      if (data.before !== undefined) before ??= data.before;
      if (data.after !== undefined) after = data.after;
    }
    if (response !== undefined) break;
  }
  return { request, response, gates, before, after };
}

function inspectObject(branch: Branch, target: Extract<InspectTarget, { readonly type: 'object' }>): Inspected | undefined {
  const { world } = branch.history;
  const key = keyOf(world, target);
  if (key === undefined) return undefined;
  const history = keyHistory(world, key);
  const newest = history.at(-1);
  const object = newest?.object as KubeObject | undefined;
  const uid = object?.metadata.uid;
  const events = storedObjects(world, '/registry/events/').filter(
    (event) => uid !== undefined && (event as unknown as Event).involvedObject.uid === uid,
  ) as unknown as Event[];
  return {
    type: 'object',
    key,
    target,
    object,
    owners: (object?.metadata.ownerReferences ?? []).map(({ kind, name: owner }) => related(world, kind, owner, target.namespace)),
    dependents: uid === undefined ? [] : dependentsOf(world, uid),
    events: events.map((event) => ({
      name: event.metadata?.name ?? '',
      type: event.type ?? '',
      reason: event.reason ?? '',
      from: event.source?.component ?? event.reportingComponent ?? '',
      message: event.message ?? '',
      count: event.count ?? 1,
    })),
    history: history
      .filter((item) => item.object !== undefined)
      .map((item) => ({ revision: item.revision, at: 0, by: newestManager(item.object as KubeObject), object: item.object })),
  };
}

/** Who wrote a revision: the manager with the newest time among its managed fields. */
function newestManager(object: KubeObject): string {
  let newest = { manager: '', time: '' };
  for (const entry of object.metadata.managedFields ?? []) {
    if ((entry.time ?? '') >= newest.time) newest = { manager: entry.manager ?? '', time: entry.time ?? '' };
  }
  return newest.manager;
}
