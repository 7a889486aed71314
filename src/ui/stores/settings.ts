import { create } from 'zustand';

interface Settings {
  readonly language: 'en' | 'zh-CN';
  readonly theme: 'dark' | 'light';
  readonly showChatter: boolean;
  change(part: Partial<Pick<Settings, 'language' | 'theme' | 'showChatter'>>): void;
}

const key = 'kube-orrery.settings';

function stored(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}

const initial = stored();

/** What a person has chosen for this browser. */
export const useSettings = create<Settings>((set, get) => ({
  language: initial.language ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en'),
  theme: initial.theme ?? 'dark',
  showChatter: initial.showChatter ?? true,
  change(part) {
    set(part);
    const { language, theme, showChatter } = get();
    localStorage.setItem(key, JSON.stringify({ language, theme, showChatter }));
  },
}));
