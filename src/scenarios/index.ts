import type { Lesson } from './format.ts';
import { readLesson } from './format.ts';

export type { FormatProblem } from './check.ts';
export type { Ask, Beat, BeatTexts, Language, Lesson, LessonFault, Part, Scenario, ScenarioTexts, Setup } from './format.ts';
export { readLesson, readScenario, textsIn } from './format.ts';
export { componentOf, factsOf, isRight, userOf } from './facts.ts';

/** A lesson that is fetched when it is asked for. */
export interface Listed {
  readonly id: string;
  load(): Promise<Lesson>;
}

/** In the order in which they are taken. */
const order = {
  lessons: [
    'components',
    'etcd-keys',
    'single-door',
    'four-gates',
    'sent-and-stored',
    'two-writers',
    'nobody-calls',
    'create-deployment',
    'no-controllers',
    'no-scheduler',
    'deleted-and-back',
    'control-plane-down',
    'list-then-watch',
    'lost-event',
    'node-dies',
    'static-pods',
    'rollout',
  ],
  challenges: [
    'wrong-selector',
    'image-typo',
    'port-mismatch',
    'missing-key',
    'readiness-port',
    'taint',
    'quota-reached',
    'crash-loop',
    'claim-pending',
    'forbidden',
    'node-not-ready',
  ],
} as const;

const files = import.meta.glob<unknown>(['./*/*.json', './challenges/*/*.json'], { import: 'default' });

/** A lesson by the files of its folder. */
function listed(id: string, folder: string): Listed {
  const part = (name: string): Promise<unknown> => files[`${folder}/${id}/${name}.json`]!();
  return {
    id,
    async load() {
      const [scenario, en, zh] = await Promise.all([part('scenario'), part('en'), part('zh-CN')]);
      const lesson = readLesson({ scenario, texts: { en, 'zh-CN': zh } });
      if ('reason' in lesson) throw new Error(`lesson ${id}: ${lesson.place}: ${lesson.reason} ${lesson.wanted}`);
      return lesson;
    },
  };
}

/** All lessons, and all broken clusters to repair. */
export const lessons: readonly Listed[] = [
  ...order.lessons.map((id) => listed(id, '.')),
  ...order.challenges.map((id) => listed(id, './challenges')),
];
