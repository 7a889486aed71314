import { isObject } from '#base/json.ts';
import type { Assertion } from '#session/assertions.ts';
import type { Moment } from '#session/moments.ts';

/** One step of a lesson: a moment of the run, and what is said of it. */
export interface Beat {
  readonly id: string;
  /** A line that is typed before, where the learner has not done it. */
  readonly types?: string | undefined;
  /** In whose window: `bob/terminal`, `alice/terminal-2`; opened where it is not there yet. The first one where not given. */
  readonly terminal?: string | undefined;
  /** A component that is stopped or started before. */
  readonly fault?: { readonly type: 'stop' | 'start'; readonly address: string } | undefined;
  /** What this beat is about: it must really happen. */
  readonly moment: Moment;
  /** A prediction to make first; the right answer is what the run shows. */
  readonly ask?: { readonly fact: Fact; readonly options: readonly string[] } | undefined;
}

/** What can be asked of an event: which component handles it, which one sent it, or what it is. */
export type Fact = 'component' | 'from' | 'label';

/** A lesson without its texts. */
export interface Scenario {
  readonly format: 'kube-orrery-scenario';
  readonly version: 1;
  readonly id: string;
  /** How long it takes a learner. */
  readonly minutes: number;
  readonly cluster: { readonly shape: string; readonly seed: number; readonly nodes?: number | undefined };
  /** Virtual seconds that pass before the first beat. */
  readonly bootSeconds: number;
  readonly beats: readonly Beat[];
  /** Reached by any road: false before the solution, true after it. */
  readonly goal: readonly Assertion[];
  readonly solution: readonly string[];
  /** Lines that look like a solution and are none. */
  readonly broken: readonly string[];
  readonly links: readonly string[];
}

/** The words of a lesson in one language. `{label}`, `{component}` and `{from}` stand for what the beat's event shows. */
export interface ScenarioTexts {
  readonly title: string;
  /** The question that the lesson answers. */
  readonly question: string;
  /** What many people believe before it. */
  readonly misconception: string;
  /** By the ids of the beats. */
  readonly beats: Readonly<Record<string, { readonly say: string; readonly ask?: string; readonly teacher: string }>>;
  readonly goal: string;
  readonly hints: readonly string[];
  readonly done: string;
}

/** What is wrong with something that claims to be a lesson. */
export interface FormatProblem {
  readonly place: string;
  readonly reason: string;
}

const facts: ReadonlySet<unknown> = new Set(['component', 'from', 'label']);
const faults: ReadonlySet<unknown> = new Set(['stop', 'start']);
const momentFields = new Set(['process', 'from', 'label', 'gate', 'verdict', 'client']);

/** Checks something that claims to be a lesson; the problem names the place. */
export function readScenario(value: unknown): Scenario | FormatProblem {
  if (!isObject(value) || value['format'] !== 'kube-orrery-scenario') return { place: 'format', reason: 'not a lesson' };
  if (value['version'] !== 1) return { place: 'version', reason: `version ${String(value['version'])} is not known` };
  if (typeof value['id'] !== 'string' || !/^[a-z][a-z0-9-]*$/.test(value['id']))
    return { place: 'id', reason: 'not a name of small letters, digits and dashes' };
  for (const field of ['minutes', 'bootSeconds'])
    if (typeof value[field] !== 'number' || !(value[field] > 0)) return { place: field, reason: 'not a positive number' };
  const { cluster, beats } = value;
  if (!isObject(cluster) || typeof cluster['shape'] !== 'string' || typeof cluster['seed'] !== 'number')
    return { place: 'cluster', reason: 'no shape and seed' };
  for (const field of ['goal', 'solution', 'broken', 'links', 'beats'])
    if (!Array.isArray(value[field])) return { place: field, reason: 'not a list' };
  for (const field of ['solution', 'broken', 'links'])
    if (!(value[field] as unknown[]).every((item) => typeof item === 'string')) return { place: field, reason: 'not a list of texts' };
  const problem =
    firstProblem('goal', value['goal'] as readonly unknown[], (item) =>
      isObject(item) && typeof item['resource'] === 'string' ? undefined : 'no resource',
    ) ?? firstProblem('beats', beats as readonly unknown[], beatProblem);
  return problem ?? (value as unknown as Scenario);
}

function firstProblem(place: string, items: readonly unknown[], check: (item: unknown) => string | undefined): FormatProblem | undefined {
  for (const [index, item] of items.entries()) {
    const reason = check(item);
    if (reason !== undefined) return { place: `${place}[${index}]`, reason };
  }
  return undefined;
}

function beatProblem(beat: unknown): string | undefined {
  if (!isObject(beat) || typeof beat['id'] !== 'string') return 'no id';
  const { moment, types, terminal, fault, ask } = beat;
  if (!isObject(moment) || Object.keys(moment).length === 0) return 'no moment';
  for (const [field, pattern] of Object.entries(moment))
    if (!momentFields.has(field) || typeof pattern !== 'string') return `moment.${field} is not known`;
  if (types !== undefined && typeof types !== 'string') return 'types is not a text';
  if (terminal !== undefined && (typeof terminal !== 'string' || !terminal.includes('/'))) return 'terminal is not an address';
  if (fault !== undefined && (!isObject(fault) || !faults.has(fault['type']) || typeof fault['address'] !== 'string'))
    return 'fault stops or starts no address';
  if (ask === undefined) return undefined;
  if (!isObject(ask) || !facts.has(ask['fact'])) return 'ask.fact is not known';
  return Array.isArray(ask['options']) && ask['options'].length > 1 && ask['options'].every((option) => typeof option === 'string')
    ? undefined
    : 'ask.options is no choice';
}
