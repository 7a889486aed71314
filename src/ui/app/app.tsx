import { useEffect, useLayoutEffect, type JSX } from 'react';
import { Diagram } from '../diagram/diagram.tsx';
import { Editor } from '../editor/editor.tsx';
import { Inspector } from '../inspector/inspector.tsx';
import { LessonMenu, Player } from '../scenario-player/player.tsx';
import { useLesson } from '../stores/lesson.ts';
import { port, startAnew, takeUp, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { Terminal } from '../terminal/terminal.tsx';
import { useText } from '../text/index.ts';
import { isTyping } from '../widgets/keys.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { PaneBorder, usePaneSizes } from './panes.tsx';
import { Problems } from './problems.tsx';

const shapes = ['minikube', 'cluster', 'ha', 'oracle'] as const;

function Header(): JSX.Element {
  const t = useText();
  const { language, theme, showChatter, change } = useSettings();
  const shape = useSession((state) => state.frame?.cluster.shape) ?? 'minikube';
  const hasAside = useSession((state) => state.aside !== undefined);
  return (
    <header className="head">
      <img src="./orrery.svg" alt="" />
      <h1>Kube Orrery</h1>
      <span className="tagline">{t('tagline')}</span>
      <label style={{ color: 'var(--soft)' }}>
        <input type="checkbox" checked={showChatter} onChange={(event) => change({ showChatter: event.target.checked })} />{' '}
        {t('background')}
      </label>
      <LessonMenu />
      <select aria-label={t('cluster')} value={shape} onChange={(event) => void startAnew(event.target.value)}>
        {shapes.map((name) => (
          <option key={name} value={name}>
            {t(`${name}Shape`)}
          </option>
        ))}
      </select>
      <button type="button" onClick={() => void startAnew(shape)}>
        {t('newCluster')}
      </button>
      {hasAside ? (
        <button type="button" title={t('takeUp')} aria-label={t('takeUp')} onClick={() => (useLesson.getState().close(), void takeUp())}>
          ↶
        </button>
      ) : null}
      <button
        type="button"
        onClick={() => change({ theme: theme === 'dark' ? 'light' : 'dark' })}
        aria-label={t('theme')}
        title={t('theme')}
      >
        ◐
      </button>
      <button
        type="button"
        onClick={() => change({ language: language === 'en' ? 'zh-CN' : 'en' })}
        lang={language === 'en' ? 'zh-CN' : 'en'}
      >
        {language === 'en' ? '中文' : 'EN'}
      </button>
    </header>
  );
}

/** Keys work everywhere but where one types. */
function useKeys(): void {
  useEffect(() => {
    const handle = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (isTyping(target)) return;
      const every = event.shiftKey;
      if (event.key === ' ' && target.tagName !== 'BUTTON')
        port.send({ type: useSession.getState().frame?.playing === true ? 'pause' : 'play' });
      else if (event.key === 'ArrowRight') port.send({ type: 'step', direction: 1, every });
      else if (event.key === 'ArrowLeft') port.send({ type: 'step', direction: -1, every });
      else if (event.key === 'Home') port.send({ type: 'seek', to: { seq: 0 } });
      else if (event.key === 'End') port.send({ type: 'seek', to: 'head' });
      else if (event.key === '/' && !event.ctrlKey && !event.metaKey) document.getElementById('line')?.focus();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', handle);
    return () => window.removeEventListener('keydown', handle);
  }, []);
}

/** The page. */
export function App(): JSX.Element {
  const t = useText();
  const { language, theme } = useSettings();
  const idle = useSession((state) => state.frame?.idle ?? false);
  const loaded = useSession((state) => state.frame !== undefined);
  const sizes = usePaneSizes();
  useKeys();
  // Before any effect that reads colours.
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    document.documentElement.lang = language;
  }, [theme, language]);
  return (
    <div className="app" data-idle={idle} style={sizes}>
      <Header />
      <main className="diagram">{loaded ? <Diagram /> : <div className="loading">{t('loading')}</div>}</main>
      <aside className="side">
        <PaneBorder pane="side" />
        <Inspector />
        <Terminal />
      </aside>
      <Player />
      <Timeline />
      <Problems />
      <Editor />
    </div>
  );
}
