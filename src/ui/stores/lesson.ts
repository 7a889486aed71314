import { create } from 'zustand';
import type { Frame } from '#session/port.ts';
import { factOf, lessons, readScenario, userOf, type Beat, type Language, type Scenario, type ScenarioTexts } from '#scenarios/index.ts';
import { port, putAside, useSession } from './session.ts';
import { useSettings } from './settings.ts';
import { useTerminals } from './terminals.ts';

/**
 * `boot`: the cluster starts; `intro`: what it is about; `ask`: a prediction before a beat; `playing`: on the way to a beat; `shown`: there;
 * `goal`: the learner's own task; `done`: reached.
 */
export type Phase = 'boot' | 'intro' | 'ask' | 'playing' | 'shown' | 'goal' | 'done';

interface LessonStore {
  readonly scenario: Scenario | undefined;
  readonly texts: ScenarioTexts | undefined;
  readonly phase: Phase;
  /** The beat that is asked about, played or shown; -1 before the first. */
  readonly index: number;
  readonly guess: string | undefined;
  /** Where each beat was found, and what its event showed. */
  readonly reached: readonly { readonly seq: number; readonly last: NonNullable<Frame['last']> }[];
  readonly hints: number;
  readonly finished: readonly string[];
  open(id: string): Promise<void>;
  close(): void;
  next(): void;
  back(): void;
  answer(option: string): void;
  hint(): void;
}

const progressKey = 'kube-orrery.progress';
const checkEveryMs = 700;

function finishedBefore(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(progressKey) ?? '[]');
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

const nothing = { scenario: undefined, texts: undefined, phase: 'boot', index: -1, guess: undefined, reached: [], hints: 0 } as const;

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
  finished: finishedBefore(),

  async open(id) {
    const lesson = lessons.find((item) => item.id === id);
    if (lesson === undefined) return;
    const [scenario, texts, { epoch }] = await Promise.all([lesson.load(), lesson.texts(useSettings.getState().language), anyFrame()]);
    const checked = readScenario(scenario);
    if ('reason' in checked) throw new Error(`lesson ${id}: ${checked.place}: ${checked.reason}`);
    await putAside();
    set({ ...nothing, scenario: checked, texts });
    begun = false;
    awaited = undefined;
    const { shape, seed, nodes } = checked.cluster;
    port.send({ type: 'open', cluster: { shape, seed, nodes } });
    port.send({ type: 'tempo', tempo: { mode: 'readable' } });
    port.send({ type: 'run-until', condition: { type: 'time', at: epoch + checked.bootSeconds * 1000 } });
  },

  close: () => set(nothing),

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
    } else if (beat.ask !== undefined && get().reached[index + 1] === undefined) set({ phase: 'ask', index: index + 1, guess: undefined });
    else play(index + 1);
  },

  back() {
    const { index, reached, phase } = get();
    if (phase === 'playing') return;
    const before = index - 1;
    const place = reached[before];
    if (place === undefined) return;
    port.send({ type: 'seek', to: { seq: place.seq } });
    show(place.last);
    set({ phase: 'shown', index: before, guess: undefined });
  },

  answer(option) {
    if (get().phase !== 'ask') return;
    set({ guess: option });
    play(get().index);
  },

  hint: () => set((state) => ({ hints: state.hints + 1 })),
}));

const show = ({ process }: NonNullable<Frame['last']>): void =>
  port.send({ type: 'inspect', target: { type: 'process', address: process } });

/** Goes to a beat: to where it was found before, or by playing on until it happens. */
function play(index: number): void {
  const { scenario, reached } = useLesson.getState();
  const beat = scenario!.beats[index]!;
  const place = reached[index];
  if (place !== undefined) {
    port.send({ type: 'seek', to: { seq: place.seq } });
    show(place.last);
    useLesson.setState({ phase: 'shown', index });
    return;
  }
  useLesson.setState({ phase: 'playing', index });
  const previous = reached[index - 1];
  if (previous !== undefined && useSession.getState().frame!.seq < previous.seq) port.send({ type: 'seek', to: { seq: previous.seq } });
  const frame = useSession.getState().frame!;
  if (isBusy(frame, beat)) waitForPrompt(frame, beat);
  else begin(beat);
}

/** The beat whose line waits for the prompt: nobody types while the command before still runs. */
let awaited: Beat | undefined;

const windowOf = ({ terminals }: Frame, { terminal }: Beat): string => terminal ?? terminals[0]!.id;
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
  port.send({ type: 'play-until', moment: beat.moment });
  if (beat.fault !== undefined) port.send({ type: 'fault', action: beat.fault });
  if (beat.types === undefined) return;
  const terminal = windowOf(frame, beat);
  if (!frame.terminals.some(({ id }) => id === terminal)) port.send({ type: 'terminal.open', user: userOf(terminal) });
  useTerminals.setState({ shown: terminal });
  port.send({ type: 'terminal.line', terminal, line: beat.types });
}

/** Whether a frame of the new cluster has come; those of the one before may still be under way. */
let begun = false;

/** Where playing to a beat began: a frame from before it does not end it. */
let started = 0;

port.onFrame((frame) => {
  const { phase, index, reached, scenario } = useLesson.getState();
  if (phase === 'boot' && scenario !== undefined) {
    const early = frame.time < frame.epoch + scenario.bootSeconds * 1000;
    if (!early && begun) useLesson.setState({ phase: 'intro' });
    begun ||= early;
  }
  if (phase !== 'playing' || frame.playing || frame.seq <= started || frame.last === undefined) return;
  if (awaited !== undefined) {
    if (isBusy(frame, awaited)) waitForPrompt(frame, awaited);
    else begin(awaited);
    return;
  }
  show(frame.last);
  useLesson.setState({ phase: 'shown', reached: [...reached.slice(0, index), { seq: frame.seq, last: frame.last }] });
});

setInterval(() => {
  const { phase, scenario } = useLesson.getState();
  if (phase !== 'goal' || scenario === undefined) return;
  void port.ask({ type: 'check', assertions: scenario.goal }).then((holds) => {
    if (!holds.every(Boolean) || useLesson.getState().scenario !== scenario) return;
    const finished = [...new Set([...useLesson.getState().finished, scenario.id])];
    localStorage.setItem(progressKey, JSON.stringify(finished));
    useLesson.setState({ phase: 'done', finished });
  });
}, checkEveryMs);

useSettings.subscribe((settings, before) => {
  const { scenario } = useLesson.getState();
  if (scenario === undefined || settings.language === before.language) return;
  const language: Language = settings.language;
  void lessons
    .find((lesson) => lesson.id === scenario.id)
    ?.texts(language)
    .then((texts) => useLesson.setState({ texts }));
});

/** What the run showed to the question of a beat. */
export function rightAnswer(index: number): string | undefined {
  const { scenario, reached } = useLesson.getState();
  const ask = scenario?.beats[index]?.ask;
  const place = reached[index];
  return ask === undefined || place === undefined ? undefined : factOf(ask.fact, place.last);
}
