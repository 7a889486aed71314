import type { KubeObject } from '#api/object.ts';
import type { ContainerStats, CriOperation, CriRequest, CriResponse } from '#protocol/cri.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { asPod } from './containers.ts';
import { nameOf, type KubeletEvent, type KubeletResult, type KubeletState } from './state.ts';

/** What a path of the kubelet's server comes to: an answer, or a question to the runtime. */
type Served = { readonly status: number; readonly body: string } | { readonly operation: CriOperation };

const refused = (status: number, body: string): Served => ({ status, body });

/** Which container of the runtime a request is about; or why there is none. */
function containerOf(state: KubeletState, path: string, previous: boolean): string | { readonly error: Served } {
  const [, , namespace = '', pod = '', name = ''] = path.split('/');
  const object = podOf(state, namespace, pod);
  if (object === undefined) return { error: refused(404, `pod "${pod}" not found`) };
  const { status } = asPod(object);
  const entry = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((item) => item.name === name);
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

/** pkg/kubelet/server: what the API server (or anybody else) may ask a kubelet. */
function route(state: KubeletState, request: HttpRequest): Served {
  const { path, query } = request;
  if (path.startsWith('/containerLogs/')) {
    const container = containerOf(state, path, query['previous'] === 'true');
    if (typeof container !== 'string') return container.error;
    const tail = query['tailLines'];
    return { operation: { op: 'ReadLog', container, tailLines: tail === undefined ? undefined : Number(tail) } };
  }
  if (path.startsWith('/exec/')) {
    const container = containerOf(state, path, false);
    if (typeof container !== 'string') return container.error;
    const command = JSON.parse(query['command'] ?? '[]') as readonly string[];
    const stdin = typeof request.body === 'string' ? request.body : undefined;
    return { operation: { op: 'ExecSync', container, command, stdin, timeoutSeconds: 0 } };
  }
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
  const id = `ask ${state.next}`;
  const message: CriRequest = { type: 'cri.request', id, operation: served.operation };
  return {
    context: { ...state, next: state.next + 1, asked: state.asked.set(id, { client: event.from, id: request.id }) },
    effects: [{ type: 'send', to: `${nameOf(event)}/container-runtime`, message }],
  };
}

/** The runtime has answered what a client of this server waits for. */
export function runtimeAnswered(state: KubeletState, response: CriResponse): KubeletResult {
  const waiting = state.asked.get(response.id);
  if (waiting === undefined) return { context: state, effects: [] };
  const message: HttpResponse = { type: 'http.response', id: waiting.id, ...bodyOf(response) };
  return { context: { ...state, asked: state.asked.delete(response.id) }, effects: [{ type: 'send', to: waiting.client, message }] };
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

function bodyOf(response: CriResponse): Pick<HttpResponse, 'status' | 'contentType' | 'body'> {
  // The connection of a command is upgraded; what went wrong comes over it.
  const upgraded = { status: 101, contentType: 'application/json' };
  if ('error' in response)
    return {
      ...upgraded,
      body: { error: `Internal error occurred: Internal error occurred: error executing command in container: ${response.error}` },
    };
  const { result } = response;
  if (result.op === 'ReadLog')
    return { status: 200, contentType: 'text/plain', body: result.lines.map((line) => `${line.text}\n`).join('') };
  if (result.op === 'ListContainerStats') return { status: 200, contentType: metricsType, body: resourceMetrics(result.stats) };
  if (result.op !== 'ExecSync') return { status: 200, contentType: 'text/plain', body: '' };
  const { exitCode, stdout, stderr } = result;
  return { ...upgraded, body: { exitCode, stdout, stderr } };
}
