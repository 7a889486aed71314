import type { JSX } from 'react';
import type { PacketKind } from '#session/port.ts';
import { Shape } from '../diagram/shape.tsx';
import { useText, type TextKey } from '../text/index.ts';

const kinds: readonly (readonly [PacketKind, TextKey])[] = [
  ['read', 'kindRead'],
  ['write', 'kindWrite'],
  ['delete', 'kindDelete'],
  ['watch', 'kindWatch'],
  ['event', 'kindEvent'],
  ['response', 'kindResponse'],
  ['error', 'kindError'],
  ['internal', 'kindInternal'],
];

const keys: readonly (readonly [string, TextKey])[] = [
  ['Space', 'keySpace'],
  ['← →', 'keyArrows'],
  ['Home End', 'keyEnds'],
  ['/', 'keySlash'],
  ['Tab', 'keyTab'],
  ['Shift+F10', 'keyMenu'],
];

/** While nothing is selected: what the marks of the picture mean, and what the keys do. */
export function Legend(): JSX.Element {
  const t = useText();
  return (
    <>
      <p className="mode">{t('nothingSelected')}</p>
      <h2>{t('legend')}</h2>
      <ul className="legend">
        {kinds.map(([kind, key]) => (
          <li key={kind}>
            <Shape kind={kind} /> {t(key)}
          </li>
        ))}
      </ul>
      <h2>{t('keys')}</h2>
      <dl className="facts">
        {keys.map(([name, key]) => [
          <dt key={name}>
            <kbd>{name}</kbd>
          </dt>,
          <dd key={key} className="words">
            {t(key)}
          </dd>,
        ])}
      </dl>
    </>
  );
}
