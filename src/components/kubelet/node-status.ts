import { createTwoWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import { formatMicroTime, formatTime, type KubeObject } from '#api/object.ts';
import type { NodeCondition } from '#api/types.generated.ts';
import { createEvent } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ApiCall } from '#machinery/client.ts';
import { newInformer, openInformer } from '#machinery/informer.ts';
import type { Effect } from '#kernel/types.ts';
import type { CriRequest } from '#protocol/cri.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import { nameOf, type KubeletEvent, type KubeletResult, type KubeletState, type Tick } from './state.ts';

const leaseSeconds = 40;
const heartbeatMs = 10_000;
const retryMs = 2000;
/** A status that does not change is told again after this (nodeStatusReportFrequency). */
const reportMs = 300_000;
const statusSchema = schemaFor({ group: '', version: 'v1', kind: 'Node' })?.field('status');

const facts = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** What a kubelet says of its node when it begins, in order. */
const firstWords: readonly (readonly [reason: string, message: (node: string) => string])[] = [
  ['Starting', () => 'Starting kubelet.'],
  ...['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'].map(
    (reason) => [reason, (node: string) => `Node ${node} status is now: ${reason}`] as const,
  ),
  ['NodeAllocatableEnforced', () => 'Updated Node Allocatable limit across pods'],
  ['NodeReady', (node) => `Node ${node} status is now: NodeReady`],
];

function conditionsAt(now: number, before: readonly NodeCondition[]): readonly object[] {
  const time = formatTime(now);
  return facts.map(([type, status, reason, message]) => {
    const old = before.find((item) => item.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : time;
    return { lastHeartbeatTime: time, lastTransitionTime, message, reason, status, type };
  });
}

export const tick = (what: Tick['what'], afterMs: number): Effect => ({
  type: 'arm',
  timer: what,
  afterMs,
  message: { type: 'kubelet.tick', what } as Tick,
  chatter: true,
});

/** Registers the Node; tried again until the API server answers. */
export function register(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { node, client } = state.input;
  const body = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nameOf(event), ...node.metadata },
    spec: node.spec,
    status: { ...node.status, conditions: conditionsAt(event.now, []) },
  };
  return {
    context: state,
    effects: [sendCall(client, 'register', { method: 'POST', path: resourcePath(resources.nodes), body }), tick('heartbeat', retryMs)],
  };
}

/** The Node is there, new or from before: its pods are watched, and the services that containers are told of. */
export function registered(state: KubeletState, response: HttpResponse, event: KubeletEvent): KubeletResult {
  if (response.status >= 300 && response.status !== 409) return { context: state, effects: [] };
  const { client } = state.input;
  const spec = { id: 'pods', resource: resources.pods, fieldSelector: `spec.nodeName=${nameOf(event)}` };
  const pods = openInformer(state.pods ?? newInformer(spec), client);
  const services = openInformer(newInformer({ id: 'services', resource: resources.services }), client);
  return {
    context: { ...state, registered: true, pods: pods.state, others: state.others.set('services', services.state) },
    effects: [{ type: 'link', to: client.server }, ...pods.effects, ...services.effects, ...introduce(state, event), tick('heartbeat', 10)],
  };
}

function introduce(state: KubeletState, event: KubeletEvent): readonly Effect[] {
  if (state.input.hollow) return [];
  const name = nameOf(event);
  const subject = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
  const source = { component: 'kubelet', host: name };
  return firstWords.map(([reason, message], index) =>
    sendCall(state.input.client, 'event', createEvent(subject, 'Normal', reason, message(name), source, event.now, index)),
  );
}

/** Renews the lease, and looks whether the API server has the node's status as it is (tryUpdateNodeStatus). */
export function heartbeat(state: KubeletState, event: KubeletEvent): KubeletResult {
  if (!state.registered) return register(state, event);
  const path = resourcePath(resources.nodes, '', nameOf(event));
  const status = sendCall(state.input.client, 'node', { method: 'GET', path, query: { timeout: '10s' } }, { chatter: true });
  return { context: state, effects: [renew(state, event), status, tick('heartbeat', heartbeatMs)] };
}

function renew(state: KubeletState, event: KubeletEvent): Effect {
  const name = nameOf(event);
  const path = resourcePath(resources.leases, 'kube-node-lease', name);
  const query = { timeout: '10s' };
  const call: ApiCall =
    state.lease === undefined
      ? { method: 'GET', path, query }
      : { method: 'PUT', path, query, body: { ...state.lease, spec: leaseSpec(event) } };
  return sendCall(state.input.client, 'lease', call, { chatter: true });
}

const leaseSpec = (event: KubeletEvent): object => ({
  holderIdentity: nameOf(event),
  leaseDurationSeconds: leaseSeconds,
  renewTime: formatMicroTime(event.now),
});

export function leased(state: KubeletState, response: HttpResponse, event: KubeletEvent): KubeletResult {
  if (response.status < 300) return { context: { ...state, lease: response.body as unknown as KubeObject }, effects: [] };
  if (response.status !== 404) return { context: { ...state, lease: undefined }, effects: [] };
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: nameOf(event), namespace: 'kube-node-lease' },
    spec: leaseSpec(event),
  };
  const call: ApiCall = { method: 'POST', path: resourcePath(resources.leases, 'kube-node-lease'), query: { timeout: '10s' }, body };
  return { context: state, effects: [sendCall(state.input.client, 'lease', call, { chatter: true })] };
}

/** The Node as the API server has it: patched where a condition is not what it should be, or was last told long ago. */
export function nodeRead(state: KubeletState, response: HttpResponse, event: KubeletEvent): KubeletResult {
  if (response.status !== 200) return { context: state, effects: [] };
  const live = response.body as unknown as KubeObject;
  const { podCIDR = '' } = (live['spec'] ?? {}) as { readonly podCIDR?: string };
  const network = podCIDR === state.podCidr ? [] : [tellRuntime(event, podCIDR)];
  const context: KubeletState = { ...state, podCidr: podCIDR };
  const status = (live['status'] ?? {}) as { readonly conditions?: readonly NodeCondition[] };
  const before = status.conditions ?? [];
  const stale = facts.some(([type, value, reason]) => {
    const old = before.find((item) => item.type === type);
    return old?.status !== value || old.reason !== reason || event.now - Date.parse(old.lastHeartbeatTime ?? '') >= reportMs;
  });
  if (!stale) return { context, effects: network };
  const own = conditionsAt(event.now, before) as readonly NodeCondition[];
  const conditions = [...own, ...before.filter((item) => !own.some((other) => other.type === item.type))];
  const patch = createTwoWayMergePatch(status, { ...status, conditions }, statusSchema);
  const call: ApiCall = {
    method: 'PATCH',
    path: resourcePath(resources.nodes, '', nameOf(event), 'status'),
    query: { timeout: '10s' },
    contentType: mediaTypes.strategicMergePatch,
    body: { status: patch },
  };
  return { context, effects: [...network, sendCall(state.input.client, 'node-status', call, { chatter: true })] };
}

/** The runtime gives addresses from the network of its Node (updatePodCIDR). */
function tellRuntime(event: KubeletEvent, podCidr: string): Effect {
  const message: CriRequest = { type: 'cri.request', id: 'config', operation: { op: 'UpdateRuntimeConfig', podCidr } };
  return { type: 'send', to: `${nameOf(event)}/container-runtime`, message };
}
