import { create } from 'zustand';
import type { Frame, Problem, SessionPort } from '#session/port.ts';
import { isEmbedded } from '../embed/place.ts';
import { change, keep, keptRun, keptRuns, newId, put, type KeptRun } from '../sessions/shelf.ts';
import { holdsRun, runOfAddress } from '../share/link.ts';
import { openWorkerPort } from './worker-port.ts';

interface SessionStore {
  readonly frame: Frame | undefined;
  /** When the frame arrived, on the page's clock: packets are drawn on from there. */
  readonly arrivedAt: number;
  readonly problems: readonly Problem[];
  /** Texts of saved sessions that could not be read, the newest last. */
  readonly damaged: readonly string[];
  /** What the run of this page is kept as. */
  readonly run: string;
  /** The run before this one. */
  readonly aside: string | undefined;
  dismiss(index: number): void;
}

const damagedKey = 'kube-orrery.session.damaged';
/** Where there was one run for the whole browser, and the one before it. */
const oldKeys = ['kube-orrery.session.aside', 'kube-orrery.session'] as const;
/** Which run this tab shows, and the one before it: a refresh takes it up again. */
const tabKeys = { run: 'kube-orrery.run', aside: 'kube-orrery.run.aside' } as const;
const saveEveryMs = 4000;
/** Marks what this page writes, so that two pages never write the same run. */
const owner = newId();

function damagedBefore(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(damagedKey) ?? '[]');
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

export const useSession = create<SessionStore>((set) => ({
  frame: undefined,
  arrivedAt: 0,
  problems: [],
  damaged: damagedBefore(),
  run: newId(),
  aside: sessionStorage.getItem(tabKeys.aside) ?? undefined,
  dismiss: (index) => set((state) => ({ problems: state.problems.filter((_, at) => at !== index) })),
}));

/** The one session of this page. */
export const port: SessionPort = openWorkerPort();

/** Says in one sentence what went wrong. */
export const tell = (problem: Problem): void => useSession.setState((state) => ({ problems: [...state.problems, problem] }));

port.onFrame((frame) => useSession.setState({ frame, arrivedAt: performance.now() }));
port.onProblem((problem) => {
  // What is wrong with a saved run is told by whoever takes it up: it knows where the run is from.
  if (!problem.code.startsWith('save.')) tell(problem);
});

/** Takes up a run from its text; what was wrong with it, if anything: then nothing has changed. */
async function takeUpText(text: string): Promise<Problem | undefined> {
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    saved = text;
  }
  let problem: Problem | undefined;
  const stop = port.onProblem((found) => {
    if (found.code.startsWith('save.')) problem ??= found;
  });
  port.send({ type: 'restore', saved });
  // Answers come in the order of questions: after this one, it is known whether there was a problem.
  await port.ask({ type: 'hash' });
  stop();
  return problem;
}

/** Reads the newest damaged session again, as a newer version of this page may be able to; what it is then is the run. */
export async function retryDamaged(): Promise<void> {
  const text = useSession.getState().damaged.at(-1);
  if (text === undefined) return;
  useSession.setState({ problems: [] });
  await putAside();
  const problem = await takeUpText(text);
  if (problem === undefined) discardDamaged();
  else tell(problem);
}

export function discardDamaged(): void {
  setDamaged(useSession.getState().damaged.slice(0, -1));
  useSession.setState({ problems: [] });
}

function setDamaged(damaged: readonly string[]): void {
  if (damaged.length === 0) localStorage.removeItem(damagedKey);
  else localStorage.setItem(damagedKey, JSON.stringify(damaged));
  useSession.setState({ damaged });
}

interface RunText {
  readonly text: string;
  readonly inputs: number;
  readonly shape: string;
}

/** The run as text. */
export async function textOfRun(): Promise<RunText> {
  const saved = (await port.ask({ type: 'save' })) as {
    readonly cluster: { readonly shape: string };
    readonly branches: readonly { readonly inputs: readonly unknown[] }[];
  };
  const inputs = saved.branches.reduce((sum, branch) => sum + branch.inputs.length, 0);
  return { text: JSON.stringify(saved), inputs, shape: saved.cluster.shape };
}

function setRun(run: string): void {
  sessionStorage.setItem(tabKeys.run, run);
  useSession.setState({ run });
}

function setAside(aside: string | undefined): void {
  if (aside === undefined) sessionStorage.removeItem(tabKeys.aside);
  else sessionStorage.setItem(tabKeys.aside, aside);
  useSession.setState({ aside });
}

/** What was saved last: a run that stands still is not written again. */
let written = '';

/** Keeps the run as it goes, so that a refresh takes it up again. Returns whether there was something to keep. */
export async function save(): Promise<boolean> {
  if (isEmbedded) return false;
  const { run } = useSession.getState();
  const found = await textOfRun();
  if (found.inputs === 0 || run !== useSession.getState().run) return false;
  if (`${run} ${found.text}` === written) return true;
  const kept = await keep({ ...found, id: run, savedAt: Date.now(), owner });
  written = kept ? `${run} ${found.text}` : '';
  // Another tab has taken it up: this one goes on as a run of its own.
  if (!kept && run === useSession.getState().run) {
    setRun(newId());
    return save();
  }
  return true;
}

/** Keeps the run before another takes its place, so that it can be taken up again. */
export async function putAside(): Promise<void> {
  if (await saveOrTell()) setAside(useSession.getState().run);
  setRun(newId());
}

/** Takes up the run before this one; the present one takes its place. */
export async function takeUp(): Promise<void> {
  const { aside } = useSession.getState();
  if (aside === undefined) return;
  setAside(undefined);
  await openRun(aside);
}

/** Takes up a run that is kept. */
export async function openRun(id: string): Promise<void> {
  await putAside();
  const kept = await change(id, { owner, deletedAt: undefined });
  if (kept !== undefined) await show(kept);
}

async function show(kept: KeptRun): Promise<void> {
  const problem = await takeUpText(kept.text);
  if (problem === undefined) return setRun(kept.id);
  // What could not be read is not thrown away: it stays where no save overwrites it.
  setDamaged([...useSession.getState().damaged, kept.text]);
  await change(kept.id, { deletedAt: Date.now() });
  tell(problem);
}

/** Takes up a run from outside. Where that does not work the present one stays. @param from what the sentence about a failure speaks of */
export async function takeIn(text: string, from: 'link' | 'file'): Promise<void> {
  await saveOrTell();
  const { run } = useSession.getState();
  const isKept = (await keptRun(run)) !== undefined;
  const problem = await takeUpText(text);
  if (problem !== undefined) return tell({ code: `${from}.run`, values: problem.values });
  if (isKept) setAside(run);
  setRun(newId());
}

/** Begins a new run. */
export async function startAnew(shape: string): Promise<void> {
  await putAside();
  port.send({ type: 'open', cluster: { shape, seed: 1 } });
  port.send({ type: 'boot' });
}

/** The runs of the time when there was one place for them become runs like all others; the last is the one to take up. */
async function moveOldRuns(): Promise<string | undefined> {
  let newest: string | undefined;
  for (const key of oldKeys) {
    const text = localStorage.getItem(key);
    if (text === null) continue;
    newest = newId();
    const savedAt = Date.now() - (key === oldKeys[0] ? 1 : 0);
    await put({
      id: newest,
      name: '',
      savedAt,
      shape: /"shape":"(\w+)"/.exec(text)?.[1] ?? '',
      inputs: text.split('"input":').length - 1,
      text,
      owner,
    });
    localStorage.removeItem(key);
  }
  return newest;
}

/** What this tab showed before a refresh, else the newest run that no tab has asked to forget. */
async function firstRun(): Promise<KeptRun | undefined> {
  const id = (await moveOldRuns()) ?? sessionStorage.getItem(tabKeys.run);
  if (id !== null) return change(id, { owner });
  const newest = (await keptRuns(Date.now())).find(({ deletedAt }) => deletedAt === undefined);
  return newest === undefined ? undefined : change(newest.id, { owner });
}

/** A link is taken up, and leaves the address: what is done from now on is not in it. */
async function followAddress(): Promise<boolean> {
  const { hash, pathname, search } = location;
  if (!holdsRun(hash)) return false;
  history.replaceState(null, '', `${pathname}${search}`);
  const found = await runOfAddress(hash);
  if ('problem' in found) {
    tell({ code: found.problem, values: {} });
    return false;
  }
  const before = useSession.getState().run;
  await takeIn(found.text, 'link');
  return useSession.getState().run !== before;
}

async function begin(): Promise<void> {
  const kept = await firstRun();
  if (await followAddress()) return setAside(kept?.id);
  if (kept !== undefined) await show(kept);
}

async function saveOrTell(): Promise<boolean> {
  try {
    return await save();
  } catch {
    if (!useSession.getState().problems.some(({ code }) => code === 'keep.none')) tell({ code: 'keep.none', values: {} });
    return false;
  }
}

if (!isEmbedded) {
  void begin()
    .catch(() => tell({ code: 'keep.none', values: {} }))
    .finally(() => {
      setInterval(() => void saveOrTell(), saveEveryMs);
      document.addEventListener('visibilitychange', () => document.hidden && void saveOrTell());
      window.addEventListener('hashchange', () => void followAddress());
    });
}

/** Virtual time now, between frames: the last frame's, carried on at its rate for a moment. */
export function presentTime(): number {
  const { frame, arrivedAt } = useSession.getState();
  if (frame === undefined) return 0;
  return frame.time + Math.min(120, performance.now() - arrivedAt) * frame.rate;
}
