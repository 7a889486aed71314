import { timing } from '#cluster/settings.ts';
import { Session } from './session.ts';
import type { Frame, FrameDelta, SessionCommand, SessionQuery } from './port.ts';

/** What the page posts to the worker, and what comes back. */
export type ToWorker = { readonly command: SessionCommand } | { readonly ask: SessionQuery; readonly id: number };
export type FromWorker =
  | { readonly frame: FrameDelta }
  | { readonly answer: unknown; readonly id: number }
  | { readonly problem: { readonly code: string; readonly values: Readonly<Record<string, string>> } };

/** The worker works in slices, so that a command never waits longer than one of them. */
const sliceMs = 8;
const eventsPerChunk = 400;
const frameIntervalMs = 70;
/** A tab that was asleep does not make the cluster jump. */
const longestTickMs = 100;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
};

const session = new Session({ shape: 'minikube', seed: 1 });
let sent: Frame | undefined;
let lastFrameAt = 0;
let lastTickAt = performance.now();
let dirty = true;

session.onProblem((problem) => scope.postMessage({ problem }));
session.onFrame((frame) => {
  scope.postMessage({ frame: delta(sent, frame) });
  sent = frame;
  lastFrameAt = performance.now();
  dirty = false;
});

/** Only what changed since the last frame: unchanged parts keep their references. */
function delta(before: Frame | undefined, frame: Frame): FrameDelta {
  if (before === undefined) return frame;
  const changed = Object.entries(frame).filter(([name, value]) => before[name as keyof Frame] !== value);
  return { ...Object.fromEntries(changed), time: frame.time, seq: frame.seq } as FrameDelta;
}

/** A new cluster comes without the late code up to where the first kubectl applies its add-ons. Virtual milliseconds. */
const aloneStepMs = 20;
const aloneMs = timing.addonsAfterMs - aloneStepMs;
let aloneAt = 0;

/** What the page has asked while the late code was still on its way: a hand waits for it, the cluster boots meanwhile. */
let waiting: ToWorker[] | undefined = [];

void import('./late.ts').then(() => {
  const asked = waiting ?? [];
  waiting = undefined;
  session.send({ type: 'boot' });
  asked.forEach(obey);
});

/** Boots a little; false where nothing more can be done without the late code. */
function bootAlone(): boolean {
  if (aloneAt >= aloneMs) return false;
  aloneAt += aloneStepMs;
  session.pass(aloneStepMs);
  return true;
}

scope.onmessage = ({ data }) => {
  if (waiting === undefined) obey(data);
  else waiting.push(data);
};

function obey(data: ToWorker): void {
  if ('command' in data) {
    session.send(data.command);
    return;
  }
  void session.ask(data.ask).then((answer) => scope.postMessage({ answer, id: data.id }));
}

function run(): void {
  const started = performance.now();
  let wallMs = Math.min(longestTickMs, started - lastTickAt);
  lastTickAt = started;
  do {
    if (waiting === undefined ? !session.tick(wallMs, eventsPerChunk) : !bootAlone()) break;
    dirty = true;
    wallMs = 0;
  } while ((session.busy || waiting !== undefined) && performance.now() - started < sliceMs);
  if (dirty && performance.now() - lastFrameAt >= frameIntervalMs) session.publish();
  setTimeout(run, session.busy ? 0 : 16);
}

run();
