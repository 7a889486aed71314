import type { JSX } from 'react';
import { LessonMenu } from '../scenario-player/player.tsx';
import { openDialog } from '../stores/dialogs.ts';
import { startAnew, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { useText } from '../text/index.ts';
import { MenuButton } from '../widgets/menu-button.tsx';
import { goBack, nextTheme, otherLanguage, sessionActions } from './actions.ts';

const shapes = ['minikube', 'cluster', 'ha', 'oracle'] as const;

/** What is always at hand: lessons, the cluster, the session, and how the page looks. */
export function Header(): JSX.Element {
  const t = useText();
  const { language, showChatter, change } = useSettings();
  const shape = useSession((state) => state.frame?.cluster.shape) ?? 'minikube';
  const hasAside = useSession((state) => state.aside !== undefined);
  return (
    <header className="head">
      <img src="./orrery.svg" alt="" />
      <h1>Kube Orrery</h1>
      <span className="tagline">{t('tagline')}</span>
      <button type="button" className="find" aria-keyshortcuts="Control+K" onClick={() => openDialog('palette')}>
        {t('find')} <kbd>Ctrl K</kbd>
      </button>
      <label className="chatter">
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
        <button type="button" title={t('takeUp')} aria-label={t('takeUp')} onClick={goBack}>
          ↶
        </button>
      ) : null}
      <MenuButton
        label={t('sessionMenuAbout')}
        groups={() => [{ items: sessionActions.map(({ text, run }) => ({ label: t(text), run })) }]}
      >
        {t('sessionMenu')}
      </MenuButton>
      <button type="button" onClick={nextTheme} aria-label={t('theme')} title={t('theme')}>
        ◐
      </button>
      <button type="button" onClick={() => openDialog('help')} aria-label={t('help')} title={t('help')}>
        ?
      </button>
      <button type="button" onClick={otherLanguage} lang={language === 'en' ? 'zh-CN' : 'en'}>
        {language === 'en' ? '中文' : 'EN'}
      </button>
    </header>
  );
}
