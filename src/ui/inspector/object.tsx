import { useMemo, useState, type JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import type { FieldPath } from '#session/view-port.ts';
import { port } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { Difference } from '../widgets/document.tsx';
import { Fields } from '../widgets/fields.tsx';
import { Tabs } from '../widgets/tabs.tsx';
import { ManagedFields } from './managed-fields.tsx';
import { Why, WhyNot } from './why.tsx';

type ObjectInspected = Extract<Inspected, { readonly type: 'object' }>;
const tabs = ['manifest', 'history', 'events', 'fields'] as const;

/** One object: its manifest, how it came to be so revision by revision, and the events about it. */
export function ObjectView({ inspected }: { readonly inspected: ObjectInspected }): JSX.Element {
  const t = useText();
  const [tab, setTab] = useState<(typeof tabs)[number]>('manifest');
  const [asked, setAsked] = useState<FieldPath>();
  const { object, target, events } = inspected;
  const revision = inspected.history.at(-1)?.revision ?? 0;
  const manifest = useMemo(() => withoutOwnership(object), [object]);
  return (
    <>
      <b className="key">{inspected.key}</b>
      <div className="tabs">
        {object === undefined ? null : (
          <button type="button" onClick={() => setAsked([])}>
            {t('why')}
          </button>
        )}
      </div>
      <WhyNot target={target} revision={revision} />
      {asked === undefined ? null : <Why target={target} path={asked} revision={revision} close={() => setAsked(undefined)} />}
      <Related title={t('ownedBy')} objects={inspected.owners} />
      <Related title={t('dependents')} objects={inspected.dependents} />
      <Tabs label={inspected.key} tabs={tabs.map((id) => ({ id, label: t(id) }))} chosen={tab} choose={setTab} />
      {tab === 'manifest' ? (
        object === undefined ? (
          <p>{t('notThere')}</p>
        ) : (
          <>
            <p className="mode">{t('whyLine')}</p>
            <Fields label={t('manifest')} value={manifest} chosen={asked} choose={setAsked} />
          </>
        )
      ) : null}
      {tab === 'history' ? <History history={inspected.history} /> : null}
      {tab === 'events' ? <Events events={events} namespace={target.namespace === '' ? 'default' : target.namespace} /> : null}
      {tab === 'fields' ? <ManagedFields object={object} /> : null}
    </>
  );
}

const shownRelated = 24;

/** Objects that this one belongs to, or that belong to it; a click looks at one. */
function Related({ title, objects }: { readonly title: string; readonly objects: ObjectInspected['owners'] }): JSX.Element | null {
  if (objects.length === 0) return null;
  return (
    <div className="related" role="group" aria-label={title}>
      <span className="mode">{title}</span>
      {objects.slice(0, shownRelated).map(({ kind, name, target }) => (
        <button
          key={`${kind} ${name}`}
          type="button"
          className="chip"
          disabled={target === undefined}
          onClick={() => port.send({ type: 'inspect', target })}
        >
          {kind} {name}
        </button>
      ))}
      {objects.length > shownRelated ? <span className="mode">+{objects.length - shownRelated}</span> : null}
    </div>
  );
}

/** As kubectl shows objects: managed fields say who wrote what, and drown what was written. */
function withoutOwnership(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return object;
  const { managedFields: _, ...metadata } = object.metadata as { readonly managedFields?: unknown };
  return { ...object, metadata };
}

function History({ history }: { readonly history: ObjectInspected['history'] }): JSX.Element {
  const t = useText();
  return (
    <ol className="revisions" reversed>
      {[...history].reverse().map((item, index, all) => (
        <li key={item.revision}>
          <h2>
            {t('revision')} {item.revision} · {item.by}
          </h2>
          <Difference before={withoutOwnership(all[index + 1]?.object)} after={withoutOwnership(item.object)} />
        </li>
      ))}
    </ol>
  );
}

interface EventsProps {
  readonly events: ObjectInspected['events'];
  /** Where they are. */
  readonly namespace: string;
}

function Events({ events, namespace }: EventsProps): JSX.Element {
  const t = useText();
  if (events.length === 0) return <p className="mode">{t('empty')}</p>;
  return (
    <table>
      <tbody>
        {events.map((event, index) => (
          <tr key={index} className={event.type === 'Warning' ? 'warning' : ''}>
            <td>
              <button
                type="button"
                className="plain"
                onClick={() => port.send({ type: 'inspect', target: { type: 'object', resource: 'events', namespace, name: event.name } })}
              >
                {event.reason}
              </button>
            </td>
            <td>{event.from}</td>
            <td>
              {event.message}
              {event.count > 1 ? ` (×${event.count})` : ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
