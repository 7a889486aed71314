import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { correlate, createEvent, emptyEventLog, subjectOf, type EventLog } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, Origin, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, SyncCall, SyncContext, SyncResult } from './controller.ts';
import { controllers } from './controllers/index.ts';
import type { ManagerState } from './state.ts';

export interface ControllerInput {
  readonly name: string;
}
export interface EnqueueMessage {
  readonly type: 'controller.enqueue';
  readonly keys: readonly string[];
  /** Not before this has passed; a key that is due earlier stays so (AddAfter). */
  readonly afterMs: number;
}
interface RetryKey {
  readonly type: 'controller.retry';
  readonly key: string;
}

/** The batch of a key is over. */
interface BatchEnded {
  readonly type: 'controller.batched';
  readonly key: string;
}

/** A key that is being worked on: the caches as they were when it was begun, and the answers so far. */
interface Run {
  readonly caches: Caches;
  readonly now: number;
  readonly origin: Origin;
  readonly answers: readonly (readonly HttpResponse[])[];
  readonly waiting: number;
  readonly arrived: readonly (HttpResponse | undefined)[];
  readonly id: number;
}

export interface ControllerState {
  readonly name: string;
  readonly client: ClientConfig | undefined;
  readonly manager: ClientConfig | undefined;
  readonly queue: SortedMap<Origin>;
  /** In the order of arrival. */
  readonly order: readonly string[];
  /** Keys whose batch is still open. */
  readonly batched: SortedMap<true>;
  readonly running: SortedMap<Run>;
  readonly failures: SortedMap<number>;
  readonly nextRun: number;
  readonly reported: EventLog;
  readonly synced: number;
}

type Message = StartMessage<ControllerInput> | EnqueueMessage | RetryKey | BatchEnded | HttpResponse | UndeliverableMessage;
type ControllerEvent = EventOf<Message>;
type Result = Outcome<ControllerState>;

const baseBackoffMs = 5;
const maxBackoffMs = 1_000_000;
const namespace = 'kube-system';

const accountOf = (state: ControllerState): string => controllers.get(state.name)!.account ?? state.name;
const managerOf = (event: ControllerEvent): ManagerState => event.parent as ManagerState;

function start(state: ControllerState, event: ControllerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  return { context: { ...state, name: event.message.input.name, manager: managerOf(event).client }, effects: [] };
}

/** The first key: the controller asks for the token of its service account. */
function authenticate(state: ControllerState, event: ControllerEvent): Result {
  const queued = enqueue(state, event).context;
  return {
    context: queued,
    effects: [
      sendCall(state.manager!, 'account', { method: 'GET', path: resourcePath(resources.serviceaccounts, namespace, accountOf(state)) }),
    ],
  };
}

function authenticating(state: ControllerState, event: ControllerEvent): Result {
  if (event.message.type === 'controller.enqueue') return enqueue(state, event);
  if (event.message.type !== 'http.response')
    return {
      context: state,
      effects: [{ type: 'arm', timer: 'account', afterMs: 1000, message: { type: 'controller.retry', key: '' } as RetryKey }],
    };
  const { id, status, body } = event.message;
  const client = state.manager!;
  const token = (): Effect =>
    sendCall(client, 'token', {
      method: 'POST',
      path: resourcePath(resources.serviceaccounts, namespace, accountOf(state), 'token'),
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: null, expirationSeconds: 3600, boundObjectRef: null },
      },
    });
  if (id === 'account' && status === 404) {
    return {
      context: state,
      effects: [
        sendCall(client, 'create-account', {
          method: 'POST',
          path: resourcePath(resources.serviceaccounts, namespace),
          body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: accountOf(state), namespace } },
        }),
      ],
    };
  }
  if (id === 'token' && status < 300) {
    const secret = (body as { readonly status: { readonly token: string } }).status.token;
    const own: ClientConfig = {
      server: client.server,
      credential: { type: 'token', token: secret },
      userAgent: managerOf(event).controllerAgent,
    };
    return work({ ...state, client: own }, event);
  }
  if (id === 'account' || id === 'create-account') return { context: state, effects: [token()] };
  return {
    context: state,
    effects: [{ type: 'arm', timer: 'account', afterMs: 1000, message: { type: 'controller.retry', key: '' } as RetryKey }],
  };
}

const askAgain = (state: ControllerState): Result => ({
  context: state,
  effects: [
    sendCall(state.manager!, 'account', { method: 'GET', path: resourcePath(resources.serviceaccounts, namespace, accountOf(state)) }),
  ],
});

function enqueue(state: ControllerState, event: ControllerEvent): Result {
  const { keys, afterMs } = event.message as EnqueueMessage;
  if (afterMs > 0) return batch(state, keys, afterMs, event);
  let { queue } = state;
  const order = [...state.order];
  for (const key of keys) {
    if (queue.has(key)) continue;
    queue = queue.set(key, event.origin);
    order.push(key);
  }
  return { context: { ...state, queue, order }, effects: [] };
}

/** Keys wait for others of their batch; the batch ends at the time that its first change set. */
function batch(state: ControllerState, keys: readonly string[], afterMs: number, event: ControllerEvent): Result {
  let { batched } = state;
  const effects: Effect[] = [];
  for (const key of keys) {
    if (batched.has(key)) continue;
    batched = batched.set(key, true);
    effects.push({
      type: 'arm',
      timer: `batch ${key}`,
      afterMs,
      message: { type: 'controller.batched', key } as BatchEnded,
      because: event.origin,
    });
  }
  return { context: { ...state, batched }, effects };
}

/** The end of a batch: its key is looked at. */
function batchEnded(state: ControllerState, event: ControllerEvent): Result {
  const { key } = event.message as BatchEnded;
  const batched = state.batched.delete(key);
  if (state.queue.has(key)) return { context: { ...state, batched }, effects: [] };
  return { context: { ...state, batched, queue: state.queue.set(key, event.origin), order: [...state.order, key] }, effects: [] };
}

function contextFor(state: ControllerState, run: Run, key: string): SyncContext {
  const definition = controllers.get(state.name)!;
  let counter = run.id * 1000;
  return {
    now: run.now,
    caches: run.caches,
    failures: state.failures.get(key) ?? 0,
    event: (subject: KubeObject, type, reason, message): SyncCall => ({
      ...createEvent(subjectOf(subject), type, reason, message, { component: definition.eventSource }, run.now, counter++ * 7919),
      background: true,
    }),
  };
}

/** Begins as many queued keys as there are idle workers; a key that is being worked on waits. */
function work(state: ControllerState, event: ControllerEvent): Result {
  const definition = controllers.get(state.name)!;
  let context = state;
  const effects: Effect[] = [];
  const waiting: string[] = [];
  for (const key of state.order) {
    const origin = context.queue.get(key);
    if (origin === undefined) continue;
    if (context.running.size >= definition.workers || context.running.has(key)) {
      waiting.push(key);
      continue;
    }
    const run: Run = { caches: managerOf(event).caches, now: event.now, origin, answers: [], waiting: 0, arrived: [], id: context.nextRun };
    context = { ...context, queue: context.queue.delete(key), nextRun: context.nextRun + 1 };
    const routine = definition.sync(key, contextFor(context, run, key));
    const result = advance(
      context,
      key,
      run,
      begin(() => routine),
      event,
    );
    context = result.context;
    effects.push(...result.effects);
  }
  return { context: { ...context, order: waiting }, effects };
}

/** A loop may come round by a timer that is chatter; what it then changes is not. */
const changes = (call: SyncCall): boolean => call.method !== 'GET' && call.background !== true;

/** Takes a run to its next calls or its end. Calls in the background are answered at once. */
function advance(
  state: ControllerState,
  key: string,
  run: Run,
  progress: Progress<readonly SyncCall[], readonly HttpResponse[], SyncResult>,
  event: ControllerEvent,
): Result {
  if (progress.done) return finish(state, key, run, progress.result);
  const effects: Effect[] = [];
  const arrived: (HttpResponse | undefined)[] = [];
  let waiting = 0;
  let { reported } = state;
  for (const [index, asked] of progress.request.entries()) {
    let call: typeof asked | undefined = asked;
    if (asked.background === true) {
      const correlated = correlate(reported, asked, event.now);
      reported = correlated.log;
      call = correlated.call && { ...correlated.call, background: true };
    }
    if (call === undefined) {
      arrived.push({ type: 'http.response', id: '', status: 202, contentType: '', body: null });
      continue;
    }
    const id = call.background === true ? `event ${run.id}` : `sync ${run.id} ${progress.answers.length} ${index} ${key}`;
    effects.push(sendCall(state.client!, id, call, changes(call) ? { because: run.origin, chatter: false } : { because: run.origin }));
    if (call.background === true) arrived.push({ type: 'http.response', id, status: 202, contentType: '', body: null });
    else {
      arrived.push(undefined);
      waiting++;
    }
  }
  const next: Run = { ...run, answers: progress.answers, arrived, waiting };
  const context = { ...state, reported, running: state.running.set(key, next) };
  if (waiting > 0) return { context, effects };
  const onward = resumeRun(context, key, next, event);
  return { context: onward.context, effects: [...effects, ...onward.effects] };
}

function resumeRun(state: ControllerState, key: string, run: Run, event: ControllerEvent): Result {
  const definition = controllers.get(state.name)!;
  const routine = () => definition.sync(key, contextFor(state, run, key));
  return advance(state, key, run, resume(routine, run.answers, run.arrived as readonly HttpResponse[]), event);
}

function finish(state: ControllerState, key: string, run: Run, result: SyncResult): Result {
  const running = state.running.delete(key);
  const count = (state.failures.get(key) ?? 0) + 1;
  const failures = result.failed === true ? state.failures.set(key, count) : state.failures.delete(key);
  const afterMs = result.failed === true ? Math.min(maxBackoffMs, baseBackoffMs * 2 ** Math.min(count - 1, 20)) : result.againMs;
  const effects: Effect[] =
    afterMs === undefined
      ? []
      : [
          {
            type: 'arm',
            timer: `key ${key}`,
            afterMs,
            message: { type: 'controller.retry', key } as RetryKey,
            because: run.origin,
            ...(result.failed === true ? {} : { chatter: true }),
          },
        ];
  return { context: { ...state, running, failures, synced: state.synced + 1 }, effects };
}

function serve(state: ControllerState, event: ControllerEvent): Result {
  const { message } = event;
  let result: Result = { context: state, effects: [] };
  switch (message.type) {
    case 'controller.enqueue':
      result = enqueue(state, event);
      break;
    case 'controller.batched':
      result = batchEnded(state, event);
      break;
    case 'controller.retry':
      if (!state.queue.has(message.key))
        result = {
          context: { ...state, queue: state.queue.set(message.key, event.origin), order: [...state.order, message.key] },
          effects: [],
        };
      break;
    case 'http.response':
      result = answered(state, event, message);
      break;
    case 'message.undeliverable':
      result = answered(state, event, {
        type: 'http.response',
        id: (message.message as unknown as { readonly id: string }).id,
        status: 503,
        contentType: '',
        body: null,
      });
      break;
    case 'process.start':
      break;
  }
  if (result.context.order.length === 0) return result;
  const more = work(result.context, event);
  return { context: more.context, effects: [...result.effects, ...more.effects] };
}

function answered(state: ControllerState, event: ControllerEvent, response: HttpResponse): Result {
  const match = /^sync (\d+) (\d+) (\d+) (.*)$/s.exec(response.id);
  const key = match?.[4] ?? '';
  const run = state.running.get(key);
  if (match === null || run === undefined || run.id !== Number(match[1]) || run.answers.length !== Number(match[2]))
    return { context: state, effects: [] };
  const arrived = run.arrived.slice();
  arrived[Number(match[3])] = response;
  const next: Run = { ...run, arrived, waiting: run.waiting - 1 };
  if (next.waiting > 0) return { context: { ...state, running: state.running.set(key, next) }, effects: [] };
  return resumeRun(state, key, next, event);
}

const serving = step<ControllerState, ControllerEvent>(serve);
const gotToken = ({ event }: { readonly event: ControllerEvent }): boolean =>
  event.message.type === 'http.response' && event.message.id === 'token' && event.message.status < 300;
const busy = ({ context }: { readonly context: ControllerState }): boolean => context.running.size > 0;

/** One control loop with its queue and its identity: a goroutine of the controller manager. */
export const controllerMachine = setup({
  types: { context: {} as ControllerState, events: {} as ControllerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-controller-manager/controller',
  context: {
    name: '',
    client: undefined,
    manager: undefined,
    queue: SortedMap.empty<Origin>(),
    order: [],
    batched: SortedMap.empty<true>(),
    running: SortedMap.empty<Run>(),
    failures: SortedMap.empty<number>(),
    nextRun: 1,
    reported: emptyEventLog,
    synced: 0,
  },
  initial: 'created',
  states: {
    created: {
      on: { 'process.start': { actions: step(start) }, 'controller.enqueue': { target: 'authenticating', actions: step(authenticate) } },
    },
    authenticating: {
      on: {
        'controller.enqueue': { actions: step(authenticating) },
        'controller.batched': { actions: step(batchEnded) },
        'controller.retry': { actions: step((state: ControllerState) => askAgain(state)) },
        'http.response': [{ guard: gotToken, target: 'working', actions: step(authenticating) }, { actions: step(authenticating) }],
        'message.undeliverable': { actions: step(authenticating) },
      },
    },
    working: {
      initial: 'idle',
      on: {
        'controller.enqueue': { actions: serving },
        'controller.batched': { actions: serving },
        'controller.retry': { actions: serving },
        'http.response': { actions: serving },
        'message.undeliverable': { actions: serving },
      },
      states: {
        idle: { always: { guard: busy, target: 'syncing' } },
        syncing: { always: { guard: ({ context }) => context.running.size === 0, target: 'idle' } },
      },
    },
  },
});
