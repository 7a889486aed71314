import type { Process, Task } from './state.ts';
import { listenersOf, System } from './system.ts';
import type { Listener, NetAnswer, ProcessStart, ProcessView, Served, ServedRequest, SignalName, StartFailure, Turn } from './types.ts';

export { imageFiles } from './images.ts';
export type { Process } from './state.ts';
export type {
  ImageKind,
  Listener,
  NetAnswer,
  NetFailure,
  NetRequest,
  Need,
  Output,
  ProcessLine,
  ProcessStart,
  ProcessView,
  Served,
  ServedRequest,
  ServedResponse,
  SignalName,
  StartFailure,
  Turn,
  Write,
} from './types.ts';

/** Starts a program and runs it until it waits for something. */
export function startProcess(start: ProcessStart, view: ProcessView): Turn | StartFailure {
  const pid = start.pid ?? 1;
  const process: Process = {
    image: start.image,
    tag: start.tag ?? 'latest',
    uid: start.uid ?? 0,
    gid: start.gid ?? 0,
    groups: start.groups ?? [start.gid ?? 0],
    tty: start.tty ?? false,
    root: pid,
    startedAt: view.now,
    tasks: [],
    pipes: [],
    nextPid: pid + 1,
    nextId: 1,
    busy: 0,
    exitCode: undefined,
  };
  const system = new System(process, view);
  const { stdin } = start;
  const input = stdin === undefined ? undefined : system.newPipe(typeof stdin === 'string' ? stdin : '', typeof stdin !== 'string');
  const task: Task = {
    pid,
    parent: 0,
    argv: start.argv,
    env: start.env,
    cwd: start.cwd,
    descriptors: {
      0: input === undefined ? { type: 'null' } : { type: 'pipe', pipe: input, end: 'read' },
      1: { type: 'output', stream: 'stdout', log: false },
      2: { type: 'output', stream: 'stderr', log: false },
    },
    body: { type: 'program', name: 'true', memory: undefined },
    blocked: undefined,
    pending: [],
    ignored: [],
    finished: {},
    memoryBytes: 0,
    deadline: undefined,
  };
  system.tasks.set(pid, task);
  return system.exec(pid, start.argv, start.env) ?? system.run();
}

/** Goes on after a sleep or with the answer to the request that was asked for. */
export function resumeProcess(process: Process, answer: NetAnswer | undefined, view: ProcessView): Turn {
  const system = new System(process, view);
  if (answer !== undefined) system.receive(answer);
  return system.run();
}

/**
 * Sends a signal to the first of its tasks, as a container runtime does. Process 1 is only touched by signals that it
 * handles: nginx, redis and pause end at once, a shell runs its trap, and `sleep` notices nothing but KILL.
 */
export function signalProcess(process: Process, signal: SignalName, view: ProcessView): Turn {
  const system = new System(process, view);
  system.signal(process.root, signal);
  return system.run();
}

/** Ctrl-C at its terminal. */
export function interruptProcess(process: Process, view: ProcessView): Turn {
  const system = new System(process, view);
  system.interrupt();
  return system.run();
}

/** Writes to an open standard input; undefined ends it. */
export function feedProcess(process: Process, text: string | undefined, view: ProcessView): Turn {
  const system = new System(process, view);
  system.feed(text);
  return system.run();
}

/** Lets a server answer. What it goes on to do (write a log, end) is in the turn. */
export function serveRequest(process: Process, request: ServedRequest, view: ProcessView): Served {
  const system = new System(process, view);
  const response = system.serve(request);
  return { ...system.run(), response };
}

/** The ports on which a process listens, whatever it waits for. */
export const listenersOfProcess = (process: Process): readonly Listener[] => listenersOf(process.tasks);

/** Its tasks, as `ps` of another process of the container shows them. */
export const processLines = (process: Process): NonNullable<ProcessView['others']> =>
  process.tasks.map(({ pid, argv }) => ({ pid, command: argv.join(' ') }));
