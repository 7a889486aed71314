import { create } from 'zustand';
import type { Frame, Problem, SessionPort } from '#session/port.ts';
import { openWorkerPort } from './worker-port.ts';

interface SessionStore {
  readonly frame: Frame | undefined;
  /** When the frame arrived, on the page's clock: packets are drawn on from there. */
  readonly arrivedAt: number;
  readonly problems: readonly Problem[];
  /** Texts of saved sessions that could not be read, the newest last. */
  readonly damaged: readonly string[];
  /** The text of the run before this one. */
  readonly aside: string | undefined;
  dismiss(index: number): void;
}

const savedKey = 'kube-orrery.session';
const damagedKey = 'kube-orrery.session.damaged';
const asideKey = 'kube-orrery.session.aside';
const saveEveryMs = 4000;

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
  aside: localStorage.getItem(asideKey) ?? undefined,
  dismiss: (index) => set((state) => ({ problems: state.problems.filter((_, at) => at !== index) })),
}));

/** The one session of this page. */
export const port: SessionPort = openWorkerPort();

port.onFrame((frame) => useSession.setState({ frame, arrivedAt: performance.now() }));
port.onProblem((problem) => {
  // What could not be read is not thrown away: it stays under another name, which no save overwrites.
  if (problem.code.startsWith('save.')) {
    const text = localStorage.getItem(savedKey);
    if (text !== null) setDamaged([...useSession.getState().damaged, text]);
    localStorage.removeItem(savedKey);
  }
  useSession.setState((state) => ({ problems: [...state.problems, problem] }));
});

function restore(text: string | null): void {
  if (text === null) return;
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    saved = text;
  }
  port.send({ type: 'restore', saved });
}

/** Reads the newest damaged session again, as a newer version of this page may be able to; what it is then is the run. */
export async function retryDamaged(): Promise<void> {
  const text = useSession.getState().damaged.at(-1);
  if (text === undefined) return;
  useSession.setState({ problems: [] });
  restore(text);
  // Answers come in the order of questions: after this one, it is known whether there was a problem.
  await port.ask({ type: 'hash' });
  if (useSession.getState().problems.length === 0) discardDamaged();
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

/** The run as text; undefined where nobody has done anything in it. */
async function textOfRun(): Promise<string | undefined> {
  const saved = (await port.ask({ type: 'save' })) as { readonly branches: readonly { readonly inputs: readonly unknown[] }[] };
  return saved.branches.some((branch) => branch.inputs.length > 0) ? JSON.stringify(saved) : undefined;
}

/** Keeps the run as it goes, so that a refresh takes it up again. */
async function save(): Promise<void> {
  const text = await textOfRun();
  if (text !== undefined) localStorage.setItem(savedKey, text);
}

/** Puts the run aside before another takes its place, so that it can be taken up again. */
export async function putAside(): Promise<void> {
  const text = await textOfRun();
  localStorage.removeItem(savedKey);
  if (text === undefined) return;
  localStorage.setItem(asideKey, text);
  useSession.setState({ aside: text });
}

/** Takes up the run that was put aside; the present one is put aside for it. */
export async function takeUp(): Promise<void> {
  const { aside } = useSession.getState();
  if (aside === undefined) return;
  localStorage.removeItem(asideKey);
  useSession.setState({ aside: undefined });
  await putAside();
  localStorage.setItem(savedKey, aside);
  restore(aside);
}

/** Begins a new run. */
export async function startAnew(shape: string): Promise<void> {
  await putAside();
  port.send({ type: 'open', cluster: { shape, seed: 1 } });
  port.send({ type: 'boot' });
}

restore(localStorage.getItem(savedKey));
setInterval(() => void save(), saveEveryMs);

/** Virtual time now, between frames: the last frame's, carried on at its rate for a moment. */
export function presentTime(): number {
  const { frame, arrivedAt } = useSession.getState();
  if (frame === undefined) return 0;
  return frame.time + Math.min(120, performance.now() - arrivedAt) * frame.rate;
}
