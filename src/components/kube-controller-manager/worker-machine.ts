import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { correlate, createEvent, emptyEventLog, subjectOf } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import { add, addAfter, due, emptyWorkQueue, failed, forget, take, type KeyDue } from '#machinery/work-queue.ts';
import { expected, noExpectations, observed, satisfied, type Expectation, type Expectations } from '#machinery/expectations.ts';
import { step } from '#kernel/step.ts';
import type { Effect } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { isTerminating, ok, type SyncCall, type SyncContext, type SyncResult } from './controller.ts';
import { controllers } from './controllers/index.ts';
import type { ManagerState } from './state.ts';
import type { AskAgain, ControllerEvent, ControllerState, EnqueueMessage, Result, Run } from './worker-state.ts';

/** Less than this is no time: what is due then is due now. Milliseconds. */
const instantMs = 0.001;

const namespace = 'kube-system';

const accountOf = (state: ControllerState): string => controllers.get(state.name)!.account ?? state.name;
const managerOf = (event: ControllerEvent): ManagerState => event.parent as ManagerState;

function start(state: ControllerState, event: ControllerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  return { context: { ...state, name: event.message.input.name, manager: managerOf(event).client }, effects: [] };
}

/** The first key: the controller asks for the token of its service account. */
function authenticate(state: ControllerState, event: ControllerEvent): Result {
  const queued = enqueue(state, event);
  return {
    context: queued.context,
    effects: [
      ...queued.effects,
      sendCall(state.manager!, 'account', { method: 'GET', path: resourcePath(resources.serviceaccounts, namespace, accountOf(state)) }),
    ],
  };
}

function authenticating(state: ControllerState, event: ControllerEvent): Result {
  if (event.message.type === 'controller.enqueue') return enqueue(state, event);
  if (event.message.type !== 'http.response')
    return {
      context: state,
      effects: [{ type: 'arm', timer: 'account', afterMs: 1000, message: { type: 'account.retry' } as AskAgain }],
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
    effects: [{ type: 'arm', timer: 'account', afterMs: 1000, message: { type: 'account.retry' } as AskAgain }],
  };
}

const askAgain = (state: ControllerState): Result => ({
  context: state,
  effects: [
    sendCall(state.manager!, 'account', { method: 'GET', path: resourcePath(resources.serviceaccounts, namespace, accountOf(state)) }),
  ],
});

function enqueue(state: ControllerState, event: ControllerEvent): Result {
  const { keys, observed: seen, afterMs } = event.message as EnqueueMessage;
  const expectations = seen.reduce((all, item) => observed(all, item.key, item), state.expectations);
  let { queue } = state;
  const effects: Effect[] = [];
  for (const key of keys) {
    if (afterMs === 0) queue = add(queue, key, event.origin);
    else {
      const later = addAfter(queue, key, afterMs, event.now, { because: event.origin });
      queue = later.queue;
      effects.push(...later.effects);
    }
  }
  return { context: { ...state, queue, expectations }, effects };
}

const comeDue = (state: ControllerState, event: ControllerEvent): Result => ({
  context: { ...state, queue: due(state.queue, event.message as KeyDue, event.origin) },
  effects: [],
});

function contextFor(state: ControllerState, run: Run, key: string): SyncContext {
  const definition = controllers.get(state.name)!;
  let counter = run.id * 1000;
  return {
    now: run.now,
    caches: run.caches,
    failures: state.queue.failures.get(key) ?? 0,
    satisfied: run.satisfied,
    memory: state.memories.get(key),
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
  for (const key of state.queue.order) {
    const origin = context.queue.queued.get(key);
    if (origin === undefined) continue;
    if (context.running.size >= definition.workers || context.running.has(key)) {
      waiting.push(key);
      continue;
    }
    const rest = context.resting.get(key);
    if (rest !== undefined && rest - event.now > instantMs) {
      const later = addAfter(take(context.queue, key), key, rest - event.now, event.now, { because: origin });
      context = { ...context, queue: later.queue };
      effects.push(...later.effects);
      continue;
    }
    const run: Run = {
      caches: managerOf(event).caches,
      now: event.now,
      origin,
      answers: [],
      waiting: 0,
      arrived: [],
      expects: [],
      satisfied: satisfied(context.expectations, key, event.now),
      id: context.nextRun,
    };
    context = { ...context, queue: take(context.queue, key), nextRun: context.nextRun + 1 };
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
  return { context: { ...context, queue: { ...context.queue, order: waiting } }, effects };
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
  if (progress.done) return finish(state, key, run, progress.result, event.now);
  const effects: Effect[] = [];
  const arrived: (HttpResponse | undefined)[] = [];
  let waiting = 0;
  let { reported, expectations } = state;
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
    if (call.expects !== undefined) expectations = expected(expectations, key, call.expects, event.now);
    const id = call.background === true ? `event ${run.id}` : `sync ${run.id} ${progress.answers.length} ${index} ${key}`;
    effects.push(sendCall(state.client!, id, call, changes(call) ? { because: run.origin, chatter: false } : { because: run.origin }));
    if (call.background === true) arrived.push({ type: 'http.response', id, status: 202, contentType: '', body: null });
    else {
      arrived.push(undefined);
      waiting++;
    }
  }
  const next: Run = { ...run, answers: progress.answers, arrived, waiting, expects: progress.request.map((asked) => asked.expects) };
  const context = { ...state, reported, expectations, running: state.running.set(key, next) };
  if (waiting > 0) return { context, effects };
  const onward = resumeRun(context, key, next, event);
  return { context: onward.context, effects: [...effects, ...onward.effects] };
}

function resumeRun(state: ControllerState, key: string, run: Run, event: ControllerEvent): Result {
  const definition = controllers.get(state.name)!;
  const routine = () => definition.sync(key, contextFor(state, run, key));
  return advance(state, key, run, resume(routine, run.answers, run.arrived as readonly HttpResponse[]), event);
}

function finish(state: ControllerState, key: string, run: Run, result: SyncResult, now: number): Result {
  const memories = result.remember === undefined ? state.memories : state.memories.set(key, result.remember);
  const { tookMs = 0 } = result;
  const resting = tookMs < 1 ? state.resting.delete(key) : state.resting.set(key, now + tookMs);
  const context = { ...state, running: state.running.delete(key), memories, resting, synced: state.synced + 1 };
  const queue = (result.more ?? []).reduce((all, more) => add(all, more, run.origin), state.queue);
  const again = result.failed === true ? failed(queue, key) : { queue: forget(queue, key), afterMs: result.againMs };
  if (again.afterMs === undefined) return { context: { ...context, queue: again.queue }, effects: [] };
  const cause = { because: run.origin, ...(result.failed === true ? {} : { chatter: true }) };
  const later = addAfter(again.queue, key, again.afterMs, now, cause);
  return { context: { ...context, queue: later.queue }, effects: later.effects };
}

function serve(state: ControllerState, event: ControllerEvent): Result {
  const { message } = event;
  let result: Result = { context: state, effects: [] };
  switch (message.type) {
    case 'controller.enqueue':
      result = enqueue(state, event);
      break;
    case 'queue.due':
      result = comeDue(state, event);
      break;
    case 'http.response':
      result = answered(state, event, message);
      break;
    case 'message.undeliverable':
      result = answered(state, event, noAnswer((message.message as unknown as { readonly id: string }).id));
      break;
    case 'controller.disconnected':
      result = disconnected(state, event);
      break;
    case 'account.retry':
    case 'process.start':
      break;
  }
  if (result.context.queue.order.length === 0) return result;
  const more = work(result.context, event);
  return { context: more.context, effects: [...result.effects, ...more.effects] };
}

/** What a call comes to that nobody has answered. */
const noAnswer = (id: string): HttpResponse => ({ type: 'http.response', id, status: 503, contentType: '', body: null });

/** Every call that is under way has failed, whatever has become of it. */
function disconnected(state: ControllerState, event: ControllerEvent): Result {
  let result: Result = { context: state, effects: [] };
  for (const [key, run] of state.running) {
    const expectations = run.expects.reduce(
      (all, what, index) => (run.arrived[index] === undefined ? unexpected(all, key, what, noAnswer('')) : all),
      result.context.expectations,
    );
    const next: Run = { ...run, arrived: run.arrived.map((response) => response ?? noAnswer('')), waiting: 0 };
    const resumed = resumeRun({ ...result.context, expectations }, key, next, event);
    result = { context: resumed.context, effects: [...result.effects, ...resumed.effects] };
  }
  return result;
}

/** What a call that failed would have shown is not waited for; except in a namespace that goes, where trying again is no use. */
function unexpected(all: Expectations, key: string, what: Expectation | undefined, response: HttpResponse): Expectations {
  return what === undefined || ok(response) || isTerminating(response) ? all : observed(all, key, what);
}

function answered(state: ControllerState, event: ControllerEvent, response: HttpResponse): Result {
  const match = /^sync (\d+) (\d+) (\d+) (.*)$/s.exec(response.id);
  const key = match?.[4] ?? '';
  const run = state.running.get(key);
  if (match === null || run === undefined || run.id !== Number(match[1]) || run.answers.length !== Number(match[2]))
    return { context: state, effects: [] };
  const index = Number(match[3]);
  const arrived = run.arrived.slice();
  arrived[index] = response;
  const next: Run = { ...run, arrived, waiting: run.waiting - 1 };
  const context = { ...state, expectations: unexpected(state.expectations, key, run.expects[index], response) };
  if (next.waiting > 0) return { context: { ...context, running: state.running.set(key, next) }, effects: [] };
  return resumeRun(context, key, next, event);
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
    queue: emptyWorkQueue,
    running: SortedMap.empty<Run>(),
    memories: SortedMap.empty<unknown>(),
    resting: SortedMap.empty<number>(),
    expectations: noExpectations,
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
        'queue.due': { actions: step(comeDue) },
        'account.retry': { actions: step((state: ControllerState) => askAgain(state)) },
        'http.response': [{ guard: gotToken, target: 'working', actions: step(authenticating) }, { actions: step(authenticating) }],
        'message.undeliverable': { actions: step(authenticating) },
        'controller.disconnected': { actions: step(authenticating) },
      },
    },
    working: {
      initial: 'idle',
      on: {
        'controller.enqueue': { actions: serving },
        'queue.due': { actions: serving },
        'http.response': { actions: serving },
        'message.undeliverable': { actions: serving },
        'controller.disconnected': { actions: serving },
      },
      states: {
        idle: { always: { guard: busy, target: 'syncing' } },
        syncing: { always: { guard: ({ context }) => context.running.size === 0, target: 'idle' } },
      },
    },
  },
});
