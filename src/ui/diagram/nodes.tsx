import type { NodeProps } from '@xyflow/react';
import type { JSX } from 'react';
import type { PodSummary } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText, type TextKey } from '../text/index.ts';

const inspect = (address: string): void => port.send({ type: 'inspect', target: { type: 'process', address } });
function useProcess(address: string) {
  return useSession((state) => state.frame?.processes.find((process) => process.address === address));
}

/** One component: name, health, mode, one line. */
export function ComponentNode({ id }: NodeProps): JSX.Element {
  const process = useProcess(id);
  const selected = useSession((state) => state.frame?.inspected?.type === 'process' && state.frame.inspected.summary.address === id);
  const controllers = useSession((state) => state.frame?.processes);
  const children = (controllers ?? []).filter((item) => item.parent === id);
  return (
    <div className={`box${selected ? ' selected' : ''}`} onClick={() => inspect(id)} role="button" tabIndex={0} onKeyDown={(event) => event.key === 'Enter' && inspect(id)}>
      <h3>
        <span className={`dot ${process?.health ?? 'bad'}`} />
        {id.split('/')[1]}
      </h3>
      <div className="line">{process?.summary ?? '—'}</div>
      {children.length > 0 ? (
        <div className="chips">
          {children.map((child) => (
            <span key={child.address} className={`chip ${child.health}`} title={child.summary} onClick={(event) => (event.stopPropagation(), inspect(child.address))}>
              {child.address.split('/')[2]?.replace(/-controller$/, '')}
            </span>
          ))}
        </div>
      ) : (
        <div className="mode">{process?.state ?? 'stopped'}</div>
      )}
    </div>
  );
}

const gates = ['authentication', 'authorization', 'mutating', 'schema', 'validating', 'storage'] as const satisfies readonly TextKey[];

/** The API server with its gates, and the requests that are in them now. */
export function ApiServerNode({ id }: NodeProps): JSX.Element {
  const t = useText();
  const process = useProcess(id);
  const requests = useSession((state) => state.frame?.requests) ?? [];
  const watches = useSession((state) => state.frame?.watches.length ?? 0);
  return (
    <div className="box" onClick={() => inspect(id)}>
      <h3>
        <span className={`dot ${process?.health ?? 'bad'}`} />
        kube-apiserver
        <span className="mode" style={{ marginLeft: 'auto' }}>
          {t('watchers', { count: watches })}
        </span>
      </h3>
      <div className="gates">
        {gates.map((gate) => {
          const inside = requests.filter((request) => request.gate === gate || (gate === 'storage' && request.gate === 'response'));
          return (
            <div key={gate} className={`gate${inside.length > 0 ? ' active' : ''}`}>
              <span>{t(gate)}</span>
              {inside.slice(0, 4).map((request) => (
                <div key={request.address} className={`chip ${request.method}`} title={`${request.user} ${request.method} ${request.path}`}>
                  {request.method} {request.path.split('/').slice(-2).join('/')}
                </div>
              ))}
              {inside.length > 4 ? <div className="chip">+{inside.length - 4}</div> : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** A person at a terminal. */
export function ClientNode({ id }: NodeProps): JSX.Element {
  const terminal = useSession((state) => state.frame?.terminals.find((item) => item.id.startsWith(`${id}/`)));
  const last = terminal?.history.at(-1);
  return (
    <div className="box" onClick={() => inspect(`${id}/terminal`)}>
      <h3>
        <span className={`dot ${terminal?.busy === true ? 'busy' : 'good'}`} />
        {id}
      </h3>
      <div className="line">kubectl</div>
      <div className="mode command">{last === undefined ? '' : `$ ${last}`}</div>
    </div>
  );
}

const bad = /BackOff|Err|Error|Failed|OOM|Evicted|Unknown/;

function Pod({ pod }: { readonly pod: PodSummary }): JSX.Element {
  const select = (): void => port.send({ type: 'inspect', target: { type: 'object', resource: 'pods', namespace: pod.namespace, name: pod.name } });
  return (
    <div className={`pod ${bad.test(pod.status) ? 'bad' : pod.status}`} title={`${pod.namespace}/${pod.name}: ${pod.status}`} onClick={select}>
      <b>{pod.name}</b>
      <i>
        {pod.namespace === 'default' ? '' : `${pod.namespace} · `}
        {pod.status}
      </i>
    </div>
  );
}

const shownPods = 24;

/** A node of the cluster: kubelet, runtime, and its pods. */
export function WorkerNode({ id }: NodeProps): JSX.Element {
  const t = useText();
  const host = id.slice('host '.length);
  const summary = useSession((state) => state.frame?.hosts.find((item) => item.name === host));
  const processes = useSession((state) => state.frame?.processes) ?? [];
  const pods = (useSession((state) => state.frame?.pods) ?? []).filter((pod) => pod.node === host);
  const parts = ['kubelet', 'kube-proxy', 'container-runtime'].map((name) => processes.find((item) => item.address === `${host}/${name}`)).filter((item) => item !== undefined);
  const ordered = [...pods].sort((a, b) => Number(a.namespace === 'kube-system') - Number(b.namespace === 'kube-system'));
  return (
    <div className="host">
      <header>
        <span className={`dot ${summary?.ready === true ? 'good' : summary?.ready === false ? 'bad' : ''}`} />
        {host}
        <span className="mode">
          {pods.length} {t('pods')}
        </span>
      </header>
      <div className="parts">
        {parts.map((part) => (
          <div key={part.address} className="part" onClick={() => inspect(part.address)}>
            <span className={`dot ${part.health}`} style={{ display: 'inline-block', marginRight: 6 }} />
            {part.definition} <span className="mode">{part.summary}</span>
          </div>
        ))}
      </div>
      <div className="pods">
        {ordered.slice(0, shownPods).map((pod) => (
          <Pod key={pod.uid} pod={pod} />
        ))}
        {pods.length > shownPods ? <div className="pod">+{pods.length - shownPods}</div> : null}
      </div>
    </div>
  );
}
