import type { HttpChunk, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import type { Message, Packet } from '#kernel/types.ts';
import type { PacketKind, PacketSummary } from './port.ts';

/** What a message is to a viewer: its kind (shape and colour) and a short label. */
export interface Reading {
  readonly kind: PacketKind;
  readonly label: string;
}

const readings: Readonly<Record<string, (message: never) => Reading>> = {
  'http.request': readRequest,
  'http.response': readResponse,
  'http.chunk': readChunk,
  'http.end': () => ({ kind: 'response', label: 'end of stream' }),
  'http.abort': () => ({ kind: 'read', label: 'close' }),
  'etcd.request': (message: {
    readonly operation: {
      readonly op: string;
      readonly key?: string;
      readonly success?: readonly { readonly op: string; readonly key?: string }[];
    };
  }) => {
    const { operation } = message;
    const write = operation.success?.find((item) => item.op !== 'range');
    const key = operation.key ?? write?.key ?? operation.success?.[0]?.key ?? '';
    const kind = write?.op === 'delete-range' ? 'delete' : operation.op === 'range' ? 'read' : 'write';
    return { kind, label: `${operation.op} ${key}`.trim() };
  },
  'etcd.response': (message: { readonly error?: string; readonly header?: { readonly revision: number } }) =>
    message.error === undefined
      ? { kind: 'response', label: `revision ${message.header?.revision ?? '?'}` }
      : { kind: 'error', label: message.error },
  'etcd.watch-create': (message: { readonly key: string }) => ({ kind: 'watch', label: `watch ${message.key}` }),
  'etcd.watch-cancel': () => ({ kind: 'watch', label: 'cancel watch' }),
  'etcd.watch': (message: { readonly events: readonly { readonly type: string; readonly kv: { readonly key: string } }[] }) => {
    const [first] = message.events;
    return { kind: 'event', label: first === undefined ? 'progress' : `${first.type} ${first.kv.key}` };
  },
  'raft.MsgApp': (message: { readonly entries: readonly { readonly index: number }[]; readonly commit: number }) => {
    const [first] = message.entries;
    const entries = message.entries.length > 1 ? `${first?.index}–${message.entries.at(-1)?.index}` : String(first?.index ?? '');
    return { kind: 'write', label: first === undefined ? `MsgApp commit ${message.commit}` : `MsgApp ${entries}` };
  },
  'raft.MsgAppResp': (message: { readonly index: number; readonly reject: boolean }) =>
    message.reject
      ? { kind: 'error', label: `MsgAppResp rejects ${message.index}` }
      : { kind: 'response', label: `MsgAppResp ${message.index}` },
  'raft.MsgSnap': (message: { readonly snapshot: { readonly index: number } }) => ({
    kind: 'write',
    label: `MsgSnap ${message.snapshot.index}`,
  }),
  'raft.MsgVote': candidacy,
  'raft.MsgPreVote': candidacy,
  'raft.MsgVoteResp': ballot,
  'raft.MsgPreVoteResp': ballot,
  'raft.MsgHeartbeat': () => ({ kind: 'read', label: 'MsgHeartbeat' }),
  'raft.MsgHeartbeatResp': () => ({ kind: 'response', label: 'MsgHeartbeatResp' }),
  'raft.MsgProp': () => ({ kind: 'write', label: 'MsgProp' }),
  'raft.MsgReadIndex': () => ({ kind: 'read', label: 'MsgReadIndex' }),
  'raft.MsgReadIndexResp': (message: { readonly index: number }) => ({ kind: 'response', label: `MsgReadIndexResp ${message.index}` }),
  'raft.MsgTimeoutNow': () => ({ kind: 'write', label: 'MsgTimeoutNow' }),
  'cri.request': (message: {
    readonly operation: {
      readonly op: string;
      readonly image?: string;
      readonly config?: { readonly image?: string; readonly podName?: string };
    };
  }) => {
    const { operation } = message;
    const what = operation.image ?? operation.config?.image ?? operation.config?.podName ?? '';
    return { kind: criKind(operation.op), label: `${operation.op} ${what}`.trim() };
  },
  'cri.response': (message: { readonly error?: string; readonly result?: { readonly op: string } }) =>
    message.error === undefined ? { kind: 'response', label: message.result?.op ?? 'ok' } : { kind: 'error', label: message.error },
  'cri.event': (message: { readonly container?: { readonly name: string; readonly state: string } }) => ({
    kind: 'event',
    label: message.container === undefined ? 'container event' : `${message.container.name} ${message.container.state}`,
  }),
};

/** `raft.MsgVote` as it is called upstream. */
const raftName = (message: Message): string => message.type.slice('raft.'.length);

function candidacy(message: Message & { readonly term: number }): Reading {
  return { kind: 'read', label: `${raftName(message)} term ${message.term}` };
}

function ballot(message: Message & { readonly term: number; readonly reject: boolean }): Reading {
  return { kind: message.reject ? 'error' : 'response', label: `${raftName(message)} ${message.reject ? 'rejected' : 'granted'}` };
}

function criKind(operation: string): PacketKind {
  if (/^(Stop|Remove)/.test(operation)) return 'delete';
  return /^(List|Image|Read|Probe)/.test(operation) ? 'read' : 'write';
}

function readRequest(message: HttpRequest): Reading {
  if (message.method === 'GET' && message.query['watch'] !== undefined)
    return { kind: 'watch', label: `WATCH ${resourceOf(message.path)}` };
  const kinds = { GET: 'read', POST: 'write', PUT: 'write', PATCH: 'write', DELETE: 'delete' } as const;
  return { kind: kinds[message.method], label: `${message.method} ${resourceOf(message.path)}` };
}

function readResponse(message: HttpResponse): Reading {
  return { kind: message.status >= 400 ? 'error' : 'response', label: String(message.status) };
}

function readChunk(message: HttpChunk): Reading {
  const event = message.events?.[0];
  if (event === undefined) return { kind: 'response', label: message.text?.slice(0, 40) ?? 'data' };
  const object = event.object as { readonly kind?: string; readonly metadata?: { readonly name?: string } } | null;
  const more = message.events !== undefined && message.events.length > 1 ? ` +${message.events.length - 1}` : '';
  return {
    kind: event.type === 'ERROR' ? 'error' : 'event',
    label: `${event.type} ${object?.kind ?? ''} ${object?.metadata?.name ?? ''}`.trim() + more,
  };
}

/** The resource part of an API path: `deployments/web`, `pods/web-1/binding`; other paths stay as they are. */
export function resourceOf(path: string): string {
  const match = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/)?(.+)$/.exec(path);
  return match?.[1] ?? path;
}

/** Reads any message; what is not a protocol's is the inside of a component. */
export function readMessage(message: Message): Reading {
  const reading = readings[message.type] as ((message: Message) => Reading) | undefined;
  return reading === undefined ? { kind: 'internal', label: message.type } : reading(message);
}

const summaries = new WeakMap<Packet, PacketSummary>();

/** A packet as the views get it; made once for each packet. */
export function summarizePacket(packet: Packet): PacketSummary {
  const known = summaries.get(packet);
  if (known !== undefined) return known;
  const { kind, label } = readMessage(packet.message);
  const { id, from, to, sentAt, arrivesAt, story, chatter } = packet;
  const summary: PacketSummary = { id, from, to, sentAt, arrivesAt, kind, label, story, chatter, lost: packet.fate === 'lost' };
  summaries.set(packet, summary);
  return summary;
}
