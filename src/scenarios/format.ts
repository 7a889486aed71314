import type { Assertion } from '#session/assertions.ts';
import type { Moment } from '#session/moments.ts';
import type { FaultAction, InspectTarget } from '#session/port.ts';
import { check, type FormatProblem } from './check.ts';
import { lessonSchema, scenarioSchema } from './schema.ts';

export type Language = 'en' | 'zh-CN';

/** What can be done to the cluster from outside. */
export type LessonFault = Exclude<FaultAction, { readonly type: 'drop' | 'add-node' | 'isolate' | 'disk' | 'clock' }>;

/** What can be asked of an event: which component handles it, which one sent it, what it is, or how long after the beat before it came. */
export type Fact = 'component' | 'from' | 'label' | 'seconds';

/** A prediction; the right answer is what the run shows. */
export type Ask =
  | { readonly kind: 'choice'; readonly fact: Fact; readonly options: readonly string[] }
  /** Typed freely; a number may be off by `within`. */
  | { readonly kind: 'value'; readonly fact: Fact; readonly within?: number | undefined }
  /** Answered by choosing a component on the picture. */
  | { readonly kind: 'point'; readonly fact: 'component' | 'from' };

/** What the page shows at a beat. Where nothing is selected, the component that handles the event is. */
export interface Camera {
  /** What is shown beside the picture. */
  readonly view?: 'ladder' | 'keyspace' | 'caches' | 'queues' | 'schedule' | 'audit' | 'activity' | undefined;
  readonly select?: Extract<InspectTarget, { readonly type: 'process' | 'object' }> | undefined;
  /** What belongs to other stories than the event's steps back. */
  readonly story?: boolean | undefined;
}

/** One thing that was done before a lesson begins. */
export interface Setup {
  readonly types?: string | undefined;
  readonly terminal?: string | undefined;
  readonly faults?: readonly LessonFault[] | undefined;
  /** Virtual seconds that pass after it. */
  readonly seconds?: number | undefined;
}

/** One step of a lesson: a moment of the run, and what is said of it. */
export interface Beat {
  readonly id: string;
  /** A line that is typed before, where the learner has not done it. */
  readonly types?: string | undefined;
  /** In whose window: `bob/terminal`, `alice/terminal-2`; opened where it is not there yet. The first one where not given. */
  readonly terminal?: string | undefined;
  /** What is done to the cluster from outside before. */
  readonly faults?: readonly LessonFault[] | undefined;
  /** The way to the moment is long: it is gone as fast as possible. */
  readonly fast?: boolean | undefined;
  /** What this beat is about: it must really happen. */
  readonly moment: Moment;
  /** A prediction to make first. */
  readonly ask?: Ask | undefined;
  readonly camera?: Camera | undefined;
}

/** Where a lesson stands in the map: the parts of the course, broken clusters to repair, and what learners made themselves. */
export type Part = 'story' | 'watches' | 'depth' | 'challenge' | 'own';

/** A lesson without its texts. A challenge is one without beats. */
export interface Scenario {
  readonly format: 'kube-orrery-scenario';
  readonly version: 1;
  readonly id: string;
  readonly part: Part;
  /** Lessons that are better taken before. */
  readonly after?: readonly string[] | undefined;
  /** How long it takes a learner. */
  readonly minutes: number;
  readonly cluster: { readonly shape: string; readonly seed: number; readonly nodes?: number | undefined };
  /** Virtual seconds that pass before anything else. */
  readonly bootSeconds: number;
  readonly setup?: readonly Setup[] | undefined;
  readonly beats: readonly Beat[];
  /** Reached by any road: false before the solution, true after it. */
  readonly goal: readonly Assertion[];
  readonly solution: readonly string[];
  /** What the solution does to the cluster from outside, before its lines are typed. */
  readonly repair?: readonly LessonFault[] | undefined;
  /** Lines that look like a solution and are none. */
  readonly broken: readonly string[];
  readonly links: readonly string[];
}

/** What is said of a beat. `{label}`, `{component}`, `{from}` and `{seconds}` stand for what its event shows. */
export interface BeatTexts {
  readonly say: string;
  readonly ask?: string | undefined;
  readonly teacher: string;
}

/** The words of a lesson in one language. */
export interface ScenarioTexts {
  readonly title: string;
  /** The question that the lesson answers; of a challenge, what is wrong as its users see it. */
  readonly question: string;
  /** What many people believe before it; empty for a challenge. */
  readonly misconception: string;
  /** By the ids of the beats. */
  readonly beats: Readonly<Record<string, BeatTexts>>;
  readonly goal: string;
  readonly hints: readonly string[];
  readonly done: string;
}

/** A lesson as one file: what is shared, exported and built in the page. */
export interface Lesson {
  readonly scenario: Scenario;
  readonly texts: { readonly en?: ScenarioTexts | undefined; readonly 'zh-CN'?: ScenarioTexts | undefined };
}

/** Checks something that claims to be a lesson without its texts; the problem names the place. */
export function readScenario(value: unknown): Scenario | FormatProblem {
  return check(scenarioSchema, value) ?? twice(value as Scenario) ?? (value as Scenario);
}

/** Checks something that claims to be a lesson with its texts; the problem names the place. */
export function readLesson(value: unknown): Lesson | FormatProblem {
  const problem = check(lessonSchema, value);
  if (problem !== undefined) return problem;
  const lesson = value as Lesson;
  const inside = twice(lesson.scenario);
  if (inside !== undefined) return { ...inside, place: `scenario.${inside.place}` };
  for (const [language, texts] of Object.entries(lesson.texts))
    for (const { id, ask } of lesson.scenario.beats) {
      const words = (texts as ScenarioTexts).beats[id];
      const place = `texts.${language}.beats.${id}`;
      if (words === undefined) return { place, reason: 'text', wanted: 'say, teacher' };
      if (ask !== undefined && words.ask === undefined) return { place: `${place}.ask`, reason: 'text', wanted: 'ask' };
    }
  return lesson;
}

/** Two beats of one name. */
function twice({ beats }: Scenario): FormatProblem | undefined {
  const seen = new Set<string>();
  for (const [index, { id }] of beats.entries()) {
    if (seen.has(id)) return { place: `beats[${index}].id`, reason: 'twice', wanted: id };
    seen.add(id);
  }
  return undefined;
}

/** The words in a language; in another one where they are in that only. */
export function textsIn(texts: Lesson['texts'], language: Language): ScenarioTexts {
  return (texts[language] ?? texts.en ?? texts['zh-CN'])!;
}
