import type { JSX } from 'react';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { GateView } from './gate.tsx';
import { Legend } from './legend.tsx';
import { ObjectView } from './object.tsx';
import { PacketView } from './packet.tsx';
import { ProcessView } from './process.tsx';
import './inspector.css';

/** What is selected, from inside. */
export function Inspector(): JSX.Element {
  const t = useText();
  const selected = useSession((state) => state.frame?.inspected !== undefined);
  return (
    <section className="panel" aria-label={t('inspector')}>
      <header>
        <span>{t('inspector')}</span>
        {selected ? (
          <button type="button" onClick={() => port.send({ type: 'inspect', target: undefined })}>
            {t('close')}
          </button>
        ) : null}
      </header>
      <div className="body" tabIndex={0}>
        <Selected />
      </div>
    </section>
  );
}

function Selected(): JSX.Element {
  const inspected = useSession((state) => state.frame?.inspected);
  switch (inspected?.type) {
    case undefined:
      return <Legend />;
    case 'process':
      return <ProcessView inspected={inspected} />;
    case 'packet':
      return <PacketView inspected={inspected} />;
    case 'gate':
      return <GateView inspected={inspected} />;
    case 'object':
      return <ObjectView key={inspected.key} inspected={inspected} />;
  }
}
