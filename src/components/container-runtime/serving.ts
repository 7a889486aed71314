import { containerStats, idle } from './usage.ts';
import { hexDigest } from '#base/random.ts';
import { SortedMap } from '#base/sorted-map.ts';
import type { Effect } from '#kernel/types.ts';
import type { ContainerStatus, CriOperation, CriRequest, CriResponse, CriResult, SandboxStatus } from '#protocol/cri.ts';
import { factsOf, findImage, fullName, imageRef, invalidReference } from './images.ts';
import { forward, probe } from './network.ts';
import { answer, execute, failure, finish, startProgram, stopProgram } from './processes.ts';
import { attach, listen } from './streams.ts';
import {
  andThen,
  nothing,
  type Asked,
  type Binary,
  type Container,
  type Pulled,
  type RuntimeEvent,
  type RuntimeResult,
  type RuntimeState,
} from './state.ts';
import { userland } from './programs.ts';

/** How long things take. Milliseconds. */
const takes = { sandbox: 120, create: 30, start: 20, stop: 40, refuse: 400, hollow: 1 } as const;
const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Last parts of pod addresses: .1 is the bridge. */
const firstAddress = 2;
const addressesOfNode = 253;

type Operation<Op extends CriOperation['op']> = Extract<CriOperation, { readonly op: Op }>;
type Answering<Op extends CriOperation['op']> = (
  state: RuntimeState,
  event: RuntimeEvent,
  operation: Operation<Op>,
  asked: Asked,
) => RuntimeResult;

const idOf = (state: RuntimeState, kind: string, self: string): string => hexDigest(`${kind} ${self} ${state.next}`, 64);
const reply = (context: RuntimeState, asked: Asked, result: CriResult, delayMs = 0, more: readonly Effect[] = []): RuntimeResult => ({
  context,
  effects: [answer(asked, result, context.input.hollow && delayMs > 0 ? takes.hollow : delayMs), ...more],
});

/** The last part of the next free address of the node's pod network, after the one given last. */
function nextAddress({ sandboxes, network, lastAddress }: RuntimeState): number {
  const used = new Set([...sandboxes.values()].map((item) => item.ip));
  let last = lastAddress;
  for (let step = 0; step < addressesOfNode; step++) {
    last = last >= firstAddress + addressesOfNode - 1 ? firstAddress : last + 1;
    if (!used.has(`${network}.${last}`)) return last;
  }
  return last;
}

function createContainer(
  state: RuntimeState,
  event: RuntimeEvent,
  { sandbox, config }: Operation<'CreateContainer'>,
  asked: Asked,
): RuntimeResult {
  const { hollow, binaries } = state.input;
  const status: ContainerStatus = {
    id: idOf(state, 'container', event.self),
    sandbox,
    name: config.name,
    image: hollow ? config.image : fullName(config.image),
    requested: config.image,
    imageRef: hollow ? config.image : imageRef(config.image),
    attempt: config.attempt,
    state: 'created',
    createdAt: event.now,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
  };
  const binary = binaries.find((item) => config.image.startsWith(item.image));
  const facts = hollow || binary !== undefined ? undefined : factsOf(config.image);
  const container: Container = {
    status,
    config,
    log: [],
    open: false,
    files: facts === undefined ? SortedMap.empty() : SortedMap.from(userland.value.imageFiles(facts.kind)),
    running: undefined,
    cpu: idle,
    binary: binary === undefined ? undefined : addressOf(state, binary),
  };
  return reply(
    { ...state, next: state.next + 1, containers: state.containers.set(status.id, container) },
    asked,
    { op: 'CreateContainer', container: status },
    takes.create,
  );
}

/** Two containers of one image are two processes. */
function addressOf(state: RuntimeState, { address }: Binary): string {
  const taken = (candidate: string): boolean =>
    [...state.containers.values()].some((item) => item.binary === candidate && item.status.state !== 'exited');
  let number = 1;
  while (taken(number === 1 ? address : `${address}-${number}`)) number++;
  return number === 1 ? address : `${address}-${number}`;
}

function startContainer(state: RuntimeState, event: RuntimeEvent, operation: Operation<'StartContainer'>, asked: Asked): RuntimeResult {
  const container = state.containers.get(operation.container);
  if (container === undefined) return { context: state, effects: [failure(asked, `container "${operation.container}": not found`)] };
  const { hollow } = state.input;
  const status: ContainerStatus = { ...container.status, state: 'running', startedAt: event.now };
  const started: Container = { ...container, status };
  const containers = state.containers.set(status.id, started);
  const done = answer(asked, { op: 'StartContainer', container: status }, hollow ? takes.hollow : takes.start);
  if (hollow) return { context: { ...state, containers }, effects: [done] };
  if (container.binary !== undefined) return { context: { ...state, containers }, effects: [done, ...processEffects(state, container)] };
  const program = startProgram({ ...state, containers }, event, started);
  if ('error' in program) return { context: state, effects: [failure(asked, program.error)] };
  return { context: program.context, effects: [done, ...program.effects] };
}

/** Starts the real process that a container is, unless it runs, and asks to be told of its end. */
export function processEffects(state: RuntimeState, container: Container): readonly Effect[] {
  const binary = state.input.binaries.find((item) => container.config.image.startsWith(item.image))!;
  const address = container.binary!;
  return [
    { type: 'start-process', address, definition: binary.definition, input: inputOf(state, container, binary) },
    { type: 'link', to: address },
  ];
}

/** What a real process is started with; one that speaks for a service account finds its token where it is mounted. */
function inputOf(state: RuntimeState, { config }: Container, { input, inCluster }: Binary): unknown {
  if (inCluster !== true) return input;
  const mount = config.mounts.find((item) => item.containerPath === tokenFile);
  const token = mount === undefined ? undefined : state.volumes.get(mount.volume)?.get('token');
  if (token === undefined) return input;
  const { client } = input as { readonly client: object };
  return { ...(input as object), client: { ...client, credential: { type: 'token', token } } };
}

function stopContainer(
  state: RuntimeState,
  event: RuntimeEvent,
  { container: id, timeoutSeconds }: Operation<'StopContainer'>,
  asked: Asked,
): RuntimeResult {
  const container = state.containers.get(id);
  if (container === undefined) return { context: state, effects: [failure(asked, `container "${id}": not found`)] };
  if (container.status.state !== 'running') return reply(state, asked, { op: 'StopContainer', container: container.status });
  if (container.running !== undefined) return stopProgram(state, event, id, timeoutSeconds, asked);
  const stopped = finish({ ...state, stopping: state.stopping.set(id, asked) }, event, id, 0);
  if (container.binary === undefined)
    return { context: stopped.context, effects: stopped.effects.map((effect) => delayed(effect, state.input.hollow)) };
  return { context: stopped.context, effects: [...stopped.effects, { type: 'stop-process', address: container.binary, kill: false }] };
}

/** A server that is told to stop takes a moment. */
const delayed = (effect: Effect, hollow: boolean): Effect =>
  effect.type === 'send' ? { ...effect, delayMs: hollow ? takes.hollow : takes.stop } : effect;

function removeSandbox(
  state: RuntimeState,
  event: RuntimeEvent,
  { sandbox: id }: Operation<'RemovePodSandbox'>,
  asked: Asked,
): RuntimeResult {
  let current = state;
  const effects: Effect[] = [];
  for (const [key, item] of [...state.containers]) {
    if (item.status.sandbox !== id) continue;
    const ended = finish(current, event, key, 137);
    // Nobody is told of what is taken away.
    effects.push(...ended.effects.filter((effect) => effect.type !== 'send' || effect.to !== state.kubelet));
    if (item.status.state === 'running' && item.binary !== undefined)
      effects.push({ type: 'stop-process', address: item.binary, kill: true });
    current = { ...ended.context, containers: ended.context.containers.delete(key) };
  }
  const uid = state.sandboxes.get(id)?.config.podUid;
  let { volumes } = current;
  for (const key of [...volumes.keys()]) if (uid !== undefined && key.startsWith(`pod/${uid}/`)) volumes = volumes.delete(key);
  return reply({ ...current, sandboxes: current.sandboxes.delete(id), volumes }, asked, { op: 'RemovePodSandbox' }, 0, effects);
}

function pullImage(state: RuntimeState, { image }: Operation<'PullImage'>, asked: Asked): RuntimeResult {
  const found = findImage(image);
  if ('error' in found) {
    const message: CriResponse = { type: 'cri.response', id: asked.id, error: found.error, code: found.code };
    return { context: state, effects: [{ type: 'send', to: asked.client, message, delayMs: takes.refuse }] };
  }
  const pulled: Pulled = { type: 'runtime.pulled', asked, image };
  return {
    context: state,
    effects: [{ type: 'arm', timer: `pull ${asked.client} ${asked.id}`, afterMs: found.found.pullMs, message: pulled }],
  };
}

const imageStatus = (state: RuntimeState, { image }: Operation<'ImageStatus'>, asked: Asked): RuntimeResult => {
  const wrong = invalidReference(image);
  if (wrong !== undefined) return { context: state, effects: [failure(asked, `couldn't parse image name "${image}": ${wrong}`)] };
  const present = state.input.hollow || state.images.has(image) || state.input.cached.some((prefix) => image.startsWith(prefix));
  return reply(state, asked, { op: 'ImageStatus', present, sizeBytes: 0 });
};

function runSandbox(state: RuntimeState, event: RuntimeEvent, { config }: Operation<'RunPodSandbox'>, asked: Asked): RuntimeResult {
  const { hollow, hostIp } = state.input;
  const lastAddress = hollow || config.hostNetwork ? state.lastAddress : nextAddress(state);
  const ip = hollow ? '192.168.192.168' : config.hostNetwork ? hostIp : `${state.network}.${lastAddress}`;
  const sandbox: SandboxStatus = { id: idOf(state, 'sandbox', event.self), config, state: 'ready', ip, createdAt: event.now };
  const sandboxes = state.sandboxes.set(sandbox.id, sandbox);
  return reply({ ...state, next: state.next + 1, lastAddress, sandboxes }, asked, { op: 'RunPodSandbox', sandbox }, takes.sandbox);
}

function stopSandbox(state: RuntimeState, { sandbox: id }: Operation<'StopPodSandbox'>, asked: Asked): RuntimeResult {
  const sandbox = state.sandboxes.get(id);
  const sandboxes = sandbox === undefined ? state.sandboxes : state.sandboxes.set(id, { ...sandbox, state: 'not-ready' });
  return reply({ ...state, sandboxes }, asked, { op: 'StopPodSandbox' }, takes.stop);
}

function readLog(state: RuntimeState, { container: id, follow }: Operation<'ReadLog'>, asked: Asked): RuntimeResult {
  const container = state.containers.get(id);
  if (container === undefined)
    return { context: state, effects: [failure(asked, `unable to retrieve container logs for containerd://${id}`)] };
  const { log, open } = container;
  if (!follow) return reply(state, asked, { op: 'ReadLog', lines: log });
  // A line that still goes on is told when it is complete.
  const told = reply(state, asked, { op: 'ReadLog', lines: open ? log.slice(0, -1) : log });
  return andThen(told, (next) => listen(next, id, 'log', asked));
}

const answers: { readonly [Op in CriOperation['op']]: Answering<Op> } = {
  RunPodSandbox: runSandbox,
  StopPodSandbox: (state, _event, operation, asked) => stopSandbox(state, operation, asked),
  RemovePodSandbox: removeSandbox,
  ImageStatus: (state, _event, operation, asked) => imageStatus(state, operation, asked),
  PullImage: (state, _event, operation, asked) => pullImage(state, operation, asked),
  CreateContainer: createContainer,
  StartContainer: startContainer,
  StopContainer: stopContainer,
  RemoveContainer: (state, _event, { container }, asked) =>
    reply({ ...state, containers: state.containers.delete(container) }, asked, { op: 'RemoveContainer' }),
  ExecSync: execute,
  Probe: (state, event, { container, dial }, asked) => {
    const sandbox = state.sandboxes.get(state.containers.get(container)?.status.sandbox ?? '');
    return sandbox === undefined
      ? { context: state, effects: [failure(asked, `container "${container}": not found`)] }
      : probe(state, event, sandbox.ip, dial, asked);
  },
  ListPodSandbox: (state, _event, _operation, asked) =>
    reply(state, asked, { op: 'ListPodSandbox', sandboxes: [...state.sandboxes.values()] }),
  ListContainers: (state, _event, _operation, asked) =>
    reply(state, asked, { op: 'ListContainers', containers: [...state.containers.values()].map((item) => item.status) }),
  ListContainerStats: (state, event, _operation, asked) =>
    reply(state, asked, { op: 'ListContainerStats', stats: containerStats(state, event.now) }),
  ReadLog: (state, _event, operation, asked) => readLog(state, operation, asked),
  Exec: execute,
  Attach: (state, _event, { container }, asked) => attach(state, container, asked),
  PortForward: (state, event, operation, asked) => {
    const sandbox = state.sandboxes.get(state.containers.get(operation.container)?.status.sandbox ?? '');
    return sandbox === undefined
      ? { context: state, effects: [failure(asked, `container "${operation.container}": not found`)] }
      : forward(state, event, sandbox.ip, operation, asked);
  },
  WriteVolume: (state, _event, { volume, files }, asked) =>
    reply({ ...state, volumes: state.volumes.set(volume, SortedMap.from(files)) }, asked, { op: 'WriteVolume' }),
  UpdateRuntimeConfig: (state, _event, { podCidr }, asked) => {
    const network = /^(\d+\.\d+\.\d+)\.0\/24$/.exec(podCidr)?.[1];
    return reply(network === undefined ? state : { ...state, network }, asked, { op: 'UpdateRuntimeConfig' });
  },
};

/** Answers a kubelet (k8s.io/cri-api RuntimeService and ImageService). */
export function perform(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const { id, operation } = event.message as CriRequest;
  const answering = answers[operation.op] as Answering<CriOperation['op']>;
  return answering(state, event, operation as never, { client: event.from, id });
}

export function pulled(state: RuntimeState, { image, asked }: Pulled): RuntimeResult {
  const sizeBytes = factsOf(image)?.sizeBytes ?? 0;
  return reply({ ...state, images: state.images.set(image, true) }, asked, { op: 'PullImage', imageRef: imageRef(image), sizeBytes });
}

/** A real process has ended: so has its container. */
export function binaryEnded(state: RuntimeState, event: RuntimeEvent, address: string): RuntimeResult {
  const found = [...state.containers].find(([, item]) => item.binary === address && item.status.state === 'running');
  return found === undefined ? nothing(state) : finish(state, event, found[0], 2);
}
