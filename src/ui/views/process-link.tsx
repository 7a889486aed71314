import type { JSX } from 'react';
import { port } from '../stores/session.ts';

/** A component by name; a click looks inside. */
export function Process({ address }: { readonly address: string }): JSX.Element {
  const name = address.split('/').slice(1).join('/').replace('kube-controller-manager/', '');
  return (
    <button type="button" className="plain" onClick={() => port.send({ type: 'inspect', target: { type: 'process', address } })}>
      {name.replace(/^kube-/, '')} <span className="soft">{address.split('/')[0]}</span>
    </button>
  );
}
