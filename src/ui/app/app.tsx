import { lazy, Suspense, useEffect, useLayoutEffect, type JSX } from 'react';
import { Diagram } from '../diagram/diagram.tsx';
import { Editor } from '../editor/editor.tsx';
import { Inspector } from '../inspector/inspector.tsx';
import { Player } from '../scenario-player/player.tsx';
import { openDialog, useDialog } from '../stores/dialogs.ts';
import { Live } from '../live/live.tsx';
import { present, usePresenter } from '../stores/presenter.ts';
import { port, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { useGifts } from '../share/gifts.ts';
import { Terminal } from '../terminal/terminal.tsx';
import { useText } from '../text/index.ts';
import { isTyping } from '../widgets/keys.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { useEmbedding } from '../embed/embed.ts';
import { isEmbedded } from '../embed/place.ts';
import { Dialogs } from './dialogs.tsx';
import { Header } from './header.tsx';
import { Stage } from '../views/stage.tsx';
import { PaneBorder, usePaneSizes } from './panes.tsx';
import { Problems } from './problems.tsx';

const Presenter = lazy(() => import('../presenter/presenter.tsx'));

/** Keys work everywhere but where one types. */
function useKeys(): void {
  useEffect(() => {
    const handle = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (useDialog.getState().open !== undefined || isTyping(target)) return;
      const every = event.shiftKey;
      if (event.key === ' ' && target.tagName !== 'BUTTON')
        port.send({ type: useSession.getState().frame?.playing === true ? 'pause' : 'play' });
      else if (event.key === 'ArrowRight') port.send({ type: 'step', direction: 1, every });
      else if (event.key === 'ArrowLeft') port.send({ type: 'step', direction: -1, every });
      else if (event.key === 'Home') port.send({ type: 'seek', to: { seq: 0 } });
      else if (event.key === 'End') port.send({ type: 'seek', to: 'head' });
      else if (event.key === '?') openDialog('help');
      else if (event.key.toLowerCase() === 'p' && !event.ctrlKey && !event.metaKey) present();
      else if (event.key === '/' && !event.ctrlKey && !event.metaKey) document.getElementById('line')?.focus();
      else return;
      event.preventDefault();
    };
    // The palette comes wherever one types, too.
    const palette = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || (!event.ctrlKey && !event.metaKey)) return;
      event.preventDefault();
      openDialog('palette');
    };
    window.addEventListener('keydown', handle);
    window.addEventListener('keydown', palette, { capture: true });
    return () => {
      window.removeEventListener('keydown', handle);
      window.removeEventListener('keydown', palette, { capture: true });
    };
  }, []);
}

/** The page. */
export function App(): JSX.Element {
  const t = useText();
  const { language, theme } = useSettings();
  const idle = useSession((state) => state.frame?.idle ?? false);
  const loaded = useSession((state) => state.frame !== undefined);
  const presenting = usePresenter((state) => state.since !== undefined);
  const sizes = usePaneSizes();
  useKeys();
  useGifts();
  // Before any effect that reads colours.
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = presenting ? 'projector' : theme;
    document.documentElement.lang = language;
  }, [theme, presenting, language]);
  useEmbedding();
  if (isEmbedded)
    return (
      <div className="app embedded">
        <main className="diagram">{loaded ? <Diagram /> : <div className="loading">{t('loading')}</div>}</main>
        <Player />
        <Problems />
        <Live />
      </div>
    );
  return (
    <div className={presenting ? 'app presenting' : 'app'} data-idle={idle} style={sizes}>
      {presenting ? null : <Header />}
      <main className="diagram">{loaded ? <Stage /> : <div className="loading">{t('loading')}</div>}</main>
      {presenting ? null : (
        <aside className="side">
          <PaneBorder pane="side" />
          <Inspector />
          <Terminal />
        </aside>
      )}
      <Player />
      {presenting ? (
        <Suspense fallback={null}>
          <Presenter />
        </Suspense>
      ) : (
        <Timeline />
      )}
      <Problems />
      <Editor />
      <Dialogs />
      <Live />
    </div>
  );
}
