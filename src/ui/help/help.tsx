import type { JSX } from 'react';
import { useText, type TextKey } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import './help.css';

const keys: readonly (readonly [string, TextKey])[] = [
  ['Space', 'keySpace'],
  ['← →', 'keyArrows'],
  ['Home End', 'keyEnds'],
  ['Ctrl K', 'keyPalette'],
  ['?', 'keyHelp'],
  ['/', 'keySlash'],
  ['↑ ↓ Tab Ctrl C', 'keyTerminal'],
  ['Tab Enter', 'keyTab'],
  ['Shift F10', 'keyMenu'],
  ['Page Down, Page Up', 'keyLesson'],
  ['P', 'keyPresent'],
  ['← → ↑ ↓', 'keyPanes'],
  ['Esc', 'keyEscape'],
];

/** All keys. */
export default function Help(): JSX.Element {
  const t = useText();
  return (
    <Dialog label={t('help')}>
      <dl className="content key-list" tabIndex={0}>
        {keys.map(([name, text]) => (
          <div key={text}>
            <dt>
              <kbd>{name}</kbd>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
