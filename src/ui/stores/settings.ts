import { create } from 'zustand';

/** Sizes of panes, in pixels; what is not set is as the window suggests. */
export interface Sizes {
  /** The width of inspector and terminal. */
  readonly side?: number | undefined;
  /** The height of the terminal. */
  readonly terminal?: number | undefined;
  /** The height of the timeline. */
  readonly time?: number | undefined;
}

/** `projector`: black on white, larger, for a bright room. */
export const themes = ['dark', 'light', 'projector'] as const;
type Theme = (typeof themes)[number];

interface Kept {
  readonly language: 'en' | 'zh-CN';
  readonly theme: Theme;
  readonly showChatter: boolean;
  readonly sizes: Sizes;
}

interface Settings extends Kept {
  change(part: Partial<Kept>): void;
}

const key = 'kube-orrery.settings';

function stored(): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Kept>;
  } catch {
    return {};
  }
}

function sizesOf(value: unknown): Sizes {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const number = (name: keyof Sizes): number | undefined => (Number.isFinite(given[name]) ? (given[name] as number) : undefined);
  return { side: number('side'), terminal: number('terminal'), time: number('time') };
}

const initial = stored();

/** What a person has chosen for this browser. */
export const useSettings = create<Settings>((set, get) => ({
  language: (['en', 'zh-CN'] as const).find((name) => name === initial.language) ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en'),
  theme: themes.find((name) => name === initial.theme) ?? 'dark',
  showChatter: initial.showChatter ?? true,
  sizes: sizesOf(initial.sizes),
  change(part) {
    set(part);
    const { language, theme, showChatter, sizes } = get();
    localStorage.setItem(key, JSON.stringify({ language, theme, showChatter, sizes }));
  },
}));
