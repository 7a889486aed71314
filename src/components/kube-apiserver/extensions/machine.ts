import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { sendCall, type ClientConfig } from '#machinery/client.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, Origin, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { EtcdResponse } from '#protocol/etcd.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { etcdRequest, memberFor } from '../etcd-client.ts';
import type { ApiServerState } from '../state.ts';
import { autoregister } from './autoregister.ts';
import type { Answer, Ask, Controller } from './controller.ts';
import { finalizing } from './finalizing.ts';
import { establishing, naming } from './naming.ts';

/** The control loops in the API server that make definitions into resources, in the order in which they hear of a change. */
const controllers = { autoregister, naming, establishing, finalizing } as const satisfies Readonly<Record<string, Controller>>;
type Name = keyof typeof controllers;

/** The server tells which definitions have changed, and which group versions they serve or served. */
export interface DefinitionsChanged {
  readonly type: 'definitions.changed';
  readonly definitions: readonly string[];
  /** `v1.sky.example.com` */
  readonly services: readonly string[];
}
interface KeyDue {
  readonly type: 'extensions.due';
  readonly task: Task;
}
interface Waited {
  readonly type: 'extensions.waited';
  readonly id: string;
}

interface Task {
  readonly controller: Name;
  readonly key: string;
}

/** A key that is being worked on: the server as it was when that began, and the answers so far. */
interface Run extends Task {
  readonly id: string;
  readonly server: ApiServerState;
  readonly now: number;
  readonly origin: Origin;
  readonly answers: readonly Answer[];
}

export interface ExtensionsState {
  readonly client: ClientConfig;
  readonly queue: readonly (Task & { readonly origin: Origin })[];
  readonly running: readonly Run[];
  readonly failures: Readonly<Record<string, number>>;
  readonly nextRun: number;
  readonly synced: number;
}

type Message = StartMessage<object> | DefinitionsChanged | KeyDue | Waited | HttpResponse | EtcdResponse | UndeliverableMessage;
type ExtensionsEvent = EventOf<Message>;
type Result = Outcome<ExtensionsState>;

const baseBackoffMs = 5;
const maxBackoffMs = 1_000_000;
const serverOf = (event: ExtensionsEvent): ApiServerState => event.parent as ApiServerState;

function start(state: ExtensionsState, event: ExtensionsEvent): Result {
  const client: ClientConfig = {
    server: event.self.slice(0, event.self.lastIndexOf('/')),
    credential: { type: 'certificate', user: 'system:apiserver', groups: ['system:masters'] },
    userAgent: 'kube-apiserver',
  };
  return { context: { ...state, client }, effects: [] };
}

function enqueue(state: ExtensionsState, tasks: readonly Task[], origin: Origin): ExtensionsState {
  const waits = (task: Task): boolean => state.queue.some((item) => item.controller === task.controller && item.key === task.key);
  return { ...state, queue: [...state.queue, ...tasks.filter((task) => !waits(task)).map((task) => ({ ...task, origin }))] };
}

/** Begins what can begin: each loop has one worker. */
function work(state: ExtensionsState, event: ExtensionsEvent): Result {
  let context = state;
  const effects: Effect[] = [];
  const waiting: (typeof state.queue)[number][] = [];
  for (const task of state.queue) {
    if (context.running.some((run) => run.controller === task.controller)) {
      waiting.push(task);
      continue;
    }
    const run: Run = { ...task, id: String(context.nextRun), server: serverOf(event), now: event.now, answers: [] };
    context = { ...context, nextRun: context.nextRun + 1, running: [...context.running, run] };
    const result = advance(context, run, begin(routineOf(run)));
    context = result.context;
    effects.push(...result.effects);
  }
  return { context: { ...context, queue: waiting }, effects };
}

const routineOf =
  ({ controller, key, server, now }: Run) =>
  () =>
    controllers[controller](key, { server, now });

/** Takes a run to its next question or its end. */
function advance(state: ExtensionsState, run: Run, progress: Progress<Ask, Answer, 'done' | 'retry'>): Result {
  const others = state.running.filter((item) => item.id !== run.id);
  if (progress.done) return finish({ ...state, running: others }, run, progress.result);
  const { request, answers } = progress;
  const next: Run = { ...run, answers };
  return { context: { ...state, running: [...others, next] }, effects: [ask(state, next, request)] };
}

function ask(state: ExtensionsState, run: Run, request: Ask): Effect {
  const id = `${run.id} ${run.answers.length}`;
  if ('call' in request) return sendCall(state.client, id, request.call, { because: run.origin });
  if ('waitMs' in request)
    return {
      type: 'arm',
      timer: `wait ${run.id}`,
      afterMs: request.waitMs,
      message: { type: 'extensions.waited', id } as Waited,
      because: run.origin,
    };
  const { etcd } = run.server;
  const to = memberFor(etcd, Number(run.id)) ?? etcd.endpoints[0]!;
  return { type: 'send', to, message: etcdRequest(id, request.etcd), because: run.origin };
}

function finish(state: ExtensionsState, { controller, key, origin }: Run, result: 'done' | 'retry'): Result {
  const task: Task = { controller, key };
  const name = `${controller} ${key}`;
  const { [name]: failed = 0, ...others } = state.failures;
  const context = { ...state, synced: state.synced + 1, failures: others };
  if (result === 'done') return { context, effects: [] };
  const afterMs = Math.min(maxBackoffMs, baseBackoffMs * 2 ** Math.min(failed, 20));
  const retry: Effect = {
    type: 'arm',
    timer: `key ${name}`,
    afterMs,
    message: { type: 'extensions.due', task } as KeyDue,
    because: origin,
  };
  return { context: { ...context, failures: { ...others, [name]: failed + 1 } }, effects: [retry] };
}

function answered(state: ExtensionsState, id: string, answer: Answer): Result {
  const [run_ = '', asked = ''] = id.split(' ');
  const run = state.running.find((item) => item.id === run_);
  if (run === undefined || run.answers.length !== Number(asked)) return { context: state, effects: [] };
  return advance(state, run, resume(routineOf(run), run.answers, answer));
}

function take(state: ExtensionsState, event: ExtensionsEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'definitions.changed': {
      const tasks = [
        ...message.services.map((key): Task => ({ controller: 'autoregister', key })),
        ...(['naming', 'establishing', 'finalizing'] as const).flatMap((controller) =>
          message.definitions.map((key): Task => ({ controller, key })),
        ),
      ];
      return { context: enqueue(state, tasks, event.origin), effects: [] };
    }
    case 'extensions.due':
      return { context: enqueue(state, [message.task], event.origin), effects: [] };
    case 'extensions.waited':
      return answered(state, message.id, { type: 'waited' });
    case 'http.response':
    case 'etcd.response':
      return answered(state, message.id, message);
    case 'message.undeliverable': {
      const lost = message.message as { readonly type: string; readonly id?: string };
      const id = lost.id ?? '';
      return answered(
        state,
        id,
        lost.type === 'etcd.request'
          ? { type: 'etcd.response', id, header: { member: '', revision: 0, raftTerm: 0 }, error: 'etcdserver: no leader' }
          : { type: 'http.response', id, status: 503, contentType: '', body: null },
      );
    }
    case 'process.start':
      return { context: state, effects: [] };
  }
}

function serve(state: ExtensionsState, event: ExtensionsEvent): Result {
  const taken = take(state, event);
  const begun = work(taken.context, event);
  return { context: begun.context, effects: [...taken.effects, ...begun.effects] };
}

const serving = { actions: step<ExtensionsState, ExtensionsEvent>(serve) };

/** The loops behind custom resources: goroutines of the API server that talk to it as `system:apiserver`. */
export const extensionsMachine = setup({
  types: { context: {} as ExtensionsState, events: {} as ExtensionsEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-apiserver/extensions',
  context: {
    client: { server: '', credential: { type: 'none' }, userAgent: '' },
    queue: [],
    running: [],
    failures: {},
    nextRun: 1,
    synced: 0,
  },
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'running', actions: step(start) } } },
    running: {
      on: {
        'definitions.changed': serving,
        'extensions.due': serving,
        'extensions.waited': serving,
        'http.response': serving,
        'etcd.response': serving,
        'message.undeliverable': serving,
      },
    },
  },
});
