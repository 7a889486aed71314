import { setup } from 'xstate';
import { hexDigest } from '#base/random.ts';
import { SortedMap } from '#base/sorted-map.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage } from '#kernel/types.ts';
import type {
  ContainerConfig,
  ContainerStatus,
  CriContainerEvent,
  CriRequest,
  CriResponse,
  CriResult,
  SandboxStatus,
} from '#protocol/cri.ts';
import { findImage, fullName, imageRef, runCommand } from './images.ts';

export interface RuntimeInput {
  /** `10.244.0`: the first three parts of the pod addresses of this node. */
  readonly podNetwork: string;
  readonly hostIp: string;
  /** Images that are on the node already, by prefix. */
  readonly cached: readonly string[];
  /** The fake runtime of hollow nodes: everything is there, starts at once and never ends. */
  readonly hollow: boolean;
  /** Images whose containers are real processes of this world. */
  readonly binaries: readonly { readonly image: string; readonly address: string; readonly definition: string; readonly input: unknown }[];
}

interface Container {
  readonly status: ContainerStatus;
  readonly config: ContainerConfig;
  readonly log: readonly { readonly at: number; readonly text: string }[];
  readonly binary: string | undefined;
}
export interface RuntimeState {
  readonly input: RuntimeInput;
  readonly kubelet: string;
  readonly sandboxes: SortedMap<SandboxStatus>;
  readonly containers: SortedMap<Container>;
  readonly images: SortedMap<true>;
  readonly next: number;
}
interface Pulled {
  readonly type: 'runtime.pulled';
  readonly request: string;
  readonly from: string;
  readonly image: string;
}
interface Exited {
  readonly type: 'runtime.exited';
  readonly container: string;
  readonly code: number;
}
type Message = StartMessage<RuntimeInput> | CriRequest | Pulled | Exited | PeerClosedMessage;
type RuntimeEvent = EventOf<Message>;
type Result = Outcome<RuntimeState>;

const stopMs = 60;
const stopSandboxMs = 40;
const id = (state: RuntimeState, kind: string, self: string): string => hexDigest(`${kind} ${self} ${state.next}`, 64);
const answer = (to: string, request: string, result: CriResult, delayMs = 0): Effect => ({
  type: 'send',
  to,
  delayMs,
  message: { type: 'cri.response', id: request, result } as CriResponse,
});

function tell(state: RuntimeState, container: Container): Effect {
  const sandbox = state.sandboxes.get(container.status.sandbox);
  const message: CriContainerEvent = { type: 'cri.event', podUid: sandbox?.config.podUid ?? '', container: container.status };
  return { type: 'send', to: state.kubelet, message };
}

function perform(state: RuntimeState, event: RuntimeEvent): Result {
  const { id: request, operation } = event.message as CriRequest;
  const { from, now } = event;
  const reply = (context: RuntimeState, result: CriResult, delayMs = 0, more: readonly Effect[] = []): Result => ({
    context,
    effects: [answer(from, request, result, delayMs), ...more],
  });
  switch (operation.op) {
    case 'RunPodSandbox': {
      const { input } = state;
      const ip = input.hollow
        ? '192.168.192.168'
        : operation.config.hostNetwork
          ? input.hostIp
          : `${input.podNetwork}.${(state.next % 250) + 2}`;
      const sandbox: SandboxStatus = { id: id(state, 'sandbox', event.self), config: operation.config, state: 'ready', ip, createdAt: now };
      return reply(
        { ...state, next: state.next + 1, sandboxes: state.sandboxes.set(sandbox.id, sandbox) },
        { op: 'RunPodSandbox', sandbox },
        input.hollow ? 1 : 120,
      );
    }
    case 'ImageStatus': {
      const present =
        state.input.hollow || state.images.has(operation.image) || state.input.cached.some((prefix) => operation.image.startsWith(prefix));
      return reply(state, { op: 'ImageStatus', present, sizeBytes: 0 });
    }
    case 'PullImage': {
      const found = findImage(operation.image);
      if ('error' in found) {
        const message: CriResponse = {
          type: 'cri.response',
          id: request,
          error: `rpc error: code = ${found.code} desc = ${found.error}`,
          code: found.code,
        };
        return { context: state, effects: [{ type: 'send', to: from, message, delayMs: 400 }] };
      }
      const pulled: Pulled = { type: 'runtime.pulled', request, from, image: operation.image };
      return { context: state, effects: [{ type: 'arm', timer: `pull ${from} ${request}`, afterMs: found.found.pullMs, message: pulled }] };
    }
    case 'CreateContainer': {
      const { config, sandbox } = operation;
      const status: ContainerStatus = {
        id: id(state, 'container', event.self),
        sandbox,
        name: config.name,
        image: state.input.hollow ? config.image : fullName(config.image),
        requested: config.image,
        imageRef: state.input.hollow ? config.image : imageRef(config.image),
        attempt: config.attempt,
        state: 'created',
        createdAt: now,
        startedAt: 0,
        finishedAt: 0,
        exitCode: 0,
        reason: '',
        message: '',
      };
      const binary = state.input.binaries.find((item) => config.image.startsWith(item.image))?.address;
      const container: Container = { status, config, log: [], binary };
      return reply(
        { ...state, next: state.next + 1, containers: state.containers.set(status.id, container) },
        { op: 'CreateContainer', container: status },
        state.input.hollow ? 1 : 30,
      );
    }
    case 'StartContainer':
      return startContainer(state, operation.container, event, request);
    case 'StopContainer': {
      const container = state.containers.get(operation.container);
      if (container === undefined) return reply(state, { op: 'RemoveContainer' });
      const stopped = finish(state, operation.container, 0, now);
      const effects: Effect[] = container.binary === undefined ? [] : [{ type: 'stop-process', address: container.binary, kill: false }];
      return reply(
        stopped.context,
        { op: 'StopContainer', container: stopped.context.containers.get(operation.container)!.status },
        state.input.hollow ? 1 : stopMs,
        effects,
      );
    }
    case 'StopPodSandbox': {
      const sandbox = state.sandboxes.get(operation.sandbox);
      if (sandbox === undefined) return reply(state, { op: 'StopPodSandbox' });
      return reply(
        { ...state, sandboxes: state.sandboxes.set(sandbox.id, { ...sandbox, state: 'not-ready' }) },
        { op: 'StopPodSandbox' },
        state.input.hollow ? 1 : stopSandboxMs,
      );
    }
    case 'WriteVolume':
      return reply(state, { op: 'WriteVolume' });
    case 'RemovePodSandbox': {
      let { containers } = state;
      for (const [key, item] of [...containers]) if (item.status.sandbox === operation.sandbox) containers = containers.delete(key);
      return reply({ ...state, sandboxes: state.sandboxes.delete(operation.sandbox), containers }, { op: operation.op });
    }
    case 'RemoveContainer':
      return reply({ ...state, containers: state.containers.delete(operation.container) }, { op: 'RemoveContainer' });
    case 'ListPodSandbox':
      return reply(state, { op: 'ListPodSandbox', sandboxes: [...state.sandboxes.values()] });
    case 'ListContainers':
      return reply(state, { op: 'ListContainers', containers: [...state.containers.values()].map((item) => item.status) });
    case 'Probe': {
      const running = state.containers.get(operation.container)?.status.state === 'running';
      return reply(state, { op: 'Probe', outcome: running ? 'answered' : 'refused', status: 200, body: '' }, 1);
    }
    case 'ExecSync':
      return reply(state, { op: 'ExecSync', exitCode: 0, stdout: '', stderr: '' }, 1);
    case 'ReadLog': {
      const lines = state.containers.get(operation.container)?.log ?? [];
      return reply(state, { op: 'ReadLog', lines: operation.tailLines === undefined ? lines : lines.slice(-operation.tailLines) });
    }
  }
}

/** Whether a command is a script of a shell, whatever the image. */
const isShell = (command: readonly string[]): boolean => /^(\/bin\/)?(sh|bash)$/.test(command[0] ?? '');

function startContainer(state: RuntimeState, key: string, event: RuntimeEvent, request: string): Result {
  const container = state.containers.get(key);
  if (container === undefined) return { context: state, effects: [] };
  const { config } = container;
  const found = findImage(config.image);
  const facts = 'found' in found ? found.found : undefined;
  const command = [...(config.command ?? []), ...(config.args ?? [])];
  const run =
    state.input.hollow || container.binary !== undefined || (facts?.behaviour === 'serves' && !isShell(command))
      ? undefined
      : runCommand(command);
  const lines = [...(facts?.log ?? []), ...(run?.log ?? [])].map((text) => ({ at: event.now, text }));
  const started: Container = {
    ...container,
    status: { ...container.status, state: 'running', startedAt: event.now },
    log: state.input.hollow ? [] : lines,
  };
  const context = { ...state, containers: state.containers.set(key, started) };
  const effects: Effect[] = [answer(event.from, request, { op: 'StartContainer', container: started.status }, state.input.hollow ? 1 : 20)];
  if (run !== undefined)
    effects.push({
      type: 'arm',
      timer: `exit ${key}`,
      afterMs: Math.max(50, run.afterMs),
      message: { type: 'runtime.exited', container: key, code: run.code } as Exited,
    });
  if (container.binary !== undefined) {
    const binary = state.input.binaries.find((item) => item.address === container.binary)!;
    effects.push(
      { type: 'start-process', address: binary.address, definition: binary.definition, input: binary.input },
      { type: 'link', to: binary.address },
    );
  }
  return { context, effects };
}

function finish(state: RuntimeState, key: string, code: number, now: number): Result {
  const container = state.containers.get(key);
  if (container === undefined || container.status.state !== 'running') return { context: state, effects: [] };
  const ended: Container = {
    ...container,
    status: {
      ...container.status,
      state: 'exited',
      exitCode: code,
      finishedAt: now,
      reason: state.input.hollow ? '' : code === 0 ? 'Completed' : 'Error',
    },
  };
  const context = { ...state, containers: state.containers.set(key, ended) };
  return { context, effects: [tell(context, ended)] };
}

function serve(state: RuntimeState, event: RuntimeEvent): Result {
  const { message, now } = event;
  switch (message.type) {
    case 'process.start':
      return {
        context: { ...state, input: message.input, kubelet: `${event.self.slice(0, event.self.indexOf('/'))}/kubelet` },
        effects: [],
      };
    case 'cri.request':
      return perform(state, event);
    case 'runtime.pulled':
      return {
        context: { ...state, images: state.images.set(message.image, true) },
        effects: [
          answer(message.from, message.request, {
            op: 'PullImage',
            imageRef: message.image,
            sizeBytes:
              'found' in findImage(message.image)
                ? (findImage(message.image) as { readonly found: { readonly sizeBytes: number } }).found.sizeBytes
                : 0,
          }),
        ],
      };
    case 'runtime.exited':
      return finish(state, message.container, message.code, now);
    case 'peer.closed': {
      const found = [...state.containers].find(([, item]) => item.binary === message.address && item.status.state === 'running');
      return found === undefined ? { context: state, effects: [] } : finish(state, found[0], 2, now);
    }
  }
}

const serving = step<RuntimeState, RuntimeEvent>(serve);

/** A container runtime behind the CRI. */
export const runtimeMachine = setup({
  types: { context: {} as RuntimeState, events: {} as RuntimeEvent, emitted: {} as Effect },
}).createMachine({
  id: 'container-runtime',
  context: {
    input: { podNetwork: '', hostIp: '', cached: [], hollow: false, binaries: [] },
    kubelet: '',
    sandboxes: SortedMap.empty<SandboxStatus>(),
    containers: SortedMap.empty<Container>(),
    images: SortedMap.empty<true>(),
    next: 1,
  } as RuntimeState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'serving', actions: serving } } },
    serving: {
      on: {
        'cri.request': { actions: serving },
        'runtime.pulled': { actions: serving },
        'runtime.exited': { actions: serving },
        'peer.closed': { actions: serving },
      },
    },
  },
});
