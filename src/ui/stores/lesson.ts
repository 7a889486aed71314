import { create } from 'zustand';
import type { Frame, InspectTarget } from '#session/port.ts';
import { factsOf, isRight, componentOf, lessons, textsIn, userOf } from '#scenarios/index.ts';
import type { Beat, Lesson, Scenario, ScenarioTexts, Setup } from '#scenarios/index.ts';
import { port, putAside, useSession } from './session.ts';
import { useSettings } from './settings.ts';
import { useTerminals } from './terminals.ts';
import { restoreViews, useViews } from './views.ts';

/**
 * `boot`: the cluster starts and is made as the lesson begins; `intro`: what it is about; `ask`: a prediction before a beat; `playing`: on the way to a beat; `shown`: there;
 * `goal`: the learner's own task; `done`: reached.
 */
export type Phase = 'boot' | 'intro' | 'ask' | 'playing' | 'shown' | 'goal' | 'done';

/** Where a beat was found, and what its event showed. */
interface Place {
  readonly seq: number;
  readonly branch: string;
  readonly last: NonNullable<Frame['last']>;
}

interface LessonStore {
  readonly lesson: Lesson | undefined;
  readonly scenario: Scenario | undefined;
  readonly texts: ScenarioTexts | undefined;
  readonly phase: Phase;
  /** The beat that is asked about, played or shown; -1 before the first. */
  readonly index: number;
  readonly guess: string | undefined;
  /** Where each beat was found, and what its event showed. */
  readonly reached: readonly Place[];
  readonly hints: number;
  readonly finished: readonly string[];
  /** Begins a lesson by its name, or one that somebody else made. */
  open(lesson: string | Lesson): Promise<void>;
  close(): void;
  next(): void;
  back(): void;
  /** Goes to a beat that has been reached. */
  goTo(index: number): void;
  answer(option: string): void;
  hint(): void;
}

const progressKey = 'kube-orrery.progress';
const checkEveryMs = 700;

/** The names of finished lessons in a text, as progress is kept and exported; undefined where it is none. */
function readProgress(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
  } catch {
    return undefined;
  }
}

const nothing = {
  lesson: undefined,
  scenario: undefined,
  texts: undefined,
  phase: 'boot',
  index: -1,
  guess: undefined,
  reached: [],
  hints: 0,
} as const;

/** A frame, as soon as there is one: a lesson may be opened before the page's first cluster has begun, and its epoch is needed. */
function anyFrame(): Promise<Frame> {
  const { frame } = useSession.getState();
  if (frame !== undefined) return Promise.resolve(frame);
  return new Promise((resolve) => {
    const stop = useSession.subscribe((state) => {
      if (state.frame === undefined) return;
      stop();
      resolve(state.frame);
    });
  });
}

/** The lesson that is being taken. */
export const useLesson = create<LessonStore>((set, get) => ({
  ...nothing,
  finished: readProgress(localStorage.getItem(progressKey) ?? '[]') ?? [],

  async open(asked) {
    const listed = lessons.find(({ id }) => id === asked);
    if (typeof asked === 'string' && listed === undefined) return;
    const [lesson, { epoch }] = await Promise.all([typeof asked === 'string' ? listed!.load() : asked, anyFrame()]);
    const { scenario, texts } = lesson;
    await putAside();
    set({ ...nothing, lesson, scenario, texts: textsIn(texts, useSettings.getState().language) });
    begun = false;
    awaited = undefined;
    returning = undefined;
    toSetUp = scenario.setup ?? [];
    const { shape, seed, nodes } = scenario.cluster;
    port.send({ type: 'open', cluster: { shape, seed, nodes } });
    port.send({ type: 'tempo', tempo: { mode: 'readable' } });
    lookAt(undefined);
    bootedAt = epoch + scenario.bootSeconds * 1000;
    port.send({ type: 'run-until', condition: { type: 'time', at: bootedAt } });
  },

  close() {
    set(nothing);
    restoreViews();
  },

  next() {
    const { scenario, phase, index } = get();
    if (scenario === undefined || phase === 'boot' || phase === 'playing' || phase === 'done' || phase === 'goal') return;
    if (phase === 'ask') return play(get().index);
    const beat = scenario.beats[index + 1];
    if (beat === undefined) {
      set({ phase: 'goal', index: scenario.beats.length });
      // The learner's turn: in the first window, and with the last command come to its end.
      useTerminals.setState({ shown: '' });
      port.send({ type: 'play' });
    } else if (beat.ask !== undefined && get().reached[index + 1] === undefined) {
      set({ phase: 'ask', index: index + 1, guess: undefined });
      // Whatever is chosen on the picture from now on is the answer.
      if (beat.ask.kind === 'point') port.send({ type: 'inspect', target: undefined });
    } else play(index + 1);
  },

  back() {
    const { index, reached, phase } = get();
    if (phase !== 'playing' && reached[index - 1] !== undefined) get().goTo(index - 1);
  },

  goTo(index) {
    const { scenario, phase, reached } = get();
    const place = reached[index];
    if (scenario === undefined || place === undefined || phase === 'playing') return;
    goBackTo(place);
    show(scenario.beats[index]!, place.last);
    set({ phase: 'shown', index, guess: undefined });
  },

  answer(option) {
    if (get().phase !== 'ask') return;
    set({ guess: option });
    play(get().index);
  },

  hint: () => set((state) => ({ hints: state.hints + 1 })),
}));

/** Shows what a beat is about: what it selects, the gate that it names, or the component that handles its event. */
function show({ camera, moment }: Beat, { process }: NonNullable<Frame['last']>): void {
  const gate = moment.gate as Extract<InspectTarget, { readonly type: 'gate' }>['gate'] | undefined;
  const event: InspectTarget =
    gate === undefined ? { type: 'process', address: process } : { type: 'gate', server: process.split('/').slice(0, 2).join('/'), gate };
  port.send({ type: 'inspect', target: camera?.select ?? event });
  lookAt(camera);
}

/** The picture, and beside it the view that a beat asks for; what the learner has chosen is not forgotten by that. */
function lookAt(camera: Beat['camera']): void {
  useViews.setState({ main: 'topology', beside: camera?.view, onlyStory: camera?.story === true });
}

/** Goes to a beat: to where it was found before, or by playing on until it happens. */
function play(index: number): void {
  const { scenario, reached, goTo } = useLesson.getState();
  const beat = scenario!.beats[index]!;
  if (reached[index] !== undefined) return goTo(index);
  useLesson.setState({ phase: 'playing', index });
  const frame = useSession.getState().frame!;
  const previous = reached[index - 1];
  if (previous === undefined || isAt(frame, previous)) return takeUp(frame, beat);
  returning = { beat, place: previous };
  goBackTo(previous);
}

/** Whether the learner is where the lesson left them: nobody let time pass, or did something of their own. */
export const isAt = ({ seq, branch }: Frame, place: Place): boolean => seq === place.seq && branch === place.branch;

/** The beat that is gone to as soon as the cluster is again as the beat before it left it. */
let returning: { readonly beat: Beat; readonly place: Place } | undefined;

function goBackTo(place: Place): void {
  if (useSession.getState().frame!.branch !== place.branch) port.send({ type: 'branch', branch: place.branch });
  port.send({ type: 'seek', to: { seq: place.seq } });
}

function takeUp(frame: Frame, beat: Beat): void {
  if (isBusy(frame, beat)) waitForPrompt(frame, beat);
  else begin(beat);
}

/** The beat whose line waits for the prompt: nobody types while the command before still runs. */
let awaited: Beat | undefined;

const windowOf = ({ terminals }: Frame, { terminal }: Pick<Setup, 'terminal'>): string => terminal ?? terminals[0]!.id;
const isBusy = (frame: Frame, beat: Beat): boolean =>
  beat.types !== undefined && frame.terminals.some(({ id, busy }) => busy && id === windowOf(frame, beat));

/** Plays to the end of a command in the window of a beat. */
function waitForPrompt(frame: Frame, beat: Beat): void {
  awaited = beat;
  started = frame.seq;
  port.send({ type: 'play-until', moment: { process: windowOf(frame, beat), label: 'command.done' } });
}

/** Does what a beat does before its moment, and plays until that comes. */
function begin(beat: Beat): void {
  const frame = useSession.getState().frame!;
  awaited = undefined;
  started = frame.seq;
  // The moment is set before the line is typed: what follows from the line must not pass it by.
  if (beat.fast === true) port.send({ type: 'run-until', condition: { type: 'moment', moment: beat.moment } });
  else port.send({ type: 'play-until', moment: beat.moment });
  doIt(frame, beat);
}

/** Types a line and does to the cluster what is asked for. */
function doIt(frame: Frame, { faults = [], types, terminal: given }: Setup): void {
  for (const action of faults) port.send({ type: 'fault', action });
  if (types === undefined) return;
  const terminal = windowOf(frame, { terminal: given });
  if (!frame.terminals.some(({ id }) => id === terminal)) port.send({ type: 'terminal.open', user: userOf(terminal) });
  useTerminals.setState({ shown: terminal });
  port.send({ type: 'terminal.line', terminal, line: types });
}

/** When the cluster has had its time to start, and what is still to be done before the lesson begins. */
let bootedAt = 0;
let toSetUp: readonly Setup[] = [];

/** Does the next thing that is done before a lesson, and lets its time pass; false where all is done. */
function setUp(frame: Frame): boolean {
  const [next, ...rest] = toSetUp;
  if (next === undefined) return false;
  toSetUp = rest;
  doIt(frame, next);
  bootedAt = frame.time + (next.seconds ?? 1) * 1000;
  port.send({ type: 'run-until', condition: { type: 'time', at: bootedAt } });
  return true;
}

/** Whether a frame of the new cluster has come; those of the one before may still be under way. */
let begun = false;

/** Where playing to a beat began: a frame from before it does not end it. */
let started = 0;

port.onFrame((frame) => {
  const { phase, index, reached, scenario } = useLesson.getState();
  if (phase === 'boot' && scenario !== undefined) {
    const early = frame.time < bootedAt;
    if (!early && begun && !setUp(frame)) {
      useLesson.setState({ phase: 'intro' });
      port.send({ type: 'pause' });
    }
    begun ||= early;
  }
  if (phase === 'ask' && scenario?.beats[index]?.ask?.kind === 'point') {
    const { inspected } = frame;
    if (inspected?.type === 'process') useLesson.getState().answer(componentOf(inspected.summary.address));
    if (inspected?.type === 'gate') useLesson.getState().answer(componentOf(inspected.server));
    return;
  }
  if (phase === 'playing' && returning !== undefined) {
    const { beat, place } = returning;
    if (!isAt(frame, place)) return;
    returning = undefined;
    return takeUp(frame, beat);
  }
  if (phase !== 'playing' || frame.playing || frame.seq <= started || frame.last === undefined) return;
  if (awaited !== undefined) {
    if (isBusy(frame, awaited)) waitForPrompt(frame, awaited);
    else begin(awaited);
    return;
  }
  show(scenario!.beats[index]!, frame.last);
  useLesson.setState({ phase: 'shown', reached: [...reached.slice(0, index), { seq: frame.seq, branch: frame.branch, last: frame.last }] });
});

setInterval(() => {
  const { phase, scenario } = useLesson.getState();
  if (phase !== 'goal' || scenario === undefined) return;
  void port.ask({ type: 'check', assertions: scenario.goal }).then((holds) => {
    if (!holds.every(Boolean) || useLesson.getState().scenario !== scenario) return;
    useLesson.setState({ phase: 'done' });
    addFinished([scenario.id]);
  });
}, checkEveryMs);

useSettings.subscribe(({ language }, before) => {
  const { lesson } = useLesson.getState();
  if (lesson !== undefined && language !== before.language) useLesson.setState({ texts: textsIn(lesson.texts, language) });
});

function addFinished(more: readonly string[]): void {
  const finished = [...new Set([...useLesson.getState().finished, ...more])];
  localStorage.setItem(progressKey, JSON.stringify(finished));
  useLesson.setState({ finished });
}

/** Adds what was exported elsewhere; false where the text is no progress. */
export function importProgress(text: string): boolean {
  const more = readProgress(text);
  if (more !== undefined) addFinished(more);
  return more !== undefined;
}

/** What the run showed to the question of a beat, and whether it is what was predicted; undefined where nothing was. */
export function verdict(index: number): { readonly answer: string; readonly right: boolean } | undefined {
  const { scenario, reached, guess } = useLesson.getState();
  const ask = scenario?.beats[index]?.ask;
  const place = reached[index];
  if (ask === undefined || place === undefined || guess === undefined) return undefined;
  const answer = factsOf(place.last, reached[index - 1]?.last)[ask.fact];
  return { answer, right: isRight(ask, guess, answer) };
}
