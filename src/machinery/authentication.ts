import type { Effect } from '#kernel/types.ts';
import { resourcePath, resources, sendCall, type ClientConfig } from './client.ts';
import { newInformer, openInformer, type InformerState } from './informer.ts';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
export const authenticationCache = 'authentication';

/**
 * What every binary with a secure port asks first (apiserver/pkg/server/options/authentication.go): who signs the
 * certificates of those who may ask it something, and to be told when that changes.
 */
export function openAuthentication(client: ClientConfig): {
  readonly caches: Readonly<Record<string, InformerState>>;
  readonly effects: readonly Effect[];
} {
  const opened = openInformer(
    newInformer({ id: authenticationCache, resource: resources.configmaps, namespace, fieldSelector: `metadata.name=${name}` }),
    client,
  );
  const get = (id: string): Effect => sendCall(client, id, { method: 'GET', path: resourcePath(resources.configmaps, namespace, name) });
  return {
    caches: { [authenticationCache]: opened.state },
    effects: [{ type: 'link', to: client.server }, get('authentication-1'), get('authentication-2'), ...opened.effects],
  };
}
