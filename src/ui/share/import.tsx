import { useState, type JSX } from 'react';
import { closeDialog } from '../stores/dialogs.ts';
import { port, useSession } from '../stores/session.ts';
import { shownTerminal, useTerminals } from '../stores/terminals.ts';
import { useText, type TextKey } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { Yaml } from '../widgets/document.tsx';
import type { LeftOut } from './manifests.ts';
import { useOffer } from '../stores/offer.ts';

const file = 'imported.yaml';
const reasons: Readonly<Record<LeftOut, TextKey>> = { owned: 'leftOutOwned', machine: 'leftOutMachine', made: 'leftOutMade' };

/** Manifests before they are applied: what will be, what will not and why, and as whom. */
export default function Import(): JSX.Element | null {
  const t = useText();
  const found = useOffer((state) => state.found);
  const terminals = useSession((state) => state.frame?.terminals) ?? [];
  const shown = useTerminals((state) => state.shown);
  const [chosen, setChosen] = useState<string>();
  const terminal = shownTerminal(terminals, chosen ?? shown);
  if (found === undefined) return null;
  const apply = (): void => {
    if (terminal === undefined) return;
    const { id } = terminal;
    port.send({ type: 'terminal.file', terminal: id, path: file, content: found.text });
    port.send({ type: 'terminal.line', terminal: id, line: `kubectl apply -f ${file}` });
    useTerminals.setState({ shown: id });
    closeDialog();
  };
  return (
    <Dialog label={t('importTitle')}>
      <div className="content" tabIndex={0} role="region" aria-label={t('importTitle')}>
        <p>{t('importAbout', { file })}</p>
        <div className="row">
          <label>
            {t('importAs')}{' '}
            <select value={terminal?.id} onChange={(event) => setChosen(event.target.value)}>
              {terminals.map(({ id, user }) => (
                <option key={id} value={id}>
                  {user}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={apply} disabled={terminal === undefined || found.objects.length === 0}>
            {t('importApply')}
          </button>
        </div>
        {found.leftOut.length === 0 ? null : (
          <details>
            <summary>{t('importLeft', { count: found.leftOut.length })}</summary>
            <ul>
              {found.leftOut.map(({ name, why }) => (
                <li key={name}>
                  <code>{name}</code>: {t(reasons[why])}
                </li>
              ))}
            </ul>
          </details>
        )}
        <h2>{t('importKept', { count: found.objects.length })}</h2>
        <Yaml value={found.text} />
      </div>
    </Dialog>
  );
}
