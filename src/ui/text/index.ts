import { useSettings } from '../stores/settings.ts';
import { en, type TextKey } from './en.ts';
import { inChinese } from './words.ts';
import { zhCN } from './zh-CN.ts';

const tables = { en, 'zh-CN': zhCN } as const;

/** The texts of the chosen language, with `{placeholders}` filled in. */
export function useText(): (key: TextKey, values?: Readonly<Record<string, string | number>>) => string {
  const language = useSettings((state) => state.language);
  return (key, values = {}) => tables[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

/** Titles of what a component shows of its inside, in the chosen language. */
export function useWord(): (title: string) => string {
  const language = useSettings((state) => state.language);
  return language === 'en' ? (title) => title : inChinese;
}

export type { TextKey };
