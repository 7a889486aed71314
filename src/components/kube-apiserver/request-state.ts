import type { RandomState } from '#base/random.ts';
import type { Json } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import type { EtcdResponse } from '#protocol/etcd.ts';
import type { Address, Effect, Millis, Origin } from '#kernel/types.ts';
import type { User } from './authentication.ts';
import type { Flow } from './flow/classify.ts';
import type { FlowInput } from './flow/server.ts';
import type { RequestInfo } from './request-info.ts';
import type { WebhookCall, WebhookOutcome } from './webhooks/asking.ts';

/** The gates of the API server, in the order in which a write passes them. */
export type Gate = 'authentication' | 'authorization' | 'mutating' | 'schema' | 'validating' | 'storage' | 'response' | 'watching';

export interface RequestInput extends FlowInput {
  readonly request: HttpRequest;
  readonly client: Address;
}

/** A request on its way: what has been found out of it so far. */
export interface RequestState {
  readonly request: HttpRequest;
  readonly client: Address;
  readonly gate: Gate;
  /** How far it came: the gate that refused it, or storage. */
  readonly reached: Gate;
  readonly since: Millis;
  readonly startedAt: Millis;
  readonly origin: Origin;
  readonly gateMs: number;
  /** Time that a write waits besides, before it is looked at. */
  readonly holdMs: number;
  readonly random: RandomState;
  readonly info: RequestInfo;
  readonly user: User;
  /** Its flow schema and priority level, and whether it may go on. */
  readonly flow: Flow | undefined;
  readonly turn: FlowInput['turn'];
  readonly warnings: readonly string[];
  /** What plug-ins note for the audit log. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The object to be stored, as it is after the gates so far. */
  readonly object: KubeObject | undefined;
  /** What is stored now, for updates and deletions; its revision is compared when writing. */
  readonly old: KubeObject | undefined;
  readonly response: HttpResponse | undefined;
  /** Answers of etcd to the storage routine so far. */
  readonly answers: readonly EtcdResponse[] | undefined;
  readonly attempts: number;
  /** Answers of the server to itself while a Service is given addresses. */
  readonly allocations: readonly HttpResponse[] | undefined;
  /** Addresses that were taken for this request, and those that nobody needs when it has worked. */
  readonly taken: readonly string[];
  readonly freed: readonly string[];
  readonly auditObject: Json | undefined;
  /** Webhooks that are being asked at this gate. */
  readonly calling: Calling | undefined;
}

/** Where a gate stands that asks webhooks: what it has asked before, what came back, and what is asked now. */
export interface Calling {
  readonly gate: Gate;
  readonly since: Millis;
  readonly answers: readonly (readonly WebhookOutcome[])[];
  readonly calls: readonly WebhookCall[];
  /** By position; undefined while it is awaited. */
  readonly outcomes: readonly (WebhookOutcome | undefined)[];
}

export const noInfo: RequestInfo = {
  isResource: false,
  path: '',
  verb: '',
  group: '',
  version: '',
  plural: '',
  subresource: '',
  namespace: '',
  name: '',
};

export const emptyRequest: RequestState = {
  request: { type: 'http.request', id: '', method: 'GET', path: '', query: {}, accept: '', userAgent: '', credential: { type: 'none' } },
  client: '',
  gate: 'authentication',
  reached: 'storage',
  since: 0,
  startedAt: 0,
  origin: { seq: 0, story: 0, chatter: false },
  gateMs: 0,
  holdMs: 0,
  random: 0 as RandomState,
  info: noInfo,
  user: { name: '', groups: [] },
  flow: undefined,
  turn: 'now',
  warnings: [],
  annotations: {},
  object: undefined,
  old: undefined,
  response: undefined,
  answers: undefined,
  attempts: 0,
  allocations: undefined,
  taken: [],
  freed: [],
  auditObject: undefined,
  calling: undefined,
};

/** What became of a request at a gate, for the journal. */
export function gateNote(
  state: Pick<RequestState, 'client' | 'request'>,
  gate: Gate,
  verdict: string,
  detail: string,
  more: object = {},
): Effect {
  return { type: 'note', topic: 'gate', data: { client: state.client, id: state.request.id, gate, verdict, detail, ...more } };
}

/** A request's part of a frame; see the session. */
export interface RequestView {
  readonly gate: Gate;
  /** How far it came: the gate that refused it, or storage. */
  readonly reached: Gate;
  readonly since: Millis;
  readonly method: string;
  readonly path: string;
  readonly user: string;
  readonly status: number | undefined;
  readonly client: Address;
  readonly resource: string;
  readonly selector: string;
  readonly story: number;
  readonly chatter: boolean;
  /** Its priority level; empty where it has none. */
  readonly level: string;
  /** It waits for a seat of its level. */
  readonly queued: boolean;
}

/** What a view shows of a request. @param context the context of a running `kube-apiserver/request` process */
export function requestView(context: unknown): RequestView | undefined {
  const state = context as RequestState;
  if (state.client === '') return undefined;
  const { gate, reached, since, client, info, user, origin, request } = state;
  return {
    gate,
    reached,
    since,
    method: request.method,
    path: request.path,
    user: user.name,
    status: state.response?.status,
    client,
    resource: info.plural,
    selector: [request.query['fieldSelector'], request.query['labelSelector']]
      .filter((part) => part !== undefined && part !== '')
      .join(','),
    story: origin.story,
    chatter: origin.chatter,
    level: state.flow?.level.name ?? '',
    queued: state.turn === 'wait',
  };
}
