import type { NodeProps } from '@xyflow/react';
import { useMemo, type JSX } from 'react';
import { port, useSession } from '../stores/session.ts';
import { shownTerminal, useTerminals } from '../stores/terminals.ts';
import { useText, type TextKey } from '../text/index.ts';
import { FaultMarks } from './marks.tsx';
import { Pods } from './pods.tsx';
import { Thing, useLevel } from './thing.tsx';

function useProcess(address: string) {
  return useSession((state) => state.frame?.processes.find((process) => process.address === address));
}

function useSelected(address: string): boolean {
  return useSession((state) => state.frame?.inspected?.type === 'process' && state.frame.inspected.summary.address === address);
}

const process = (address: string) => ({ type: 'process', address }) as const;

/** World units: narrower than this, a component has no room for its controllers, and an API server none for names of requests. */
const narrowComponent = 400;
const slim = 190;

/** One component: name, health, mode, one line; and its controllers, where it has some. */
export function ComponentNode({ id, width = 0 }: NodeProps): JSX.Element {
  const t = useText();
  const level = useLevel();
  const running = useProcess(id);
  const selected = useSelected(id);
  const processes = useSession((state) => state.frame?.processes);
  const children = useMemo(
    () => (width < narrowComponent ? [] : (processes ?? []).filter((item) => item.parent === id)),
    [processes, id, width],
  );
  return (
    <div className={`box ${level}${selected ? ' selected' : ''}${width < slim ? ' slim' : ''}`}>
      <Thing target={process(id)} menu={process(id)} className="name">
        <span className={`dot ${running?.health ?? 'bad'}`} />
        {componentName(id, width)}
        <FaultMarks subject={id} />
        {children.length > 0 ? <span className="mode aside">{running?.summary ?? t('stopped')}</span> : null}
      </Thing>
      {children.length > 0 ? null : <div className="line">{running?.summary ?? t('stopped')}</div>}
      {children.length > 0 ? (
        <div className="chips">
          {level === 'far' ? (
            <span className="count">{t('controllers', { count: children.length })}</span>
          ) : (
            children.map((child) => (
              <Thing
                key={child.address}
                target={process(child.address)}
                menu={process(id)}
                className={`chip ${child.health}`}
                title={child.summary}
              >
                {child.address.split('/')[2]?.replace(/-controller$/, '')}
              </Thing>
            ))
          )}
        </div>
      ) : (
        <div className="mode">{running?.state ?? ''}</div>
      )}
    </div>
  );
}

/** Where there is little room, what every name begins with is left out. */
const componentName = (id: string, width: number): string => {
  const name = id.split('/')[1] ?? '';
  return width < slim ? name.replace(/^kube-/, '') : name;
};

const gates = ['authentication', 'authorization', 'mutating', 'schema', 'validating', 'storage'] as const satisfies readonly TextKey[];
const shownRequests = 4;

/** The API server with its gates, and the requests that are in them now. */
export function ApiServerNode({ id, width = 0 }: NodeProps): JSX.Element {
  const t = useText();
  const level = useLevel();
  const running = useProcess(id);
  const selected = useSelected(id);
  const processes = useSession((state) => state.frame?.processes);
  // Its own loops; the requests are in the gates.
  const loops = useMemo(() => (processes ?? []).filter((item) => item.parent === id), [processes, id]);
  const all = useSession((state) => state.frame?.requests);
  const requests = useMemo(() => (all ?? []).filter((request) => request.address.startsWith(`${id}/`)), [all, id]);
  const watches = useSession((state) => state.frame?.watches.filter((watch) => watch.server === id).length ?? 0);
  const narrow = width < narrowComponent;
  return (
    <div className={`box ${level}${selected ? ' selected' : ''}`}>
      <Thing target={process(id)} menu={process(id)} className="name">
        <span className={`dot ${running?.health ?? 'bad'}`} />
        kube-apiserver
        <FaultMarks subject={id} />
        <span className="mode">{t('watchers', { count: watches })}</span>
      </Thing>
      {level === 'far' || narrow ? null : (
        <div className="corner">
          {loops.map((loop) => (
            <Thing
              key={loop.address}
              target={process(loop.address)}
              menu={process(id)}
              className={`chip ${loop.health}`}
              title={loop.summary}
            >
              {loop.address.split('/')[2]}
            </Thing>
          ))}
        </div>
      )}
      {level === 'far' ? (
        <span className="count">{t('requestsInside', { count: requests.length })}</span>
      ) : (
        <div className={`gates${narrow ? ' narrow' : ''}`}>
          {gates.map((gate) => (
            <Gate
              key={gate}
              server={id}
              gate={gate}
              requests={requests.filter((request) => (request.gate === 'response' ? request.reached : request.gate) === gate)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function Gate({
  server,
  gate,
  requests,
}: {
  readonly server: string;
  readonly gate: (typeof gates)[number];
  readonly requests: readonly { readonly address: string; readonly method: string; readonly path: string; readonly user: string }[];
}): JSX.Element {
  const t = useText();
  const selected = useSession((state) => state.frame?.inspected?.type === 'gate' && state.frame.inspected.gate === gate);
  return (
    <div className={`gate${requests.length > 0 ? ' active' : ''}${selected ? ' selected' : ''}`}>
      <Thing target={{ type: 'gate', server, gate }} menu={process(server)} className="gate-name" title={t(`${gate}About`)}>
        {t(gate)}
      </Thing>
      {requests.slice(0, shownRequests).map(({ address, method, path, user }) => (
        <Thing
          key={address}
          target={process(address)}
          menu={process(server)}
          className={`chip ${method}`}
          title={`${user} ${method} ${path}`}
        >
          {method} {path.split('/').slice(-2).join('/')}
        </Thing>
      ))}
      {requests.length > shownRequests ? <div className="chip">+{requests.length - shownRequests}</div> : null}
    </div>
  );
}

/** A node of the control plane: the frame around what runs there. */
export function PlaneNode({ id }: NodeProps): JSX.Element {
  const level = useLevel();
  const host = id.slice('plane '.length);
  return (
    <div className={`plane ${level}`}>
      <Thing target={{ type: 'object', resource: 'nodes', namespace: '', name: host }} menu={{ type: 'host', host }} className="name">
        {host} <FaultMarks subject={host} />
      </Thing>
    </div>
  );
}

/** A person at a terminal, or at several. */
export function ClientNode({ id }: NodeProps): JSX.Element {
  const level = useLevel();
  const terminals = useSession((state) => state.frame?.terminals) ?? [];
  const shown = useTerminals((state) => state.shown);
  const mine = terminals.filter((item) => item.id.startsWith(`${id}/`));
  // The one that is shown, else the newest in which something was typed.
  const front =
    mine.find((item) => item === shownTerminal(terminals, shown)) ?? mine.findLast((item) => item.history.length > 0) ?? mine[0];
  const last = front?.history.at(-1);
  const selected = useSelected(front?.id ?? '');
  return (
    <div className={`box client ${level}${selected ? ' selected' : ''}`}>
      <Thing
        target={process(front?.id ?? `${id}/terminal`)}
        menu={{ type: 'client', host: id }}
        className="name"
        chosen={() => front !== undefined && useTerminals.setState({ shown: front.id })}
      >
        <span className={`dot ${mine.some((item) => item.busy) ? 'busy' : 'good'}`} />
        {id}
        {mine.length > 1 ? <span className="mode aside">×{mine.length}</span> : null}
      </Thing>
      <div className="mode command">{last === undefined ? 'kubectl' : `$ ${last}`}</div>
    </div>
  );
}

/** World units: narrower than this, a node's box has no room for long names. */
const narrowHost = 420;
const partNames = ['kubelet', 'kube-proxy', 'container-runtime'] as const;

/** A node of the cluster: kubelet, runtime, and its pods. */
export function WorkerNode({ id, width = 0, height = 0 }: NodeProps): JSX.Element {
  const t = useText();
  const level = useLevel();
  const host = id.slice('host '.length);
  const summary = useSession((state) => state.frame?.hosts.find((item) => item.name === host));
  const processes = useSession((state) => state.frame?.processes);
  const all = useSession((state) => state.frame?.pods);
  const pods = useMemo(() => (all ?? []).filter((pod) => pod.node === host), [all, host]);
  const narrow = width < narrowHost;
  const parts = useMemo(
    () => partNames.flatMap((name) => (processes ?? []).find((item) => item.address === `${host}/${name}`) ?? []),
    [processes, host],
  );
  return (
    <div className={`host ${level}${narrow ? ' narrow' : ''}`}>
      <header>
        <Thing target={{ type: 'object', resource: 'nodes', namespace: '', name: host }} menu={{ type: 'host', host }} className="name">
          <span className={`dot ${summary?.ready === true ? 'good' : summary?.ready === false ? 'bad' : ''}`} />
          {host}
          <FaultMarks subject={host} />
          <span className="mode">
            {level === 'far' ? '' : `${pods.length} ${t('pods')}`}
            {summary?.ready === false ? ' · NotReady' : ''}
            {summary?.unschedulable === true ? ' · SchedulingDisabled' : ''}
          </span>
        </Thing>
      </header>
      {level === 'far' ? null : (
        <div className="parts">
          {parts.map((part) => (
            <Thing key={part.address} target={process(part.address)} menu={process(part.address)} className="part">
              <span className={`dot ${part.health}`} />
              {narrow ? part.definition.replace(/^(container|kube)-/, '') : part.definition}{' '}
              <span className="mode">{narrow ? '' : part.summary}</span>
            </Thing>
          ))}
        </div>
      )}
      <Pods pods={pods} level={level} width={width} height={height} />
    </div>
  );
}

/** Looks at what a packet of the picture is. */
export const inspectPacket = (packet: number): void => port.send({ type: 'inspect', target: { type: 'packet', packet } });
