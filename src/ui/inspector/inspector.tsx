import { useEffect, type JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import { KeyspaceView } from '../keyspace/keyspace.tsx';
import { port, useSession } from '../stores/session.ts';
import { useView } from '../stores/view.ts';
import { useText } from '../text/index.ts';
import { Tabs } from '../widgets/tabs.tsx';
import { GateView } from './gate.tsx';
import { Legend } from './legend.tsx';
import { ObjectView } from './object.tsx';
import { PacketView } from './packet.tsx';
import { ProcessView } from './process.tsx';
import './inspector.css';

const views = ['inspector', 'keyspace'] as const;

/** What tells one selection from another. */
function nameOf(inspected: Inspected): string {
  switch (inspected.type) {
    case 'process':
      return inspected.summary.address;
    case 'packet':
      return String(inspected.packet.id);
    case 'gate':
      return `${inspected.server} ${inspected.gate}`;
    case 'object':
      return inspected.key;
  }
}

const choose = (view: (typeof views)[number]): void => useView.setState({ view });

/** What is selected, from inside; or all that etcd holds. */
export function Inspector(): JSX.Element {
  const t = useText();
  const view = useView((state) => state.view);
  const inspected = useSession((state) => state.frame?.inspected);
  const target = inspected === undefined ? '' : `${inspected.type} ${nameOf(inspected)}`;
  // Whoever selects something wants to see it.
  useEffect(() => {
    if (target !== '') choose('inspector');
  }, [target]);
  return (
    <section className="panel" aria-label={t('inspector')}>
      <header>
        <Tabs label={t('inspector')} tabs={views.map((id) => ({ id, label: t(id) }))} chosen={view} choose={choose} />
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
