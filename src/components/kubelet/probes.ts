import type { Container, Probe } from '#api/types.generated.ts';
import type { Effect } from '#kernel/types.ts';
import type { CriOperation, CriResponse } from '#protocol/cri.ts';
import { isRunning, specOf, type Tracked } from './containers.ts';
import { cri, nothing, record, andThen } from './effects.ts';
import { report } from './reporting.ts';
import type { PodWorkerState, ProbeDue, ProbeKind, WorkerEvent, WorkerResult } from './worker-state.ts';

const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];
const titles: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };
/** A container that has just started is probed as soon as its first delay is over. */
const settleMs = 100;

const probeOf = (spec: Container, kind: ProbeKind): Probe | undefined => spec[`${kind}Probe`];

function arm(container: string, probe: ProbeKind, afterMs: number): Effect {
  const message: ProbeDue = { type: 'pod.probe', container, probe };
  return { type: 'arm', timer: `probe ${probe} ${container}`, afterMs, message, chatter: true };
}

/** A container has started: its probes begin (pkg/kubelet/prober). */
export function startProbes(state: PodWorkerState, container: string): WorkerResult {
  const spec = specOf(state.pod!, container);
  let { probes } = state;
  const effects: Effect[] = [];
  for (const kind of kinds) {
    const probe = probeOf(spec, kind);
    if (probe === undefined) continue;
    probes = probes.delete(`${kind} ${container}`);
    effects.push(arm(container, kind, (probe.initialDelaySeconds ?? 0) * 1000 + settleMs));
  }
  return { context: { ...state, probes }, effects };
}

/** It is time to probe. Until a container has started up, only its startup probe runs. */
export function probe(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { container, probe: kind } = event.message as ProbeDue;
  const item = state.containers.find((entry) => entry.name === container);
  if (item === undefined || !isRunning(item) || state.pod === undefined) return nothing(state);
  if (kind === 'startup' ? item.started : state.life !== 'syncing' && kind === 'liveness') return nothing(state);
  const spec = specOf(state.pod, container);
  const wanted = probeOf(spec, kind)!;
  if (kind !== 'startup' && !item.started) return { context: state, effects: [arm(container, kind, periodMs(wanted))] };
  return { context: state, effects: [cri(event, `probe ${kind} ${container}`, operationOf(state, item, spec, wanted))] };
}

const periodMs = (wanted: Probe): number => (wanted.periodSeconds ?? 10) * 1000;

function operationOf(state: PodWorkerState, item: Tracked, spec: Container, wanted: Probe): CriOperation {
  const { exec, httpGet, tcpSocket, grpc, timeoutSeconds = 1 } = wanted;
  const container = item.status!.id;
  if (exec !== undefined) return { op: 'ExecSync', container, command: exec.command ?? [], timeoutSeconds };
  const target = httpGet ?? tcpSocket ?? grpc;
  const port = portOf(spec, target?.port ?? 0);
  const host = httpGet?.host ?? tcpSocket?.host ?? state.sandbox?.ip ?? '';
  const kind = httpGet !== undefined ? 'httpGet' : tcpSocket !== undefined ? 'tcpSocket' : 'grpc';
  return { op: 'Probe', container, dial: { kind, host, port, path: httpGet?.path ?? '/' }, timeoutSeconds };
}

/** A port by its number or by its name in the manifest; 0 where there is none of that name. */
function portOf(spec: Container, port: string | number): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  return spec.ports?.find((item) => item.name === port)?.containerPort ?? 0;
}

/** Why a probe failed, in the prober's words; undefined where it passed (pkg/probe). */
function failureOf(response: CriResponse, wanted: Probe, host: string, port: number): string | undefined {
  if ('error' in response) return /deadline/i.test(response.error) ? `command timed out: ${timeoutText(wanted)}` : response.error;
  const { result } = response;
  if (result.op === 'ExecSync') return result.exitCode === 0 ? undefined : `${result.stdout}${result.stderr}`.trimEnd();
  if (result.op !== 'Probe') return undefined;
  const { httpGet } = wanted;
  const address = `${host}:${port}`;
  const url = `Get "${(httpGet?.scheme ?? 'HTTP').toLowerCase()}://${address}${httpGet?.path ?? '/'}": `;
  if (result.outcome === 'timeout')
    return httpGet === undefined
      ? `dial tcp ${address}: i/o timeout`
      : `${url}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  if (result.outcome === 'refused') return `${httpGet === undefined ? '' : url}dial tcp ${address}: connect: connection refused`;
  if (httpGet !== undefined && (result.status < 200 || result.status >= 400)) return `HTTP probe failed with statuscode: ${result.status}`;
  return undefined;
}

const timeoutText = (wanted: Probe): string => `"${(wanted.exec?.command ?? []).join(' ')}" timed out after ${wanted.timeoutSeconds ?? 1}s`;

/** The answer to a probe: counted, and acted on when it comes as often in a row as its threshold says. */
export function probed(state: PodWorkerState, event: WorkerEvent, response: CriResponse, kind: ProbeKind, container: string): WorkerResult {
  const item = state.containers.find((entry) => entry.name === container);
  if (item === undefined || !isRunning(item) || state.pod === undefined) return nothing(state);
  const spec = specOf(state.pod, container);
  const wanted = probeOf(spec, kind);
  if (wanted === undefined) return nothing(state);
  const target = wanted.httpGet ?? wanted.tcpSocket ?? wanted.grpc;
  const failure = failureOf(response, wanted, state.sandbox?.ip ?? '', portOf(spec, target?.port ?? 0));
  const key = `${kind} ${container}`;
  const before = state.probes.get(key);
  const passed = failure === undefined;
  const count = before?.passed === passed ? before.count + 1 : 1;
  const counted: PodWorkerState = { ...state, probes: state.probes.set(key, { passed, count }) };
  const said = passed
    ? nothing(counted)
    : record(counted, event, { type: 'Warning', reason: 'Unhealthy', message: `${titles[kind]} probe failed: ${failure}`, container });
  const reached = count >= (passed ? (wanted.successThreshold ?? 1) : (wanted.failureThreshold ?? 3));
  const decided = reached ? andThen(said, (context) => decide(context, event, item, kind, passed)) : said;
  // What has to be started again is on hold until there is a new container (prober/worker.go, onHold).
  const onHold = reached && !passed && kind !== 'readiness';
  return onHold ? decided : { context: decided.context, effects: [...decided.effects, arm(container, kind, periodMs(wanted))] };
}

function decide(state: PodWorkerState, event: WorkerEvent, item: Tracked, kind: ProbeKind, passed: boolean): WorkerResult {
  const change = changeOf(state, item, kind, passed);
  if (change === undefined) return nothing(state);
  const containers = state.containers.map((entry) => (entry.name === item.name ? { ...entry, ...change } : entry));
  return report({ ...state, containers }, event);
}

function changeOf(state: PodWorkerState, item: Tracked, kind: ProbeKind, passed: boolean): Partial<Tracked> | undefined {
  if (kind === 'readiness') return item.ready === passed ? undefined : { ready: passed };
  if (!passed) return item.unhealthy === '' ? { unhealthy: kind } : undefined;
  if (kind === 'liveness' || item.started) return undefined;
  return { started: true, ready: specOf(state.pod!, item.name).readinessProbe === undefined };
}
