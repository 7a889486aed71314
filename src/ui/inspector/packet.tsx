import type { JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { Difference, Yaml } from '../widgets/document.tsx';
import { Chain } from './chain.tsx';
import { gateName, verdictName } from './gate.tsx';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly contentType?: string;
  readonly userAgent: string;
  readonly credential: { readonly type: string; readonly user?: string; readonly groups?: readonly string[] };
  readonly impersonate?: { readonly user: string };
  readonly body?: unknown;
}
interface Response {
  readonly status: number;
  readonly contentType: string;
  readonly warnings?: readonly string[];
  readonly body: unknown;
}

/** One message: the exchange that it belongs to, gate by gate, what it changed, and why it was sent. */
export function PacketView({ inspected }: { readonly inspected: Extract<Inspected, { readonly type: 'packet' }> }): JSX.Element {
  const t = useText();
  const { packet, gates, request, response, message, why, before, after } = inspected;
  const underWay = useSession((state) => state.frame !== undefined && state.frame.time < packet.arrivesAt);
  return (
    <>
      <b>{packet.label}</b>
      <div className="mode">
        {packet.from} → {packet.to}
      </div>
      {underWay ? (
        <button type="button" onClick={() => port.send({ type: 'fault', action: { type: 'drop', packet: packet.id } })}>
          {t('loseMessage')}
        </button>
      ) : null}
      {request === undefined ? null : <RequestView request={request as Request} />}
      {gates.length > 0 ? (
        <>
          <h2>{t('gates')}</h2>
          <ol className="passage">
            {gates.map((gate, index) => (
              <li key={index} className={gate.verdict}>
                <b>{gateName(t, gate.gate)}</b> {verdictName(t, gate.verdict)}
                <span>{gate.detail}</span>
              </li>
            ))}
          </ol>
        </>
      ) : null}
      {before === undefined && after === undefined ? null : (
        <>
          <h2>{t('changed')}</h2>
          <Difference before={before} after={after} />
        </>
      )}
      {response === undefined ? null : <ResponseView response={response as Response} />}
      {request === undefined ? (
        <>
          <h2>{t('message')}</h2>
          <Yaml value={message} />
        </>
      ) : null}
      <h2>{t('why')}</h2>
      <Chain entries={why} />
    </>
  );
}

function RequestView({ request }: { readonly request: Request }): JSX.Element {
  const t = useText();
  const query = new URLSearchParams(request.query).toString();
  const { credential } = request;
  const user =
    credential.type === 'certificate' ? `${credential.user ?? ''} (${(credential.groups ?? []).join(', ') || '—'})` : credential.type;
  const headers = [
    ['User-Agent', request.userAgent],
    ['Accept', request.accept],
    ['Content-Type', request.contentType],
    ['Impersonate-User', request.impersonate?.user],
    [t('identity'), user],
  ];
  return (
    <>
      <h2>{t('request')}</h2>
      <code className="first-line">
        {request.method} {request.path}
        {query === '' ? '' : `?${query}`}
      </code>
      <dl className="facts">
        {headers.map(([name, value]) =>
          value === undefined ? null : [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>],
        )}
      </dl>
      {request.body === undefined ? null : <Yaml value={request.body} />}
    </>
  );
}

function ResponseView({ response }: { readonly response: Response }): JSX.Element {
  const t = useText();
  return (
    <>
      <h2>{t('response')}</h2>
      <code className={`first-line ${response.status >= 400 ? 'refused' : ''}`}>{response.status}</code>
      <dl className="facts">
        <dt>Content-Type</dt>
        <dd>{response.contentType}</dd>
        {(response.warnings ?? []).map((warning) => [<dt key={warning}>Warning</dt>, <dd key={`${warning} value`}>299 - {warning}</dd>])}
      </dl>
      <Yaml value={response.body} />
    </>
  );
}
