import type { Scenario, ScenarioTexts } from './format.ts';

export type { Beat, Fact, Scenario, ScenarioTexts } from './format.ts';
export { readScenario } from './format.ts';
export { componentOf, factOf } from './facts.ts';

export type Language = 'en' | 'zh-CN';

/** A lesson that is fetched when it is opened. */
export interface Lesson {
  readonly id: string;
  load(): Promise<Scenario>;
  texts(language: Language): Promise<ScenarioTexts>;
}

const loaded = async <T>(module: Promise<{ readonly default: unknown }>): Promise<T> => (await module).default as T;

/** All lessons, in the order in which they are taken. */
export const lessons: readonly Lesson[] = [
  {
    id: 'components',
    load: () => loaded(import('./components/scenario.json', { with: { type: 'json' } })),
    texts: (language) =>
      loaded(
        language === 'en'
          ? import('./components/en.json', { with: { type: 'json' } })
          : import('./components/zh-CN.json', { with: { type: 'json' } }),
      ),
  },
  {
    id: 'create-deployment',
    load: () => loaded(import('./create-deployment/scenario.json', { with: { type: 'json' } })),
    texts: (language) =>
      loaded(
        language === 'en'
          ? import('./create-deployment/en.json', { with: { type: 'json' } })
          : import('./create-deployment/zh-CN.json', { with: { type: 'json' } }),
      ),
  },
  {
    id: 'deleted-and-back',
    load: () => loaded(import('./deleted-and-back/scenario.json', { with: { type: 'json' } })),
    texts: (language) =>
      loaded(
        language === 'en'
          ? import('./deleted-and-back/en.json', { with: { type: 'json' } })
          : import('./deleted-and-back/zh-CN.json', { with: { type: 'json' } }),
      ),
  },
];
