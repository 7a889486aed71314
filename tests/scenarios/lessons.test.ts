import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Lesson, Scenario, ScenarioTexts, Setup } from '../../src/scenarios/index.ts';
import { componentOf, factsOf, isRight, lessons, readLesson, userOf } from '../../src/scenarios/index.ts';
import { lessonSchema } from '../../src/scenarios/schema.ts';
import { summarizeEntry } from '#session/entries.ts';
import { isMoment } from '#session/moments.ts';
import type { JournalEntrySummary } from '#session/port.ts';
import { Session } from '#session/session.ts';

const beatLimitMs = 120_000;
const fastLimitMs = 3_600_000;
const solutionMs = 60_000;
/** Nobody types two lines at once. */
const betweenLinesMs = 1_000;
const folder = fileURLToPath(new URL('../../src/scenarios/', import.meta.url));
const schemaFile = new URL('../../public/lesson.schema.json', import.meta.url);

/** A lesson being played headless, by somebody who does what it says. */
class Play {
  readonly session: Session;
  private readonly terminal: string;

  constructor(scenario: Scenario) {
    this.session = new Session(scenario.cluster);
    this.session.pass(scenario.bootSeconds * 1000);
    this.terminal = this.session.frame().terminals[0]!.id;
    for (const item of scenario.setup ?? []) {
      this.prepare(item);
      this.session.pass((item.seconds ?? 1) * 1000);
    }
  }

  type(line: string, terminal = this.terminal): void {
    const window = () => this.session.frame().terminals.find((item) => item.id === terminal);
    if (window() === undefined) this.session.send({ type: 'terminal.open', user: userOf(terminal) });
    for (let waited = 0; window()!.busy && waited < beatLimitMs; waited += 500) this.session.pass(500);
    this.session.send({ type: 'terminal.line', terminal, line });
    this.session.send({ type: 'pause' });
  }

  /** What a beat does before its moment. */
  prepare({ faults = [], types, terminal }: Setup): void {
    for (const action of faults) this.session.send({ type: 'fault', action });
    if (types !== undefined) this.type(types, terminal);
  }

  /** Whether a component can be pointed at. */
  onPicture(component: string): boolean {
    return this.session.frame().processes.some(({ address }) => componentOf(address) === component);
  }

  reached(goal: Scenario['goal']): boolean {
    return this.session.answer({ type: 'check', assertions: goal }).every(Boolean);
  }
}

const placeholders = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();

/** Every text by its place. */
function flat(value: unknown, place = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[place, value]];
  return Object.entries(value as object).flatMap(([key, inner]) => flat(inner, `${place}.${key}`));
}

it('has a folder for each lesson and a lesson for each folder', () => {
  const folders = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'scenario.json')
    .map((file) => path.basename(path.dirname(file)));
  expect(lessons.map((lesson) => lesson.id).sort()).toEqual(folders.sort());
});

it('its format is published as a JSON schema', () =>
  expect(JSON.parse(fs.readFileSync(schemaFile, 'utf8'))).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A lesson of Kube Orrery',
    ...lessonSchema,
  }));

describe.each(lessons)('$id', (lesson) => {
  it('happens as it says, and its goal is reached by its solution and not by what only looks like one', async () => {
    const { scenario } = await lesson.load();
    expect(scenario.id).toBe(lesson.id);
    const play = new Play(scenario);
    let before: JournalEntrySummary | undefined;
    for (const beat of scenario.beats) {
      play.prepare(beat);
      expect([
        beat.id,
        play.session.runUntil((entry) => isMoment(beat.moment, entry), beat.fast === true ? fastLimitMs : beatLimitMs),
      ]).toEqual([beat.id, true]);
      const event = summarizeEntry(play.session.history.entry(play.session.world.seq)!);
      const fact = beat.ask === undefined ? '' : factsOf(event, before)[beat.ask.fact];
      before = event;
      if (beat.ask?.kind === 'choice') expect([beat.id, beat.ask.options.filter((option) => option === fact)]).toEqual([beat.id, [fact]]);
      if (beat.ask?.kind === 'point') expect([beat.id, play.onPicture(fact)]).toEqual([beat.id, true]);
    }
    play.session.pass(solutionMs);
    expect(play.reached(scenario.goal)).toBe(false);
    for (const [lines, reached] of [
      [scenario.broken, false],
      [scenario.solution, true],
    ] as const) {
      if (reached) play.prepare({ faults: scenario.repair });
      for (const line of lines) {
        play.type(line);
        play.session.pass(betweenLinesMs);
      }
      play.session.pass(solutionMs);
      expect(play.reached(scenario.goal)).toBe(reached);
    }
  });

  it('is long enough, asks at least two predictions and says everything in both languages', async () => {
    const { scenario, texts } = await lesson.load();
    const { en, 'zh-CN': zh } = texts as Readonly<Record<'en' | 'zh-CN', ScenarioTexts>>;
    expect(scenario.broken).not.toEqual([]);
    for (const id of scenario.after ?? []) expect(lessons.map((item) => item.id)).toContain(id);
    if (scenario.part === 'challenge') expect([scenario.beats.length, en.hints.length > 0]).toEqual([0, true]);
    else {
      expect(scenario.beats.length).toBeGreaterThanOrEqual(6);
      expect(scenario.beats.length).toBeLessThanOrEqual(20);
      expect(scenario.beats.filter((beat) => beat.ask !== undefined).length).toBeGreaterThanOrEqual(2);
      expect(scenario.links.length).toBeGreaterThan(0);
      expect(en.misconception).not.toBe('');
    }
    expect(Object.keys(en.beats)).toEqual(scenario.beats.map((beat) => beat.id));
    for (const beat of scenario.beats) expect([beat.id, en.beats[beat.id]!.ask !== undefined]).toEqual([beat.id, beat.ask !== undefined]);
    const inEnglish = flat(en).map(([place, text]) => [place, placeholders(text)]);
    expect(flat(zh).map(([place, text]) => [place, placeholders(text)])).toEqual(inEnglish);
    expect(flat(zh).filter(([, text]) => text !== '' && !/[\u4e00-\u9fff]/.test(text))).toEqual([]);
  });
});

describe('a file that is no lesson is refused with the place', () => {
  const change = (from: Lesson, change: (lesson: Record<string, Record<string, unknown>>) => void): unknown => {
    const copy = structuredClone(from) as unknown as Record<string, Record<string, unknown>>;
    change(copy);
    return copy;
  };
  const beat = (lesson: Record<string, Record<string, unknown>>, index: number) =>
    (lesson['scenario']!['beats'] as Record<string, unknown>[])[index]!;

  it.each<readonly [string, string, Parameters<typeof change>[1]]>([
    ['scenario.version', 'value', (lesson) => (lesson['scenario']!['version'] = 2)],
    ['scenario.id', 'value', (lesson) => (lesson['scenario']!['id'] = '../x')],
    ['scenario.goal', 'few', (lesson) => (lesson['scenario']!['goal'] = [])],
    ['scenario.cluster.seed', 'missing', (lesson) => (lesson['scenario']!['cluster'] = { shape: 'minikube' })],
    ['scenario.links[0]', 'value', (lesson) => (lesson['scenario']!['links'] = ['javascript:alert(1)'])],
    ['scenario.beats[3].moment.label', 'type', (lesson) => (beat(lesson, 3)['moment'] = { label: 7 })],
    ['scenario.beats[1].moment.lable', 'unknown', (lesson) => (beat(lesson, 1)['moment'] = { lable: '201' })],
    ['scenario.beats[2].moment', 'few', (lesson) => (beat(lesson, 2)['moment'] = {})],
    ['scenario.beats[0].faults[0].type', 'value', (lesson) => (beat(lesson, 0)['faults'] = [{ type: 'burn' }])],
    ['scenario.beats[0].faults[0].between', 'missing', (lesson) => (beat(lesson, 0)['faults'] = [{ type: 'link' }])],
    ['scenario.beats[0].ask.options', 'few', (lesson) => (beat(lesson, 0)['ask'] = { kind: 'choice', fact: 'label', options: ['201'] })],
    ['scenario.beats[1].id', 'twice', (lesson) => (beat(lesson, 1)['id'] = beat(lesson, 0)['id'])],
    ['scenario.constructor', 'unknown', (lesson) => (lesson['scenario']!['constructor'] = 1)],
    ['texts', 'few', (lesson) => (lesson['texts'] = {})],
    ['texts.en.beats.extra', 'text', (lesson) => (beat(lesson, 0)['id'] = 'extra')],
  ])('%s: %s', async (place, reason, alter) => {
    expect(readLesson(change(await lessons[0]!.load(), alter))).toMatchObject({ place, reason });
  });

  it.each([[7], [null], [[]], ['text']])('%j', (value) => expect(readLesson(value)).toMatchObject({ place: '', reason: 'type' }));
});

it.each([
  ['200', '200', undefined, true],
  [' Etcd ', 'etcd', undefined, true],
  ['201', '200', undefined, false],
  ['48', '50', 5, true],
  ['40', '50', 5, false],
  ['soon', '50', 5, false],
])('a typed prediction %j of %j (within %j) is right: %j', (guess, fact, within, right) =>
  expect(isRight({ kind: 'value', fact: 'label', within }, guess, fact)).toBe(right),
);
