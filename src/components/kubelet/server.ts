import type { KubeObject } from '#api/object.ts';
import type { Effect } from '#kernel/types.ts';
import type { ContainerStats, CriOperation, CriRequest, CriResponse } from '#protocol/cri.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { asPod } from './containers.ts';
import { beginStream, askedAs, chosenLines, logText, streaming, withSince } from './streams.ts';
import { nameOf, type Asked, type KubeletEvent, type KubeletResult, type KubeletState } from './state.ts';

/** What a path of the kubelet's server comes to: an answer, a question to the runtime, or a way to the ports of a container's pod. */
type Served = { readonly status: number; readonly body: string } | { readonly operation: CriOperation } | { readonly forwards: string };

const refused = (status: number, body: string): Served => ({ status, body });

/** Which container of the runtime a request is about; or why there is none. */
function containerOf(state: KubeletState, path: string, previous: boolean): string | { readonly error: Served } {
  const [, , namespace = '', pod = '', name = ''] = path.split('/');
  const object = podOf(state, namespace, pod);
  if (object === undefined) return { error: refused(404, `pod "${pod}" not found`) };
  const { status } = asPod(object);
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  // Ports belong to the pod: any container of it leads there.
  const entry = name === '' ? all.find((item) => item.state?.running !== undefined) : all.find((item) => item.name === name);
  const idOf = (text: string | undefined): string | undefined => text?.replace(/^\w+:\/\//, '');
  if (previous) {
    const id = idOf(entry?.lastState?.terminated?.containerID);
    return id ?? { error: refused(400, `previous terminated container "${name}" in pod "${pod}" not found`) };
  }
  const { state: now } = entry ?? {};
  const id = idOf(now?.waiting === undefined ? entry?.containerID : entry?.lastState?.terminated?.containerID);
  if (id !== undefined && id !== '') return id;
  const { reason = 'ContainerCreating' } = now?.waiting ?? {};
  const why = /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName)$/.test(reason)
    ? 'trying and failing to pull image'
    : reason;
  return { error: refused(400, `container "${name}" in pod "${pod}" is waiting to start: ${why}`) };
}

function podOf(state: KubeletState, namespace: string, name: string): KubeObject | undefined {
  return state.pods?.store.get(`${namespace}/${name}`);
}

/** pkg/kubelet/server: getExec, getAttach, getPortForward. */
function streamed(state: KubeletState, { path, query }: HttpRequest, stream: string): Served {
  const container = containerOf(state, path, false);
  if (typeof container !== 'string') return container.error;
  if (stream === 'portForward') return { forwards: container };
  if (stream === 'attach') return { operation: { op: 'Attach', container } };
  const command = JSON.parse(query['command'] ?? '[]') as readonly string[];
  return { operation: { op: 'Exec', container, command, stdin: query['stdin'] === 'true', tty: query['tty'] === 'true' } };
}

/** pkg/kubelet/server: what the API server (or anybody else) may ask a kubelet. */
function route(state: KubeletState, request: HttpRequest): Served {
  const { path, query } = request;
  if (path.startsWith('/containerLogs/')) {
    const container = containerOf(state, path, query['previous'] === 'true');
    if (typeof container !== 'string') return container.error;
    return { operation: { op: 'ReadLog', container, follow: query['follow'] === 'true' } };
  }
  const [, stream = ''] = /^\/(exec|attach|portForward)\//.exec(path) ?? [];
  if (stream !== '') return streamed(state, request, stream);
  if (path === '/metrics/resource') return { operation: { op: 'ListContainerStats' } };
  if (path === '/pods')
    return { status: 200, body: JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: [...(state.pods?.store.values() ?? [])] }) };
  return path === '/healthz' ? refused(200, 'ok') : refused(404, '404 page not found\n');
}

export function serveRequest(state: KubeletState, event: KubeletEvent): KubeletResult {
  const request = event.message as HttpRequest;
  const served = route(state, request);
  if ('status' in served) {
    const response: HttpResponse = {
      type: 'http.response',
      id: request.id,
      status: served.status,
      contentType: 'text/plain',
      body: served.body,
    };
    return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
  }
  const id = askedAs(event.from, request.id);
  const query = withSince(request.query, event.now);
  const asked = { client: event.from, id: request.id, query };
  if ('forwards' in served)
    return {
      context: { ...state, asked: state.asked.set(id, { ...asked, forwards: served.forwards }) },
      effects: [{ type: 'send', to: event.from, message: streaming(request.id, 101) }],
    };
  const message: CriRequest = { type: 'cri.request', id, operation: served.operation };
  return {
    context: { ...state, asked: state.asked.set(id, { ...asked, op: served.operation.op }) },
    effects: [{ type: 'send', to: `${nameOf(event)}/container-runtime`, message }],
  };
}

/** The runtime has answered what a client of this server waits for. */
export function runtimeAnswered(state: KubeletState, response: CriResponse): KubeletResult {
  const waiting = state.asked.get(response.id);
  if (waiting === undefined) return { context: state, effects: [] };
  const begun = beginStream(waiting, response);
  const goesOn = begun !== undefined && waiting.op !== 'PortForward' && !begun.some((message) => message.type === 'http.end');
  const messages = begun ?? [{ type: 'http.response', id: waiting.id, ...bodyOf(response, waiting) } as HttpResponse];
  return {
    context: goesOn ? state : { ...state, asked: state.asked.delete(response.id) },
    effects: messages.map((message): Effect => ({ type: 'send', to: waiting.client, message })),
  };
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** pkg/kubelet/metrics/collectors/resource_metrics.go, in the text format of Prometheus. */
function resourceMetrics(stats: readonly ContainerStats[]): string {
  const family = (scope: string, name: string, type: string, help: string, rows: readonly string[]): string =>
    `# HELP ${scope}_${name} [STABLE] ${help}\n# TYPE ${scope}_${name} ${type}\n${rows.map((row) => `${scope}_${name}${row}\n`).join('')}`;
  const labels = ({ container, namespace, pod }: ContainerStats): string =>
    `{container="${container}",namespace="${namespace}",pod="${pod}"}`;
  const both = (name: string, type: string, help: string, value: (item: ContainerStats) => number): string => {
    const total = stats.reduce((sum, item) => sum + value(item), 0);
    const rows = stats.map((item) => `${labels(item)} ${value(item)}`);
    return family('container', name, type, `${help} container`, rows) + family('node', name, type, `${help} node`, [` ${total}`]);
  };
  return (
    both('cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the', ({ cpuSeconds }) => cpuSeconds) +
    both('memory_working_set_bytes', 'gauge', 'Current working set of the', ({ memoryBytes }) => memoryBytes)
  );
}

function bodyOf(response: CriResponse, { query }: Asked): Pick<HttpResponse, 'status' | 'contentType' | 'body'> {
  const plain = { status: 200, contentType: 'text/plain' };
  if ('error' in response) return { ...plain, status: 500, body: response.error };
  const { result } = response;
  if (result.op === 'ReadLog') return { ...plain, body: logText(chosenLines(result.lines, query), query) };
  if (result.op === 'ListContainerStats') return { status: 200, contentType: metricsType, body: resourceMetrics(result.stats) };
  return { ...plain, body: '' };
}
