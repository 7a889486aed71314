import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { formatMicroTime, formatTime, type KubeObject } from '#api/object.ts';
import { resourcePath, resources, sendCall } from '#machinery/client.ts';
import { handleInformer, informerLost, isFor, newInformer, openInformer, type InformerStep } from '#machinery/informer.ts';
import { step } from '#kernel/step.ts';
import type { Effect, StartMessage } from '#kernel/types.ts';
import type { CriRequest, CriResponse } from '#protocol/cri.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { nameOf, type KubeletEvent, type KubeletInput, type KubeletResult, type KubeletState, type Tick } from './state.ts';
import { addStatic, mirror, mirrorAnnotation, mirrorChanged, removeStatic } from './static-pods.ts';
import type { PodUpdate, PodWorkerInput } from './pod-worker.ts';

const manifests = '/etc/kubernetes/manifests/';
const leaseSeconds = 40;
const heartbeatMs = 10_000;

function nodeObject(state: KubeletState, event: KubeletEvent): object {
  const { node } = state.input;
  const time = formatTime(event.now);
  const condition = (type: string, status: string, reason: string, message: string): object => ({
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    message,
    reason,
    status,
    type,
  });
  const conditions = [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nameOf(event), ...node.metadata },
    spec: node.spec,
    status: { ...node.status, conditions },
  };
}

const tick = (afterMs: number): Effect => ({
  type: 'arm',
  timer: 'heartbeat',
  afterMs,
  message: { type: 'kubelet.tick' } as Tick,
  chatter: true,
});

function start(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { input } = event.message as StartMessage<KubeletInput>;
  let context: KubeletState = { ...state, input };
  const effects: Effect[] = [{ type: 'watch-files', prefix: manifests }];
  for (const [path, content] of event.disk.prefixed(manifests)) {
    const added = addStatic(context, path, content, event);
    context = added.context;
    effects.push(...added.effects);
  }
  const registered = register(context, event);
  return { context: registered.context, effects: [...effects, ...registered.effects] };
}

/** Registers the Node; tried again until the API server answers. */
function register(state: KubeletState, event: KubeletEvent): KubeletResult {
  return {
    context: state,
    effects: [
      sendCall(state.input.client, 'register', { method: 'POST', path: resourcePath(resources.nodes), body: nodeObject(state, event) }),
      tick(2_000),
    ],
  };
}

// ── pods from the API server ────────────────────────────────────────────────

function informed(state: KubeletState, result: InformerStep, event: KubeletEvent): KubeletResult {
  let context: KubeletState = { ...state, pods: result.state };
  const effects: Effect[] = [...result.effects];
  for (const { object, type } of result.changes) {
    const uid = object.metadata.annotations?.[mirrorAnnotation] ?? object.metadata.uid ?? '';
    const worker = context.workers.get(uid);
    const isMirror = object.metadata.annotations?.[mirrorAnnotation] !== undefined;
    if (isMirror) {
      if (worker !== undefined) effects.push(...mirrorChanged(context, object, type, worker, event));
      continue;
    }
    const phase = (object['status'] as { readonly phase?: string } | undefined)?.phase;
    if (worker === undefined) {
      if (type === 'delete' || phase === 'Succeeded' || phase === 'Failed') continue;
      const name = `pod-${context.next}`;
      const input: PodWorkerInput = { pod: object, static: false };
      context = { ...context, next: context.next + 1, workers: context.workers.set(uid, name) };
      effects.push({ type: 'start', name, definition: 'kubelet/pod-worker', input });
      if (object.metadata.deletionTimestamp !== undefined)
        effects.push({ type: 'send', to: `${event.self}/${name}`, message: { type: 'pod.update', pod: object } as PodUpdate });
      continue;
    }
    const message: PodUpdate = { type: 'pod.update', pod: type === 'delete' ? undefined : object };
    effects.push({ type: 'send', to: `${event.self}/${worker}`, message });
    if (type === 'delete') context = { ...context, workers: context.workers.delete(uid) };
  }
  return { context, effects: [...effects, ...mirror(context)] };
}

// ── heartbeats ──────────────────────────────────────────────────────────────

function heartbeat(state: KubeletState, event: KubeletEvent): KubeletResult {
  if (!state.registered) return register(state, event);
  const name = nameOf(event);
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(event.now) };
  const lease = state.lease;
  const client = state.input.client;
  const call =
    lease === undefined
      ? ({ method: 'GET', path: resourcePath(resources.leases, 'kube-node-lease', name), query: { timeout: '10s' } } as const)
      : ({
          method: 'PUT',
          path: resourcePath(resources.leases, 'kube-node-lease', name),
          query: { timeout: '10s' },
          body: { ...lease, spec },
        } as const);
  return { context: state, effects: [sendCall(client, 'lease', call, { chatter: true }), tick(heartbeatMs)] };
}

function leased(state: KubeletState, response: HttpResponse, event: KubeletEvent): KubeletResult {
  if (response.status < 300) return { context: { ...state, lease: response.body as unknown as KubeObject }, effects: [] };
  if (response.status !== 404) return { context: { ...state, lease: undefined }, effects: [] };
  const name = nameOf(event);
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(event.now) },
  };
  return {
    context: state,
    effects: [
      sendCall(
        state.input.client,
        'lease',
        { method: 'POST', path: resourcePath(resources.leases, 'kube-node-lease'), query: { timeout: '10s' }, body },
        { chatter: true },
      ),
    ],
  };
}

function registered(state: KubeletState, response: HttpResponse, event: KubeletEvent): KubeletResult {
  if (response.status >= 300 && response.status !== 409) return { context: state, effects: [] };
  const spec = { id: 'pods', resource: resources.pods, fieldSelector: `spec.nodeName=${nameOf(event)}` };
  const opened = openInformer(state.pods ?? newInformer(spec), state.input.client);
  return {
    context: { ...state, registered: true, pods: opened.state },
    effects: [{ type: 'link', to: state.input.client.server }, ...opened.effects, tick(10)],
  };
}

// ── serving ─────────────────────────────────────────────────────────────────

/** GET /containerLogs/<namespace>/<pod>/<container>: asked by the API server for `kubectl logs`. */
function serveLogs(state: KubeletState, event: KubeletEvent): KubeletResult {
  const request = event.message as HttpRequest;
  const match = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(request.path);
  const reply = (status: number, body: string): KubeletResult => {
    const response: HttpResponse = { type: 'http.response', id: request.id, status, contentType: 'text/plain', body };
    return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
  };
  if (match === null) return reply(200, 'ok');
  const [, namespace = '', pod = '', container = ''] = match;
  const object = state.pods?.store.get(`${namespace}/${pod}`);
  const statuses =
    (object?.['status'] as { readonly containerStatuses?: readonly { readonly name: string; readonly containerID?: string }[] } | undefined)
      ?.containerStatuses ?? [];
  const id = statuses.find((item) => item.name === container)?.containerID?.replace(/^\w+:\/\//, '');
  if (id === undefined) return reply(400, `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`);
  const tail = request.query['tailLines'];
  const key = `log ${state.next}`;
  const message: CriRequest = {
    type: 'cri.request',
    id: key,
    operation: { op: 'ReadLog', container: id, tailLines: tail === undefined ? undefined : Number(tail) },
  };
  return {
    context: { ...state, next: state.next + 1, logs: state.logs.set(key, { client: event.from, id: request.id }) },
    effects: [{ type: 'send', to: `${nameOf(event)}/container-runtime`, message }],
  };
}

function logRead(state: KubeletState, response: CriResponse): KubeletResult {
  const waiting = state.logs.get(response.id);
  if (waiting === undefined) return { context: state, effects: [] };
  const lines = 'result' in response && response.result.op === 'ReadLog' ? response.result.lines : [];
  const message: HttpResponse = {
    type: 'http.response',
    id: waiting.id,
    status: 200,
    contentType: 'text/plain',
    body: lines.map((line) => `${line.text}\n`).join(''),
  };
  return { context: { ...state, logs: state.logs.delete(response.id) }, effects: [{ type: 'send', to: waiting.client, message }] };
}

function serve(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'kubelet.tick':
      return heartbeat(state, event);
    case 'file.changed': {
      if (message.content === undefined) return removeStatic(state, message.path, event);
      const added = addStatic(state, message.path, message.content, event);
      return { context: added.context, effects: [...added.effects, ...mirror(added.context)] };
    }
    case 'http.request':
      return serveLogs(state, event);
    case 'cri.response':
      return logRead(state, message);
    case 'cri.event': {
      const worker = state.workers.get(message.podUid);
      return { context: state, effects: worker === undefined ? [] : [{ type: 'send', to: `${event.self}/${worker}`, message }] };
    }
    case 'process.exited':
      return { context: state, effects: [] };
    case 'peer.closed': {
      if (state.pods === undefined) return { context: state, effects: [] };
      const lost = informerLost(state.pods);
      return { context: { ...state, pods: lost.state }, effects: [...lost.effects, { type: 'link', to: state.input.client.server }] };
    }
    case 'message.undeliverable': {
      if (state.pods === undefined || !isFor(state.pods, message.message)) return { context: state, effects: [] };
      const lost = informerLost(state.pods);
      return { context: { ...state, pods: lost.state }, effects: lost.effects };
    }
    default: {
      if (message.type === 'http.response' && message.id === 'register') return registered(state, message, event);
      if (message.type === 'http.response' && message.id === 'lease') return leased(state, message, event);
      if (message.type === 'http.response' && message.id === 'mirror') return { context: state, effects: [] };
      if (state.pods === undefined || !isFor(state.pods, message)) return { context: state, effects: [] };
      return informed(state, handleInformer(state.pods, message, state.input.client), event);
    }
  }
}

const serving = step<KubeletState, KubeletEvent>(serve);
const on = {
  'kubelet.tick': { actions: serving },
  'file.changed': { actions: serving },
  'http.request': { actions: serving },
  'http.response': { actions: serving },
  'http.chunk': { actions: serving },
  'http.end': { actions: serving },
  'informer.retry': { actions: serving },
  'cri.event': { actions: serving },
  'cri.response': { actions: serving },
  'peer.closed': { actions: serving },
  'message.undeliverable': { actions: serving },
} as const;

/** The kubelet: registers its node, and gives each pod of it a worker. */
export const kubeletMachine = setup({
  types: { context: {} as KubeletState, events: {} as KubeletEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kubelet',
  context: {
    input: {
      client: { server: '', credential: { type: 'none' }, userAgent: '' },
      hostIp: '',
      hollow: false,
      node: { metadata: {}, spec: {}, status: {} },
    },
    pods: undefined,
    registered: false,
    static: SortedMap.empty<KubeObject>(),
    workers: SortedMap.empty<string>(),
    lease: undefined,
    logs: SortedMap.empty(),
    next: 1,
  } as KubeletState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'registering', actions: serving } } },
    registering: { on, always: { guard: ({ context }) => context.registered, target: 'running' } },
    running: { on },
  },
});
