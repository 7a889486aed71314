import type { HttpRequest } from '#protocol/rest.ts';
import type { ServiceAccount } from '#api/types.generated.ts';
import { getCached, type ApiServerState } from './state.ts';

/** Who a request comes from. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const authenticated = 'system:authenticated';
const tokenPrefix = 'eyJhbGciOiJSUzI1NiIsImtpZCI6Im9ycmVyeSJ9.';

const withGroup = (name: string, groups: readonly string[]): User => ({
  name,
  groups: groups.includes(authenticated) ? groups : [...groups, authenticated],
});

/** A token for a service account, as TokenRequest issues it; the simulated signature covers nothing. */
export function issueToken(namespace: string, name: string, uid: string): string {
  return `${tokenPrefix}${hex(`${namespace}:${name}:${uid}`)}.signature`;
}

function hex(text: string): string {
  return [...text].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

function unhex(text: string): string {
  return (text.match(/../g) ?? []).map((pair) => String.fromCharCode(parseInt(pair, 16))).join('');
}

function fromToken(state: ApiServerState, token: string): User | undefined {
  const { tokens } = state.options;
  const known = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  if (known !== undefined) return withGroup(known.user, known.groups);
  if (!token.startsWith(tokenPrefix)) return undefined;
  const [namespace = '', name = '', uid = ''] = unhex(token.slice(tokenPrefix.length).split('.')[0] ?? '').split(':');
  const account = getCached(state, `/registry/serviceaccounts/${namespace}/${name}`, '/registry/serviceaccounts') as
    ServiceAccount | undefined;
  if (account?.metadata?.uid !== uid) return undefined;
  return withGroup(`system:serviceaccount:${namespace}:${name}`, ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]);
}

/** Who sent a request; undefined where the credential is not accepted (401). */
export function authenticate(state: ApiServerState, { credential }: Pick<HttpRequest, 'credential'>): User | undefined {
  switch (credential.type) {
    case 'none':
      return anonymous;
    case 'certificate':
      return withGroup(credential.user, credential.groups);
    case 'token':
      return fromToken(state, credential.token);
  }
}

/** What the sender of a request must be allowed to impersonate: the user or service account, and each group that is named. */
export function impersonationTargets({
  impersonate,
}: HttpRequest): readonly { readonly resource: string; readonly namespace: string; readonly name: string }[] {
  if (impersonate === undefined) return [];
  const { user, groups = [] } = impersonate;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const who =
    account === null
      ? { resource: 'users', namespace: '', name: user }
      : { resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! };
  return [who, ...groups.map((name) => ({ resource: 'groups', namespace: '', name }))];
}

/** Who a request acts as, where it impersonates somebody (endpoints/filters/impersonation.go). */
export function impersonated(request: HttpRequest): User | undefined {
  const { impersonate } = request;
  if (impersonate === undefined) return undefined;
  const { user, groups = [] } = impersonate;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  if (account !== null && groups.length === 0) return withGroup(user, ['system:serviceaccounts', `system:serviceaccounts:${account[1]!}`]);
  if (user === anonymous.name) return { name: user, groups: groups.length === 0 ? anonymous.groups : groups };
  return withGroup(user, groups);
}
