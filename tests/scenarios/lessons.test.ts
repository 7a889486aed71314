import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Beat, Scenario, ScenarioTexts } from '../../src/scenarios/index.ts';
import { factOf, lessons, readScenario, userOf } from '../../src/scenarios/index.ts';
import { summarizeEntry } from '#session/entries.ts';
import { isMoment } from '#session/moments.ts';
import { Session } from '#session/session.ts';

const beatLimitMs = 120_000;
const solutionMs = 60_000;
/** Nobody types two lines at once. */
const betweenLinesMs = 1_000;
const folder = new URL('../../src/scenarios/', import.meta.url);

/** A lesson being played headless, by somebody who does what it says. */
class Play {
  readonly session: Session;
  private readonly terminal: string;

  constructor(scenario: Scenario) {
    this.session = new Session(scenario.cluster);
    this.session.pass(scenario.bootSeconds * 1000);
    this.terminal = this.session.frame().terminals[0]!.id;
  }

  type(line: string, terminal = this.terminal): void {
    const window = () => this.session.frame().terminals.find((item) => item.id === terminal);
    if (window() === undefined) this.session.send({ type: 'terminal.open', user: userOf(terminal) });
    for (let waited = 0; window()!.busy && waited < beatLimitMs; waited += 500) this.session.pass(500);
    this.session.send({ type: 'terminal.line', terminal, line });
    this.session.send({ type: 'pause' });
  }

  /** What a beat does before its moment. */
  prepare({ fault, types, terminal }: Beat): void {
    if (fault !== undefined) this.session.send({ type: 'fault', action: fault });
    if (types !== undefined) this.type(types, terminal);
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
  const folders = fs.readdirSync(folder, { withFileTypes: true }).filter((item) => item.isDirectory());
  expect(lessons.map((lesson) => lesson.id).sort()).toEqual(folders.map((item) => item.name).sort());
});

describe.each(lessons)('$id', (lesson) => {
  it('happens as it says, and its goal is reached by its solution and not by what only looks like one', async () => {
    const scenario = readScenario(await lesson.load());
    if ('reason' in scenario) throw new Error(`${scenario.place}: ${scenario.reason}`);
    expect(scenario.id).toBe(lesson.id);
    const play = new Play(scenario);
    for (const beat of scenario.beats) {
      play.prepare(beat);
      expect([beat.id, play.session.runUntil((entry) => isMoment(beat.moment, entry), beatLimitMs)]).toEqual([beat.id, true]);
      if (beat.ask === undefined) continue;
      const fact = factOf(beat.ask.fact, summarizeEntry(play.session.history.entry(play.session.world.seq)!));
      expect([beat.id, beat.ask.options.filter((option) => option === fact)]).toEqual([beat.id, [fact]]);
    }
    play.session.pass(solutionMs);
    expect(play.reached(scenario.goal)).toBe(false);
    expect(scenario.broken).not.toEqual([]);
    for (const [lines, reached] of [
      [scenario.broken, false],
      [scenario.solution, true],
    ] as const) {
      for (const line of lines) {
        play.type(line);
        play.session.pass(betweenLinesMs);
      }
      play.session.pass(solutionMs);
      expect(play.reached(scenario.goal)).toBe(reached);
    }
  });

  it('asks at least two predictions and says everything in both languages', async () => {
    const scenario = await lesson.load();
    expect(scenario.beats.filter((beat) => beat.ask !== undefined).length).toBeGreaterThanOrEqual(2);
    const [en, zh] = (await Promise.all([lesson.texts('en'), lesson.texts('zh-CN')])) as [ScenarioTexts, ScenarioTexts];
    expect(Object.keys(en.beats)).toEqual(scenario.beats.map((beat) => beat.id));
    for (const beat of scenario.beats) expect([beat.id, en.beats[beat.id]!.ask !== undefined]).toEqual([beat.id, beat.ask !== undefined]);
    const inEnglish = flat(en).map(([place, text]) => [place, placeholders(text)]);
    expect(flat(zh).map(([place, text]) => [place, placeholders(text)])).toEqual(inEnglish);
    expect(flat(zh).filter(([, text]) => !/[\u4e00-\u9fff]/.test(text))).toEqual([]);
  });
});

describe('a file that is no lesson', () => {
  it.each([
    [7, 'format'],
    [{ format: 'kube-orrery-scenario', version: 2 }, 'version'],
    [{ format: 'kube-orrery-scenario', version: 1, id: '../x' }, 'id'],
    [
      {
        format: 'kube-orrery-scenario',
        version: 1,
        id: 'a',
        minutes: 1,
        bootSeconds: 1,
        cluster: { shape: 'minikube', seed: 1 },
        goal: [],
        solution: [],
        broken: [],
        links: [],
        beats: [{ id: 'x', moment: {} }],
      },
      'beats[0]',
    ],
  ])('is refused with the place: %j', (value, place) => expect(readScenario(value)).toMatchObject({ place }));
});
