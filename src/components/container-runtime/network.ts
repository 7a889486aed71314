import { hash32, nextInteger, seedRandom } from '#base/random.ts';
import type { CriOperation, Dial } from '#protocol/cri.ts';
import {
  rulesFile,
  type EndpointRule,
  type NetDial,
  type NetOutcome,
  type NetPayload,
  type NetReply,
  type PacketRules,
  type ServiceRule,
} from '#protocol/net.ts';
import { type Asked, type Caller, type Connection, type RuntimeEvent, type RuntimeResult, type RuntimeState } from './state.ts';
import type { NetAnswer, NetFailure, NetRequest } from './userland/index.ts';

const dnsPort = 53;
const none: PacketRules = { services: [], routes: [] };

const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host);
const isLoopback = (host: string): boolean => host === 'localhost' || host.startsWith('127.');
const hostOf = (event: RuntimeEvent): string => event.self.slice(0, event.self.indexOf('/'));
const rulesOf = (event: RuntimeEvent): PacketRules => (event.disk.get(rulesFile) as PacketRules | undefined) ?? none;

/** A way to an address: the host to whose runtime the connection goes, and what it is dialled there. Or why there is none. */
type Way = { readonly host: string; readonly ip: string; readonly port: number } | { readonly failure: 'refused' | 'unreachable' };

/** The rule of a service that takes a connection (KUBE-SERVICES, KUBE-NODEPORTS). */
function ruleFor(rules: PacketRules, protocol: string, ip: string, port: number): ServiceRule | undefined {
  const toNode = rules.routes.some((route) => route.prefix === ip);
  return rules.services.find(
    (rule) =>
      rule.protocol === protocol &&
      ((rule.port === port && rule.addresses.includes(ip)) || (toNode && rule.nodePort === port && port !== 0)),
  );
}

/** iptables' statistic module: any endpoint, with equal chance; or by the client, where it is to stay. */
function chosen(rule: ServiceRule, from: string, chance: string): EndpointRule | undefined {
  const { endpoints } = rule;
  if (endpoints.length === 0) return undefined;
  const [index] = rule.sticky ? [hash32(from) % endpoints.length] : nextInteger(seedRandom(0, chance), endpoints.length);
  return endpoints[index];
}

function wayTo(state: RuntimeState, event: RuntimeEvent, from: string, protocol: string, ip: string, port: number, chance: string): Way {
  const rules = rulesOf(event);
  if (isLoopback(ip)) return { host: hostOf(event), ip: from, port };
  const rule = ruleFor(rules, protocol, ip, port);
  const endpoint = rule === undefined ? { ip, port, node: '' } : chosen(rule, from, chance);
  // iptables rejects what has no endpoints.
  if (endpoint === undefined) return { failure: 'refused' };
  const { ip: target, port: targetPort } = endpoint;
  const own = target === state.input.hostIp || [...state.sandboxes.values()].some((item) => item.ip === target);
  if (own) return { host: hostOf(event), ip: target, port: targetPort };
  const route = rules.routes.find((item) => (item.prefix.endsWith('.') ? target.startsWith(item.prefix) : target === item.prefix));
  const host = endpoint.node === '' ? route?.node : endpoint.node;
  return host === undefined ? { failure: 'unreachable' } : { host, ip: target, port: targetPort };
}

function open(state: RuntimeState, event: RuntimeEvent, connection: Connection, port: number, payload: NetPayload): RuntimeResult {
  const id = `net ${state.next}`;
  const next: RuntimeState = { ...state, next: state.next + 1, connections: state.connections.set(id, connection) };
  const protocol = payload.type === 'dns' ? 'UDP' : 'TCP';
  const way = wayTo(state, event, connection.from, protocol, connection.ip, port, `${event.self} ${id}`);
  if ('failure' in way) {
    const message: NetReply = { type: 'net.reply', id, outcome: { type: 'failed', failure: way.failure } };
    return { context: next, effects: [{ type: 'send', to: event.self, message }] };
  }
  // What comes over the loopback comes from there.
  const client = isLoopback(connection.ip) ? '127.0.0.1' : connection.from;
  const message: NetDial = { type: 'net.dial', id, client, replyTo: event.self, ip: way.ip, port: way.port, payload };
  return { context: next, effects: [{ type: 'send', to: `${way.host}/container-runtime`, message }] };
}

// ── programs ────────────────────────────────────────────────────────────────

/** A program asks the network for something: its name is looked up first, where it has one. */
export function dial(state: RuntimeState, event: RuntimeEvent, owner: string, need: number, request: NetRequest): RuntimeResult {
  const container = state.containers.get(state.execs.get(owner)?.container ?? owner)!;
  const from = state.sandboxes.get(container.status.sandbox)?.ip ?? '';
  const caller: Caller = { type: 'program', owner, need, request };
  const host = request.type === 'dns' ? request.name : request.host;
  if (request.type !== 'dns' && (isAddress(host) || isLoopback(host)))
    return connect(state, event, { caller, from, ip: host, names: [], server: '' }, request);
  const resolver = container.config.files.find(([path]) => path === '/etc/resolv.conf')?.[1] ?? '';
  const server = (request.type === 'dns' ? request.server : undefined) ?? /nameserver (\S+)/.exec(resolver)?.[1] ?? '';
  const names = candidates(host, resolver);
  return ask(state, event, { caller, from, ip: server, names, server });
}

/** The full names that a resolver tries (resolv.conf: search and ndots). */
function candidates(name: string, resolver: string): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const search = /^search (.*)$/m.exec(resolver)?.[1]?.split(/\s+/) ?? [];
  const dots = Number(/ndots:(\d+)/.exec(resolver)?.[1] ?? 1);
  const longer = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= dots ? [name, ...longer] : [...longer, name];
}

function ask(state: RuntimeState, event: RuntimeEvent, connection: Connection): RuntimeResult {
  return open(state, event, connection, dnsPort, { type: 'dns', name: connection.names[0] ?? '' });
}

function connect(
  state: RuntimeState,
  event: RuntimeEvent,
  connection: Connection,
  request: Exclude<NetRequest, { readonly type: 'dns' }>,
): RuntimeResult {
  const { port } = request;
  const payload: NetPayload =
    request.type === 'tcp'
      ? { type: 'tcp', data: request.data ?? '' }
      : { type: 'http', method: request.method, path: request.path, headers: request.headers, body: request.body };
  return open(state, event, { ...connection, names: [] }, port, payload);
}

/** A kubelet probes, or calls a hook. */
export function probe(
  state: RuntimeState,
  event: RuntimeEvent,
  from: string,
  { kind, host, port, path }: Dial,
  asked: Asked,
): RuntimeResult {
  const payload: NetPayload =
    kind === 'httpGet'
      ? { type: 'http', method: 'GET', path, headers: [['User-Agent', 'kube-probe/1.36']], body: '' }
      : { type: 'tcp', data: '' };
  return open(
    state,
    event,
    { caller: { type: 'probe', asked }, from, ip: host === '' ? from : host, names: [], server: '' },
    port,
    payload,
  );
}

/** A client of the kubelet dials a port inside of a pod (containerd's PortForward). */
export function forward(
  state: RuntimeState,
  event: RuntimeEvent,
  from: string,
  { port, payload }: Extract<CriOperation, { readonly op: 'PortForward' }>,
  asked: Asked,
): RuntimeResult {
  return open(state, event, { caller: { type: 'forward', asked }, from, ip: '127.0.0.1', names: [], server: '' }, port, payload);
}

/** Nobody waits any more for what a program had asked for. */
export function disconnect(state: RuntimeState, owner: string): RuntimeState {
  let { connections } = state;
  for (const [id, { caller }] of state.connections)
    if (caller.type === 'program' && caller.owner === owner) connections = connections.delete(id);
  return connections === state.connections ? state : { ...state, connections };
}

/** What an answer comes to: the next question, or what the caller is told. */
export type Heard =
  | { readonly result: RuntimeResult }
  | { readonly state: RuntimeState; readonly owner: string; readonly answer: NetAnswer }
  | { readonly state: RuntimeState; readonly asked: Asked; readonly op: 'Probe' | 'PortForward' };

export function heard(state: RuntimeState, event: RuntimeEvent, id: string, outcome: NetOutcome): Heard | undefined {
  const connection = state.connections.get(id);
  if (connection === undefined) return undefined;
  const idle: RuntimeState = { ...state, connections: state.connections.delete(id) };
  const { caller, ip, server, names } = connection;
  if (caller.type !== 'program') return { state: idle, asked: caller.asked, op: caller.type === 'probe' ? 'Probe' : 'PortForward' };
  const { owner, request } = caller;
  const tell = (answer: NetAnswer): Heard => ({ state: idle, owner, answer });
  if (names.length > 0) {
    if (outcome.type !== 'dns') return tell({ type: 'failed', failure: 'no-resolver', server });
    const [address] = outcome.addresses;
    if (request.type === 'dns' && address !== undefined)
      return tell({ type: 'dns', server, name: names[0]!, addresses: outcome.addresses });
    if (address !== undefined && request.type !== 'dns') return { result: connect(idle, event, { ...connection, ip: address }, request) };
    if (names.length > 1) return { result: ask(idle, event, { ...connection, names: names.slice(1) }) };
    return tell({ type: 'failed', failure: 'bad-address', server });
  }
  if (outcome.type === 'http')
    return tell({ type: 'http', address: ip, status: outcome.status, headers: outcome.headers, body: outcome.body });
  if (outcome.type === 'tcp') return tell({ type: 'tcp', address: ip, data: outcome.data });
  const failure: NetFailure = outcome.type === 'failed' ? outcome.failure : 'reset';
  return tell({ type: 'failed', failure, address: ip });
}
