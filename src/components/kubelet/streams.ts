import { formatMicroTime } from '#api/object.ts';
import type { Json } from '#base/json.ts';
import type { Effect } from '#kernel/types.ts';
import type { CriHangUp, CriInput, CriRequest, CriResponse, CriStream, LogLine } from '#protocol/cri.ts';
import type { HttpAbort, HttpChunk, HttpClientMessage, HttpInput, HttpRequest, HttpResponse, StreamFrame } from '#protocol/rest.ts';
import { nameOf, type Asked, type KubeletEvent, type KubeletResult, type KubeletState } from './state.ts';

/** Under which name the runtime is asked for a client. */
export const askedAs = (client: string, id: string): string => `${client} ${id}`;

/** The beginning of a stream. */
export const streaming = (id: string, status: number): HttpResponse => ({
  type: 'http.response',
  id,
  status,
  contentType: 'text/plain',
  body: null,
});

const framesFor = (id: string, frames: readonly StreamFrame[]): HttpChunk => ({ type: 'http.chunk', id, frames });
const endOf = (id: string): HttpClientMessage => ({ type: 'http.end', id });
const success: Json = { metadata: {}, status: 'Success' };

/** The Status that ends a command (kubelet/pkg/cri/streaming/remotecommand/exec.go, ServeExec). */
function statusOf(exitCode: number): Json {
  if (exitCode === 0) return success;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** What could not be begun is told over the connection, which is there already (apierrors.NewInternalError). */
function failed(op: Asked['op'], error: string): Json {
  const doing = op === 'Attach' ? 'error attaching to container' : 'error executing command in container';
  const message = `Internal error occurred: ${doing}: ${error}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** The messages with which a stream begins; undefined where the answer is a whole. */
export function beginStream(
  { op, id, query, connection = 0, port = 0 }: Asked,
  response: CriResponse,
): readonly HttpClientMessage[] | undefined {
  if (op === 'PortForward') {
    const found = 'result' in response && response.result.op === 'PortForward' ? response.result.outcome : undefined;
    return [framesFor(id, [{ stream: 'answer', connection, port, outcome: found ?? { type: 'failed', failure: 'refused' } }])];
  }
  if (op === 'Exec' || op === 'Attach') {
    const begin = streaming(id, 101);
    if (!('error' in response)) return [begin];
    return [begin, framesFor(id, [{ stream: 'error', status: failed(op, response.error) }]), endOf(id)];
  }
  if ('error' in response || response.result.op !== 'ReadLog' || query['follow'] !== 'true') return undefined;
  const text = logText(chosenLines(response.result.lines, query), query);
  const begin = streaming(id, 200);
  return text === '' ? [begin] : [begin, { type: 'http.chunk', id, text }];
}

// ── logs ────────────────────────────────────────────────────────────────────

/** The query of a request for a log, with the time since when lines are wanted. */
export function withSince(query: HttpRequest['query'], now: number): HttpRequest['query'] {
  const { sinceSeconds, sinceTime } = { sinceSeconds: query['sinceSeconds'], sinceTime: query['sinceTime'] };
  const at = sinceSeconds !== undefined ? now - Number(sinceSeconds) * 1000 : sinceTime === undefined ? undefined : Date.parse(sinceTime);
  return at === undefined || Number.isNaN(at) ? query : { ...query, since: String(at) };
}

/** Lines that are wanted (cri-client/pkg/logs, LogOptions). */
export function chosenLines(lines: readonly LogLine[], query: HttpRequest['query']): readonly LogLine[] {
  const { tailLines, since } = { tailLines: query['tailLines'], since: query['since'] };
  const recent = since === undefined ? lines : lines.filter(({ at }) => at >= Number(since));
  return tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - Number(tailLines)));
}

export function logText(lines: readonly LogLine[], query: HttpRequest['query']): string {
  const stamped = query['timestamps'] === 'true';
  const text = lines.map(({ at, text: line }) => `${stamped ? `${formatMicroTime(at).slice(0, -1)}000Z ` : ''}${line}\n`).join('');
  return query['limitBytes'] === undefined ? text : text.slice(0, Number(query['limitBytes']));
}

// ── what comes on streams ───────────────────────────────────────────────────

/** More from the runtime. */
export function runtimeSaid(state: KubeletState, { id, output = [], lines = [], ended }: CriStream): KubeletResult {
  const asked = state.asked.get(id);
  if (asked === undefined) return { context: state, effects: [] };
  const messages: HttpClientMessage[] = [];
  if (output.length > 0) messages.push(framesFor(asked.id, output));
  if (lines.length > 0) messages.push({ type: 'http.chunk', id: asked.id, text: logText(lines, asked.query) });
  if (ended !== undefined) {
    if (asked.op !== 'ReadLog')
      messages.push(framesFor(asked.id, [{ stream: 'error', status: asked.op === 'Exec' ? statusOf(ended.exitCode) : success }]));
    messages.push(endOf(asked.id));
  }
  return {
    context: ended === undefined ? state : { ...state, asked: state.asked.delete(id) },
    effects: messages.map((message): Effect => ({ type: 'send', to: asked.client, message })),
  };
}

type ToRuntime = CriInput | CriHangUp | CriRequest;

/** A client sends input, or opens a forwarded connection. */
export function clientSaid(state: KubeletState, { id: request, frames }: HttpInput, event: KubeletEvent): KubeletResult {
  const id = askedAs(event.from, request);
  const asked = state.asked.get(id);
  if (asked === undefined) return { context: state, effects: [] };
  let context = state;
  const messages: ToRuntime[] = [];
  for (const frame of frames) {
    if (frame.stream === 'stdin') messages.push({ type: 'cri.input', id, text: frame.text });
    else if (frame.stream === 'stdin-end') messages.push({ type: 'cri.input', id, text: undefined });
    else if (frame.stream === 'dial' && asked.forwards !== undefined) {
      const { connection, port, payload } = frame;
      const own = `${id} ${connection}`;
      context = { ...context, asked: context.asked.set(own, { ...asked, op: 'PortForward', connection, port }) };
      messages.push({ type: 'cri.request', id: own, operation: { op: 'PortForward', container: asked.forwards, port, payload } });
    }
  }
  return { context, effects: messages.map((message) => toRuntime(event, message)) };
}

const toRuntime = (event: KubeletEvent, message: ToRuntime): Effect => ({
  type: 'send',
  to: `${nameOf(event)}/container-runtime`,
  message,
});

/** A client has gone. */
export function clientGone(state: KubeletState, { id: request }: HttpAbort, event: KubeletEvent): KubeletResult {
  const id = askedAs(event.from, request);
  if (!state.asked.has(id)) return { context: state, effects: [] };
  return { context: { ...state, asked: state.asked.delete(id) }, effects: [toRuntime(event, { type: 'cri.hang-up', id })] };
}
