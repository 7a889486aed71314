import type { Scenario, ScenarioTexts } from './format.ts';

export type { Beat, Fact, Scenario, ScenarioTexts } from './format.ts';
export { readScenario } from './format.ts';
export { componentOf, factOf, userOf } from './facts.ts';

export type Language = 'en' | 'zh-CN';

/** A lesson that is fetched when it is opened. */
export interface Lesson {
  readonly id: string;
  load(): Promise<Scenario>;
  texts(language: Language): Promise<ScenarioTexts>;
}

type Importer = () => Promise<{ readonly default: unknown }>;

/** A lesson by the modules of its folder. */
function lesson(id: string, scenario: Importer, en: Importer, zh: Importer): Lesson {
  return {
    id,
    load: async () => (await scenario()).default as Scenario,
    texts: async (language) => (await (language === 'en' ? en() : zh())).default as ScenarioTexts,
  };
}

/** All lessons, in the order in which they are taken. */
export const lessons: readonly Lesson[] = [
  lesson(
    'components',
    () => import('./components/scenario.json', { with: { type: 'json' } }),
    () => import('./components/en.json', { with: { type: 'json' } }),
    () => import('./components/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'etcd-keys',
    () => import('./etcd-keys/scenario.json', { with: { type: 'json' } }),
    () => import('./etcd-keys/en.json', { with: { type: 'json' } }),
    () => import('./etcd-keys/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'single-door',
    () => import('./single-door/scenario.json', { with: { type: 'json' } }),
    () => import('./single-door/en.json', { with: { type: 'json' } }),
    () => import('./single-door/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'four-gates',
    () => import('./four-gates/scenario.json', { with: { type: 'json' } }),
    () => import('./four-gates/en.json', { with: { type: 'json' } }),
    () => import('./four-gates/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'sent-and-stored',
    () => import('./sent-and-stored/scenario.json', { with: { type: 'json' } }),
    () => import('./sent-and-stored/en.json', { with: { type: 'json' } }),
    () => import('./sent-and-stored/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'two-writers',
    () => import('./two-writers/scenario.json', { with: { type: 'json' } }),
    () => import('./two-writers/en.json', { with: { type: 'json' } }),
    () => import('./two-writers/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'nobody-calls',
    () => import('./nobody-calls/scenario.json', { with: { type: 'json' } }),
    () => import('./nobody-calls/en.json', { with: { type: 'json' } }),
    () => import('./nobody-calls/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'create-deployment',
    () => import('./create-deployment/scenario.json', { with: { type: 'json' } }),
    () => import('./create-deployment/en.json', { with: { type: 'json' } }),
    () => import('./create-deployment/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'no-controllers',
    () => import('./no-controllers/scenario.json', { with: { type: 'json' } }),
    () => import('./no-controllers/en.json', { with: { type: 'json' } }),
    () => import('./no-controllers/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'no-scheduler',
    () => import('./no-scheduler/scenario.json', { with: { type: 'json' } }),
    () => import('./no-scheduler/en.json', { with: { type: 'json' } }),
    () => import('./no-scheduler/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'deleted-and-back',
    () => import('./deleted-and-back/scenario.json', { with: { type: 'json' } }),
    () => import('./deleted-and-back/en.json', { with: { type: 'json' } }),
    () => import('./deleted-and-back/zh-CN.json', { with: { type: 'json' } }),
  ),
  lesson(
    'control-plane-down',
    () => import('./control-plane-down/scenario.json', { with: { type: 'json' } }),
    () => import('./control-plane-down/en.json', { with: { type: 'json' } }),
    () => import('./control-plane-down/zh-CN.json', { with: { type: 'json' } }),
  ),
];
