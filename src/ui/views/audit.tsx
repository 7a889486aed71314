import { useState, type JSX } from 'react';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { download } from '../widgets/download.ts';
import { useAnswer } from './answer.ts';

const shownLines = 300;
const exportedLines = 100_000;

/** Every request that the API server has answered, as its audit log has it. */
export function Audit(): JSX.Element {
  const t = useText();
  const [filter, setFilter] = useState('');
  const [chatter, setChatter] = useState(false);
  const answer = useAnswer({ type: 'audit', from: 0, limit: 1000, chatter });
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const words = filter.toLowerCase();
  const lines = (answer?.lines ?? []).filter(({ user, verb, uri, code }) => `${user} ${verb} ${uri} ${code}`.toLowerCase().includes(words));
  const save = async (): Promise<void> => {
    const all = await port.ask({ type: 'audit', from: 0, limit: exportedLines, chatter: true });
    const text = [...all.lines].reverse().map(({ event }) => JSON.stringify(event));
    download('audit.jsonl', `${text.join('\n')}\n`, 'application/jsonl');
  };
  return (
    <div className="sheet" tabIndex={0}>
      <div className="bar">
        <input
          type="search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          placeholder={t('filterRequests')}
          aria-label={t('filterRequests')}
        />
        <label>
          <input type="checkbox" checked={chatter} onChange={(event) => setChatter(event.target.checked)} /> {t('background')}
        </label>
        <button type="button" title={t('auditAbout')} onClick={() => void save()}>
          {t('saveAudit')}
        </button>
      </div>
      <table>
        <thead>
          <tr>
            <th>{t('time')}</th>
            <th>{t('user')}</th>
            <th>{t('verb')}</th>
            <th>URI</th>
            <th className="number">{t('code')}</th>
            <th className="number">ms</th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, shownLines).map(({ seq, at, user, verb, uri, code, ms }) => (
            <tr key={seq}>
              <td>
                <button type="button" className="plain" onClick={() => port.send({ type: 'seek', to: { seq } })}>
                  {clock(at - epoch)}
                </button>
              </td>
              <td>{user}</td>
              <td>{verb}</td>
              <td>{uri}</td>
              <td className={code >= 400 ? 'number bad' : 'number'}>{code}</td>
              <td className="number">{ms}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
