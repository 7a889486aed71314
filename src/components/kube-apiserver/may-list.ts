import type { HttpRequest } from '#protocol/rest.ts';
import { authenticate } from './authentication.ts';
import { authorize } from './authorization.ts';
import type { ApiServerState } from './state.ts';

/** What a shell's completion of names would list. */
export interface Listing extends Pick<HttpRequest, 'credential'> {
  readonly group: string;
  readonly resource: string;
  /** '' for all of them, and for resources that have none. */
  readonly namespace: string;
}

/** Whether the holder of a credential may list a resource. @param context the context of a running `kube-apiserver` process */
export function mayList(context: unknown, { credential, group, resource, namespace }: Listing): boolean {
  const state = context as ApiServerState;
  const user = authenticate(state, { credential });
  return (
    user !== undefined &&
    authorize(state, { user, verb: 'list', group, resource, subresource: '', namespace, name: '', path: undefined }).allowed
  );
}
