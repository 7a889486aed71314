import type { Json } from '#base/json.ts';
import type { Address } from '#kernel/types.ts';
import type { CriResponse, CriResult } from '#protocol/cri.ts';
import type { NetDial, NetOutcome, NetPayload } from '#protocol/net.ts';
import { mediaTypes, type HttpRequest, type HttpResponse } from '#protocol/rest.ts';
import { heard } from './network.ts';
import { goOn, took, viewOf } from './processes.ts';
import { outcomeOf, promised, replied } from './replies.ts';
import { nothing, type BinaryPort, type Container, type RuntimeEvent, type RuntimeResult, type RuntimeState } from './state.ts';
import { userland } from './programs.ts';
import { afterRequest } from './usage.ts';
import type { ServedRequest } from './userland/index.ts';

const listensOn = ({ running }: Container, port: number): boolean =>
  running !== undefined && userland.value.listenersOfProcess(running.process).some((listener) => listener.port === port);

function portOf(state: RuntimeState, { config, binary }: Container, port: number): BinaryPort | undefined {
  if (binary === undefined) return undefined;
  return state.input.binaries.find((item) => config.image.startsWith(item.image))?.ports.find((item) => item.port === port);
}

/** The container that a connection is for. */
function listening(state: RuntimeState, { ip, port }: NetDial): Container | 'refused' | 'unreachable' {
  const sandboxes = [...state.sandboxes.values()].filter((item) => item.ip === ip && item.state === 'ready');
  if (sandboxes.length === 0 && ip !== state.input.hostIp) return 'unreachable';
  const running = [...state.containers.values()].filter(
    (item) => item.status.state === 'running' && sandboxes.some((sandbox) => sandbox.id === item.status.sandbox),
  );
  const own = running.find((item) => portOf(state, item, port) !== undefined || listensOn(item, port));
  return own ?? 'refused';
}

/** A connection arrives: served by the program that listens on its port. */
export function dialled(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const dial = event.message as NetDial;
  const container = listening(state, dial);
  if (typeof container === 'string') return replied(state, dial, { type: 'failed', failure: container });
  if (container.binary !== undefined) return handedOn(state, dial, container.binary, portOf(state, container, dial.port)!);
  const request = requestOf(dial);
  if (request === undefined || container.running === undefined) return replied(state, dial, { type: 'failed', failure: 'refused' });
  const served = userland.value.serveRequest(container.running.process, request, viewOf(state, container, event));
  const counted = { ...state, containers: state.containers.set(container.status.id, afterRequest(container)) };
  const after = took(counted, event, container.status.id, served);
  const { response } = served;
  const { context } = after;
  if (response.type === 'later')
    return { ...after, context: { ...context, calls: context.calls.set(promised(container.status.id, response.id), dial) } };
  const answered = replied(context, dial, outcomeOf(response));
  return { context: answered.context, effects: [...after.effects, ...answered.effects] };
}

/** A real process is asked. */
function handedOn(state: RuntimeState, dial: NetDial, to: Address, { speaks }: BinaryPort): RuntimeResult {
  const { payload } = dial;
  if (speaks === 'net') return { context: state, effects: [{ type: 'send', to, message: dial }] };
  if (speaks === 'health' || payload.type !== 'http') return replied(state, dial, { type: 'http', status: 200, headers: [], body: 'ok' });
  const id = `call ${state.next}`;
  const message = restRequest(id, payload);
  return { context: { ...state, next: state.next + 1, calls: state.calls.set(id, dial) }, effects: [{ type: 'send', to, message }] };
}

/** A program's HTTP request as the API server's clients speak. */
function restRequest(id: string, payload: Extract<NetPayload, { readonly type: 'http' }>): HttpRequest {
  const [path = '', query = ''] = payload.path.split('?');
  const header = (name: string): string => payload.headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  const token = /^Bearer (.+)$/.exec(header('authorization'))?.[1];
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('=').map(decodeURIComponent) as [string, string?]);
  return {
    type: 'http.request',
    id,
    method: payload.method as HttpRequest['method'],
    path,
    query: Object.fromEntries(pairs.map(([key, value = '']) => [key, value])),
    accept: header('accept') === '*/*' || header('accept') === '' ? mediaTypes.json : header('accept'),
    ...(payload.body === '' ? {} : { body: readBody(payload.body), contentType: header('content-type') || mediaTypes.json }),
    userAgent: header('user-agent'),
    credential: token === undefined ? { type: 'none' } : { type: 'token', token },
  };
}

/** The text of a body as data; text that is none is left to the API server to refuse. */
function readBody(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The API server has answered a program. */
export function apiReplied(state: RuntimeState, { id, status, contentType, body }: HttpResponse): RuntimeResult {
  const dial = state.calls.get(id);
  if (dial === undefined) return nothing(state);
  const text = typeof body === 'string' ? body : `${JSON.stringify(body, undefined, 2)}\n`;
  return replied({ ...state, calls: state.calls.delete(id) }, dial, {
    type: 'http',
    status,
    headers: [['Content-Type', contentType]],
    body: text,
  });
}

function requestOf({ payload, port, client }: NetDial): ServedRequest | undefined {
  if (payload.type === 'http') {
    const { method, path, headers, body } = payload;
    return { type: 'http', port, client, method, path, headers, body };
  }
  return payload.type === 'tcp' ? { type: 'tcp', port, client, data: payload.data } : undefined;
}

/** An answer from the network: to a program, or to a kubelet that probes. */
export function netReplied(state: RuntimeState, event: RuntimeEvent, id: string, outcome: NetOutcome): RuntimeResult {
  const result = heard(state, event, id, outcome);
  if (result === undefined) return nothing(state);
  if ('result' in result) return result.result;
  if ('owner' in result) return goOn(result.state, event, result.owner, result.answer);
  const { asked, op } = result;
  const told: CriResult = op === 'Probe' ? { op, ...probeResult(outcome) } : { op, outcome };
  const message: CriResponse = { type: 'cri.response', id: asked.id, result: told };
  return { context: result.state, effects: [{ type: 'send', to: asked.client, message }] };
}

function probeResult(outcome: NetOutcome): {
  readonly outcome: 'answered' | 'refused' | 'timeout';
  readonly status: number;
  readonly body: string;
} {
  if (outcome.type === 'http') return { outcome: 'answered', status: outcome.status, body: outcome.body };
  if (outcome.type === 'failed') return { outcome: outcome.failure === 'refused' ? 'refused' : 'timeout', status: 0, body: '' };
  return { outcome: 'answered', status: 0, body: '' };
}
