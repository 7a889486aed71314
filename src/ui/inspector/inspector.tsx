import { useEffect, useState, type JSX } from 'react';
import { KeyspaceView } from '../keyspace/keyspace.tsx';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { ObjectView } from './object.tsx';
import { PacketView } from './packet.tsx';
import { ProcessView } from './process.tsx';
import './inspector.css';

const views = ['inspector', 'keyspace'] as const;

/** What is selected, from inside; or all that etcd holds. */
export function Inspector(): JSX.Element {
  const t = useText();
  const [view, setView] = useState<(typeof views)[number]>('inspector');
  const inspected = useSession((state) => state.frame?.inspected);
  const target =
    inspected === undefined
      ? ''
      : JSON.stringify(
          inspected.type === 'process' ? inspected.summary.address : inspected.type === 'packet' ? inspected.packet.id : inspected.key,
        );
  // Whoever selects something wants to see it.
  useEffect(() => {
    if (target !== '') setView('inspector');
  }, [target]);
  return (
    <section className="panel" aria-label={t('inspector')}>
      <header>
        <div className="tabs" role="tablist">
          {views.map((name) => (
            <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
              {t(name)}
            </button>
          ))}
        </div>
        {inspected === undefined || view !== 'inspector' ? null : (
          <button type="button" onClick={() => port.send({ type: 'inspect', target: undefined })}>
            {t('close')}
          </button>
        )}
      </header>
      <div className="body" tabIndex={0}>
        {view === 'keyspace' ? <KeyspaceView /> : <Selected />}
      </div>
    </section>
  );
}

function Selected(): JSX.Element {
  const t = useText();
  const inspected = useSession((state) => state.frame?.inspected);
  switch (inspected?.type) {
    case undefined:
      return <p className="mode">{t('nothingSelected')}</p>;
    case 'process':
      return <ProcessView inspected={inspected} />;
    case 'packet':
      return <PacketView inspected={inspected} />;
    case 'object':
      return <ObjectView key={inspected.key} inspected={inspected} />;
  }
}
