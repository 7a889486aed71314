import { useLesson } from '../stores/lesson.ts';
import { openDialog } from '../stores/dialogs.ts';
import { present } from '../stores/presenter.ts';
import { port, startAnew, takeUp, useSession } from '../stores/session.ts';
import { themes, useSettings } from '../stores/settings.ts';
import { exportObjects, openFile, saveFile } from '../share/files.ts';
import type { TextKey } from '../text/index.ts';

/** Something that can be asked for wherever one is: by a key, a menu or the palette. */
export interface Action {
  readonly text: TextKey;
  /** As the help sheet writes it. */
  readonly key?: string | undefined;
  /** Whether it can be done now; without it, always. */
  readonly offered?: (() => boolean) | undefined;
  readonly run: () => void;
}

const isPlaying = (): boolean => useSession.getState().frame?.playing === true;
const shapeNow = (): string => useSession.getState().frame?.cluster.shape ?? 'minikube';

export function nextTheme(): void {
  const { theme, change } = useSettings.getState();
  change({ theme: themes[(themes.indexOf(theme) + 1) % themes.length]! });
}

export function otherLanguage(): void {
  const { language, change } = useSettings.getState();
  change({ language: language === 'en' ? 'zh-CN' : 'en' });
}

/** Leaves a lesson, if one is open, for the run before it. */
export function goBack(): void {
  useLesson.getState().close();
  void takeUp();
}

export const sessionActions: readonly Action[] = [
  { text: 'sessions', run: () => openDialog('sessions') },
  { text: 'share', run: () => openDialog('share') },
  { text: 'saveFile', run: () => void saveFile() },
  { text: 'openFile', run: openFile },
  { text: 'gallery', run: () => openDialog('gallery') },
  { text: 'exportYaml', run: () => void exportObjects() },
  { text: 'showPresenter', key: 'P', run: present },
  { text: 'transcript', run: () => openDialog('log') },
];

/** Everything that can be done to the page and to time. */
export const actions: readonly Action[] = [
  { text: 'play', key: 'Space', offered: () => !isPlaying(), run: () => port.send({ type: 'play' }) },
  { text: 'pause', key: 'Space', offered: isPlaying, run: () => port.send({ type: 'pause' }) },
  { text: 'step', key: '→', run: () => port.send({ type: 'step', direction: 1 }) },
  { text: 'stepBack', key: '←', run: () => port.send({ type: 'step', direction: -1 }) },
  { text: 'toNow', key: 'End', run: () => port.send({ type: 'seek', to: 'head' }) },
  { text: 'newCluster', run: () => void startAnew(shapeNow()) },
  { text: 'takeUp', offered: () => useSession.getState().aside !== undefined, run: goBack },
  { text: 'addNode', run: () => port.send({ type: 'fault', action: { type: 'add-node' } }) },
  ...sessionActions,
  { text: 'theme', run: nextTheme },
  { text: 'background', run: () => useSettings.getState().change({ showChatter: !useSettings.getState().showChatter }) },
  { text: 'help', key: '?', run: () => openDialog('help') },
];
