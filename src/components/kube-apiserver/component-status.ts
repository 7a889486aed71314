import type { Json } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { notFound } from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Effect } from '#kernel/types.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-machine.ts';
import { statusResponse, storedResponse } from './respond.ts';
import type { ApiServerState } from './state.ts';

/** One component that is asked how it is; `health` undefined while it has not answered. */
export interface Probe {
  readonly name: string;
  /** '' for etcd, which the server asks as its store. */
  readonly address: string;
  readonly health: { readonly healthy: boolean; readonly text: string; readonly error?: string | undefined } | undefined;
}

/**
 * registry/core/componentstatus: the server asks scheduler and controller manager on their health ports while the client
 * waits; etcd it knows itself. Called to begin with, and with each answer (undefined: nobody listens there).
 */
export function componentStatuses(
  state: RequestState,
  server: ApiServerState,
  resource: ResourceDefinition,
  now: number,
  from = '',
  answer?: HttpResponse,
): Outcome<RequestState> {
  if (state.probes === undefined) {
    const components = server.options.components.map(({ name, address }): Probe => ({ name, address, health: undefined }));
    const request: HttpRequest = {
      ...state.request,
      method: 'GET',
      path: '/healthz',
      query: {},
      accept: '*/*',
      credential: { type: 'none' },
    };
    const effects = components.map((probe): Effect => ({ type: 'send', to: probe.address, message: request }));
    return { context: { ...state, probes: [...components, { name: 'etcd-0', address: '', health: undefined }] }, effects };
  }
  const port = server.options.components.find((component) => component.address === from)?.port ?? 0;
  const health =
    answer === undefined
      ? { healthy: false, text: `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused` }
      : { healthy: answer.status === 200, text: String(answer.body) };
  return settle(state, from, health, resource, now);
}

/** What etcd said, or what is wrong with it. */
export function etcdStatus(
  state: RequestState,
  resource: ResourceDefinition,
  now: number,
  error: string | undefined,
): Outcome<RequestState> {
  const health =
    error === undefined ? { healthy: true, text: 'ok' } : { healthy: false, text: '', error: `error getting data from etcd: ${error}` };
  return settle(state, '', health, resource, now);
}

/** Takes in how one of them is; when all are known, that is the answer. */
function settle(
  before: RequestState,
  from: string,
  health: NonNullable<Probe['health']>,
  resource: ResourceDefinition,
  now: number,
): Outcome<RequestState> {
  const state = { ...before, probes: before.probes!.map((probe) => (probe.address === from ? { ...probe, health } : probe)) };
  if (state.probes.some((probe) => probe.health === undefined)) return { context: state, effects: [] };
  const effects: readonly Effect[] = [];
  const all = state.probes.map(statusObject);
  const { name } = state.info;
  const found = all.find((item) => item.metadata.name === name);
  if (name !== '' && found === undefined) {
    return { context: { ...state, gate: 'response', response: statusResponse(state, notFound(resource, name)) }, effects };
  }
  const stored =
    found === undefined
      ? ({ type: 'list', objects: all, metadata: {} as Json } as const)
      : ({ type: 'object', status: 200, object: found } as const);
  return { context: { ...state, gate: 'response', since: now, response: storedResponse(state, resource, stored, now) }, effects };
}

function statusObject({ name, health }: Probe): KubeObject {
  const healthy = health?.healthy === true;
  const { text: message = '', error } = health ?? {};
  const condition = { type: 'Healthy', status: healthy ? 'True' : 'False', message, ...(error === undefined ? {} : { error }) };
  return { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name }, conditions: [condition] };
}
