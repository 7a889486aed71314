import { hexDigest } from '#base/random.ts';
import type { Effect } from '#kernel/types.ts';
import type { ContainerStatus, CriContainerEvent, CriOperation, CriResponse, CriResult, LogLine } from '#protocol/cri.ts';
import { factsOf, tagOf } from './images.ts';
import { filesOf, readOnlyPaths, writablePaths, write } from './filesystem.ts';
import { disconnect, dial } from './network.ts';
import { breakPromises, keepPromises } from './replies.ts';
import {
  andThen,
  nothing,
  type Asked,
  type Container,
  type Due,
  type Exec,
  type RuntimeEvent,
  type RuntimeResult,
  type RuntimeState,
} from './state.ts';
import { startTool } from './tools.ts';
import { userland } from './programs.ts';
import { hearTheEnd, overhear, streamed, streamEnd } from './streams.ts';
import { afterTurn } from './usage.ts';
import type { NetAnswer, Output, ProcessStart, ProcessView, SignalName, Turn } from './userland/index.ts';

/** Lines of a log that are kept (a kubelet rotates logs by size). */
const keptLines = 5000;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const sigkill = 137;
/** How long it takes until a kubelet hears of an end: later than of the start. Milliseconds. */
const noticeMs = 50;

export const answer = ({ client, id }: Asked, result: CriResult, delayMs = 0): Effect => ({
  type: 'send',
  to: client,
  delayMs,
  message: { type: 'cri.response', id, result } as CriResponse,
});

export const failure = ({ client, id }: Asked, error: string, delayMs = 0): Effect => ({
  type: 'send',
  to: client,
  delayMs,
  message: { type: 'cri.response', id, error, code: 'Unknown' } as CriResponse,
});

export const due = (what: Due['what'], owner: string, afterMs: number): Effect => ({
  type: 'arm',
  timer: `${what} ${owner}`,
  afterMs,
  message: { type: 'runtime.due', what, owner } as Due,
  chatter: what === 'turn',
});

// ── what a program sees and says ────────────────────────────────────────────

export function viewOf(state: RuntimeState, container: Container, event: RuntimeEvent): ProcessView {
  const sandbox = state.sandboxes.get(container.status.sandbox);
  return {
    files: filesOf(state, container),
    now: event.now,
    hostname: sandbox?.config.hostname ?? '',
    ip: sandbox?.ip ?? '',
    readOnly: readOnlyPaths(container),
    writable: writablePaths(container),
    others: container.running === undefined ? [] : userland.value.processLines(container.running.process),
  };
}

function logged(container: Container, outputs: readonly Output[], now: number): Container {
  let { log, open } = container;
  for (const { text } of outputs) {
    if (text === '') continue;
    const lines = text.split('\n');
    const ended = lines.at(-1) === '';
    if (ended) lines.pop();
    const last = log.at(-1);
    const joined = open && last !== undefined;
    const added = lines.map((line): LogLine => ({ at: now, text: line }));
    log = joined ? [...log.slice(0, -1), { ...last, text: `${last.text}${lines[0] ?? ''}` }, ...added.slice(1)] : [...log, ...added];
    open = !ended;
  }
  return { ...container, log: log.length > keptLines ? log.slice(-keptLines) : log, open };
}

/** Takes in what a step of a program has come to. `owner` is its container, or a command in one. */
export function took(state: RuntimeState, event: RuntimeEvent, owner: string, turn: Turn): RuntimeResult {
  const exec = state.execs.get(owner);
  const id = exec?.container ?? owner;
  const container = state.containers.get(id);
  if (container === undefined) return nothing(state);
  const written = write(state, container, turn.writes);
  const running = { process: turn.process, need: turn.need };
  const before = exec?.running.need ?? container.running?.need;
  const heard = exec === undefined ? turn.output : turn.output.filter((item) => item.log);
  let context = written;
  const effects: Effect[] = [];
  if (heard.length > 0 || exec === undefined) {
    const changed = logged(written.containers.get(id)!, heard, event.now);
    const next = exec === undefined ? { ...afterTurn(changed, turn.process, event.now), running } : changed;
    context = { ...written, containers: written.containers.set(id, next) };
    effects.push(...overhear(state, container, heard, event.now));
  }
  if (exec !== undefined) {
    context = { ...context, execs: context.execs.set(owner, spoken(exec, running, turn.output)) };
    effects.push(...streamed(exec, turn.output));
  }
  const limit = container.config.linux.memoryLimitBytes;
  if (exec === undefined && limit > 0 && turn.memoryBytes > limit)
    return andThen({ context, effects }, (next) => finish(disconnect(next, owner), event, id, sigkill, 'OOMKilled'));
  let result = andThen({ context, effects }, (next) => follow(next, event, owner, turn, before));
  if (turn.responses.length > 0) result = andThen(result, (next) => keepPromises(next, id, turn));
  for (const { pid, signal } of turn.signals)
    if (pid === 1 && exec !== undefined) result = andThen(result, (next) => signalContainer(next, event, id, signal));
  return result;
}

function spoken(exec: Exec, running: Exec['running'], outputs: readonly Output[]): Exec {
  if (exec.streamed !== 'no') return { ...exec, running };
  const said = (stream: Output['stream']): string =>
    outputs
      .filter((item) => item.stream === stream && !item.log)
      .map((item) => item.text)
      .join('');
  return { ...exec, running, stdout: exec.stdout + said('stdout'), stderr: exec.stderr + said('stderr') };
}

/** Sees to what the program waits for now. */
function follow(state: RuntimeState, event: RuntimeEvent, owner: string, turn: Turn, before: Turn['need'] | undefined): RuntimeResult {
  const { need } = turn;
  if (need.type === 'exit') return exited(state, event, owner, need.code);
  const timer: readonly Effect[] =
    'ms' in need && need.ms !== undefined ? [due('turn', owner, need.ms)] : [{ type: 'disarm', timer: `turn ${owner}` }];
  if (need.type !== 'request' || (before?.type === 'request' && before.id === need.id)) return { context: state, effects: timer };
  const dialled = dial(state, event, owner, need.id, need.request);
  return { context: dialled.context, effects: [...timer, ...dialled.effects] };
}

function exited(state: RuntimeState, event: RuntimeEvent, owner: string, code: number): RuntimeResult {
  const idle: RuntimeState = disconnect(state, owner);
  const exec = idle.execs.get(owner);
  if (exec === undefined) return finish(idle, event, owner, code);
  return {
    context: { ...idle, execs: idle.execs.delete(owner) },
    effects: [{ type: 'disarm', timer: `turn ${owner}` }, { type: 'disarm', timer: `expire ${owner}` }, execEnded(exec, code)],
  };
}

/** Whoever waits for a command hears how it ended. */
const execEnded = ({ asked, stdout, stderr, streamed: how }: Exec, exitCode: number): Effect =>
  how === 'no' ? answer(asked, { op: 'ExecSync', exitCode, stdout, stderr }) : streamEnd(asked, exitCode);

// ── containers ──────────────────────────────────────────────────────────────

/** What a container runs: what its manifest says, else what its image brings along. */
function commandOf({ config }: Container): readonly string[] {
  const { command = [], args = [], image } = config;
  const facts = factsOf(image);
  if (command.length > 0) return [...command, ...args];
  return [...(facts?.entrypoint ?? []), ...(args.length > 0 ? args : (facts?.command ?? []))];
}

/** What every program of a container finds. */
function surroundings({ image, workingDir, linux }: Container['config']): Omit<ProcessStart, 'argv' | 'env'> {
  const facts = factsOf(image);
  const { uid, gid, supplementalGroups: groups } = linux.user;
  return { cwd: workingDir ?? facts?.workingDir ?? '/', image: facts?.kind ?? 'other', tag: tagOf(image), uid, gid, groups };
}

/** Starts a container's program; the answer is why that cannot be (runc's words). */
export function startProgram(state: RuntimeState, event: RuntimeEvent, container: Container): RuntimeResult | { readonly error: string } {
  const { config, status } = container;
  const sandbox = state.sandboxes.get(status.sandbox);
  const argv = commandOf(container);
  const env = [['PATH', path], ['HOSTNAME', sandbox?.config.hostname ?? ''], ...config.env, ['HOME', '/root']] as const;
  const { tty, stdin } = config;
  const start = { argv, env, ...surroundings(config), pid: 1, tty, ...(stdin === true ? { stdin: { open: true } as const } : {}) };
  const turn = userland.value.startProcess(start, viewOf(state, container, event));
  if (!('error' in turn)) return took(state, event, status.id, turn);
  return {
    error: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${whyNot(turn)}`,
  };
}

const whyNot = ({ error, program }: { readonly error: string; readonly program: string }): string =>
  error === 'permission-denied'
    ? `exec: "${program}": permission denied`
    : program.includes('/')
      ? `exec: "${program}": stat ${program}: no such file or directory`
      : `exec: "${program}": executable file not found in $PATH`;

/** A container has ended, by itself or because it was stopped. */
export function finish(state: RuntimeState, event: RuntimeEvent, id: string, code: number, why?: 'OOMKilled'): RuntimeResult {
  const container = state.containers.get(id);
  if (container === undefined || container.status.state !== 'running') return nothing(state);
  const reason = why ?? (state.input.hollow ? '' : code === 0 ? 'Completed' : 'Error');
  const status: ContainerStatus = { ...container.status, state: 'exited', exitCode: code, finishedAt: event.now, reason };
  const effects: Effect[] = [
    { type: 'disarm', timer: `turn ${id}` },
    { type: 'disarm', timer: `kill ${id}` },
  ];
  let context: RuntimeState = {
    ...state,
    containers: state.containers.set(id, { ...container, status, running: undefined }),
    stopping: state.stopping.delete(id),
  };
  for (const [key, exec] of [...state.execs]) {
    if (exec.container !== id) continue;
    context = { ...disconnect(context, key), execs: context.execs.delete(key) };
    effects.push(execEnded(exec, sigkill));
  }
  const asked = state.stopping.get(id);
  if (asked !== undefined) effects.push(answer(asked, { op: 'StopContainer', container: status }));
  else effects.push(tell(context, status));
  return andThen(
    andThen({ context, effects }, (next) => breakPromises(next, id)),
    (next) => hearTheEnd(next, container, code),
  );
}

function tell(state: RuntimeState, container: ContainerStatus): Effect {
  const podUid = state.sandboxes.get(container.sandbox)?.config.podUid ?? '';
  const message: CriContainerEvent = { type: 'cri.event', podUid, container };
  return { type: 'send', to: state.kubelet, message, delayMs: noticeMs };
}

function signalContainer(state: RuntimeState, event: RuntimeEvent, id: string, signal: SignalName): RuntimeResult {
  const container = state.containers.get(id);
  if (container?.running === undefined) return nothing(state);
  return took(state, event, id, userland.value.signalProcess(container.running.process, signal, viewOf(state, container, event)));
}

/** SIGTERM, and SIGKILL when the time is over (containerd's StopContainer). */
export function stopProgram(state: RuntimeState, event: RuntimeEvent, id: string, timeoutSeconds: number, asked: Asked): RuntimeResult {
  const waiting: RuntimeState = { ...state, stopping: state.stopping.set(id, asked) };
  if (timeoutSeconds <= 0) return finish(waiting, event, id, sigkill);
  const told = signalContainer(waiting, event, id, 'TERM');
  if (told.context.containers.get(id)?.status.state !== 'running') return told;
  return { context: told.context, effects: [...told.effects, due('kill', id, timeoutSeconds * 1000)] };
}

/** Runs a command in a container: to its end, or with its input and output as they come. */
export function execute(
  state: RuntimeState,
  event: RuntimeEvent,
  request: Extract<CriOperation, { readonly op: 'Exec' | 'ExecSync' }>,
  asked: Asked,
): RuntimeResult {
  const container = state.containers.get(request.container);
  if (container?.status.state !== 'running')
    return {
      context: state,
      effects: [failure(asked, `container is in ${container?.status.state === 'exited' ? 'CONTAINER_EXITED' : 'CONTAINER_UNKNOWN'} state`)],
    };
  const tool = startTool(state, container, request.command, asked);
  if (tool !== undefined) return tool;
  const owner = `exec-${state.next}`;
  const { config } = container;
  const env = [
    ['PATH', path],
    ['HOSTNAME', state.sandboxes.get(container.status.sandbox)?.config.hostname ?? ''],
    ...config.env,
    ['HOME', '/root'],
  ] as const;
  const live = request.op === 'Exec';
  const stdin = !live ? request.stdin : request.stdin ? ({ open: true } as const) : undefined;
  const start = { argv: request.command, env, ...surroundings(config), stdin, tty: live && request.tty, pid: 1000 + state.next };
  const turn = userland.value.startProcess(start, viewOf(state, container, event));
  if ('error' in turn) {
    const error = `failed to exec in container: failed to start exec "${hexDigest(`${container.status.id} ${owner}`, 64)}": OCI runtime exec failed: exec failed: unable to start container process: ${whyNot(turn)}`;
    return { context: { ...state, next: state.next + 1 }, effects: [failure(asked, error)] };
  }
  const exec: Exec = {
    container: container.status.id,
    running: { process: turn.process, need: turn.need },
    stdout: '',
    stderr: '',
    asked,
    streamed: !live ? 'no' : request.tty ? 'terminal' : 'apart',
  };
  const begun: RuntimeState = { ...state, next: state.next + 1, execs: state.execs.set(owner, exec) };
  const limit: readonly Effect[] = live
    ? [answer(asked, { op: 'Exec' })]
    : request.timeoutSeconds > 0
      ? [due('expire', owner, request.timeoutSeconds * 1000)]
      : [];
  const first = took(
    { ...begun, execs: begun.execs.set(owner, { ...exec, running: { ...exec.running, need: { type: 'wait' } } }) },
    event,
    owner,
    turn,
  );
  return { context: first.context, effects: [...limit, ...first.effects] };
}

/** A program goes on: it has slept, or what it asked for is there. */
export function goOn(state: RuntimeState, event: RuntimeEvent, owner: string, reply?: NetAnswer): RuntimeResult {
  const exec = state.execs.get(owner);
  const container = state.containers.get(exec?.container ?? owner);
  const running = exec?.running ?? container?.running;
  if (container === undefined || running === undefined) return nothing(state);
  return took(state, event, owner, userland.value.resumeProcess(running.process, reply, viewOf(state, container, event)));
}

export function isDue(state: RuntimeState, event: RuntimeEvent, { what, owner }: Due): RuntimeResult {
  if (what === 'turn') return goOn(state, event, owner);
  if (what === 'kill') return finish(state, event, owner, sigkill);
  const exec = state.execs.get(owner);
  if (exec === undefined) return nothing(state);
  const idle = disconnect(state, owner);
  const error = `rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout exceeded: context deadline exceeded`;
  return {
    context: { ...idle, execs: idle.execs.delete(owner) },
    effects: [{ type: 'disarm', timer: `turn ${owner}` }, failure(exec.asked, error)],
  };
}
