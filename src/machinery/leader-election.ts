import { nextRandom, seedRandom, type RandomState } from '#base/random.ts';
import { newUid } from '#api/names.ts';
import { formatMicroTime, type KubeObject } from '#api/object.ts';
import type { Effect, Message } from '#kernel/types.ts';
import type { HttpClientMessage, HttpResponse } from '#protocol/rest.ts';
import { resourcePath, resources, sendCall, type ApiCall, type ClientConfig } from './client.ts';

/** client-go tools/leaderelection with a Lease: 15 s, renewed within 10 s, tried every 2 s. */
export interface ElectionState {
  readonly name: string;
  readonly identity: string;
  readonly leading: boolean;
  /** The lease as last seen, and when its renewal was last seen to change. */
  readonly lease: KubeObject | undefined;
  readonly observedAt: number;
  readonly renewedAt: number;
  readonly request: number;
  readonly random: RandomState;
}
export interface ElectionTick extends Message {
  readonly type: 'election.tick';
}

const leaseSeconds = 15;
const renewDeadlineMs = 10_000;
const retryMs = 2_000;
const jitterFactor = 1.2;
const namespace = 'kube-system';

/** A candidate: `<host>_<uuid>`, another one after each restart of the process (cmd/kube-controller-manager/app Run). */
export function newElection(name: string, host: string, seed: number): ElectionState {
  const [uid, random] = newUid(seedRandom(seed, 'election'));
  return { name, identity: `${host}_${uid}`, leading: false, lease: undefined, observedAt: 0, renewedAt: 0, request: 0, random };
}

const tick = (afterMs: number): Effect => ({
  type: 'arm',
  timer: 'election',
  afterMs,
  message: { type: 'election.tick' } as ElectionTick,
  chatter: true,
});
const isMine = (message: Message): message is HttpResponse =>
  message.type === 'http.response' && (message as HttpResponse).id.startsWith('election ');

export interface ElectionStep {
  readonly state: ElectionState;
  readonly effects: readonly Effect[];
  /** What has just changed. */
  readonly outcome: 'acquired' | 'lost' | undefined;
}

function send(state: ElectionState, client: ClientConfig, call: ApiCall): ElectionStep {
  const request = state.request + 1;
  return {
    state: { ...state, request },
    effects: [sendCall(client, `election ${request}`, { ...call, query: { timeout: '5s' } }, { chatter: true })],
    outcome: undefined,
  };
}

const path = (state: ElectionState): string => resourcePath(resources.leases, namespace, state.name);

/** Tries to acquire (about every 2 to 4.4 s: wait.JitterUntil) or to renew (every 2 s, until nothing has come of it for 10 s). */
export function electionTick(state: ElectionState, client: ClientConfig, now: number): ElectionStep {
  if (state.leading && now - state.renewedAt > renewDeadlineMs)
    return { state: { ...state, leading: false }, effects: [], outcome: 'lost' };
  const [chance, random] = nextRandom(state.random);
  const afterMs = state.leading ? retryMs : retryMs * (1 + chance * jitterFactor);
  const renews = state.leading && state.lease !== undefined;
  const step = send(
    { ...state, random },
    client,
    renews ? { method: 'PUT', path: path(state), body: renewed(state, now) } : { method: 'GET', path: path(state) },
  );
  return { ...step, effects: [...step.effects, tick(afterMs)] };
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseTransitions?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseDurationSeconds?: number;
}
const specOf = (lease: KubeObject | undefined): LeaseSpec => (lease?.['spec'] ?? {}) as LeaseSpec;

function renewed(state: ElectionState, now: number): unknown {
  const lease = state.lease;
  const spec = specOf(lease);
  const time = formatMicroTime(now);
  const same = spec.holderIdentity === state.identity;
  const next = {
    holderIdentity: state.identity,
    leaseDurationSeconds: leaseSeconds,
    acquireTime: same ? spec.acquireTime : time,
    renewTime: time,
    leaseTransitions: same ? (spec.leaseTransitions ?? 0) : lease === undefined ? 0 : (spec.leaseTransitions ?? 0) + 1,
  };
  return lease === undefined
    ? { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: state.name, namespace }, spec: next }
    : { ...lease, spec: next };
}

/** Whether a message is an answer to this election's requests. */
export const isElection = (message: Message): boolean => message.type === 'election.tick' || isMine(message);

/** Takes in an answer. */
export function electionAnswer(state: ElectionState, message: HttpClientMessage, client: ClientConfig, now: number): ElectionStep {
  const idle: ElectionStep = { state, effects: [], outcome: undefined };
  if (!isMine(message) || message.id !== `election ${state.request}`) return idle;
  if (message.status === 404)
    return send({ ...state, lease: undefined }, client, {
      method: 'POST',
      path: resourcePath(resources.leases, namespace),
      body: renewed({ ...state, lease: undefined }, now),
    });
  if (message.status >= 300) return message.status === 409 ? { ...idle, state: { ...state, lease: undefined } } : idle;
  const lease = message.body as unknown as KubeObject;
  const spec = specOf(lease);
  const changed = specOf(state.lease).renewTime !== spec.renewTime;
  const seen: ElectionState = { ...state, lease, observedAt: changed || state.lease === undefined ? now : state.observedAt };
  if (spec.holderIdentity === state.identity)
    return { state: { ...seen, leading: true, renewedAt: now }, effects: [], outcome: state.leading ? undefined : 'acquired' };
  const expired = now - seen.observedAt >= leaseSeconds * 1000;
  return expired || spec.holderIdentity === ''
    ? send(seen, client, { method: 'PUT', path: path(state), body: renewed(seen, now) })
    : { ...idle, state: seen };
}
