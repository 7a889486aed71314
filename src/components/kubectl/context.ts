import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, type ApiCall } from '#machinery/client.ts';
import type { ApiResource } from '#machinery/discovery.ts';
import type { Arguments, Flags } from './flags.ts';
import type { KubectlInput } from './state.ts';

/** What a command knows when it begins. */
export interface Context {
  readonly input: KubectlInput;
  /** `kubectl get`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly dashAt: number;
  readonly flags: Flags;
  readonly namespace: string;
  /** Whether `-n` was given: then objects of other namespaces are refused. */
  readonly namespaceGiven: boolean;
}

export type { ApiResource };

/** Makes the context of a parsed command line. */
export function createContext(input: KubectlInput, command: string, parsed: Arguments): Context {
  const { flags } = parsed;
  const namespace = flags.text('namespace');
  const client = impersonating(input, flags);
  return {
    input: client === input.client ? input : { ...input, client },
    command,
    args: parsed.positional,
    dashAt: parsed.dashAt,
    flags,
    namespace: namespace === '' ? (input.namespace ?? 'default') : namespace,
    namespaceGiven: flags.changed('namespace'),
  };
}

/** The client with `--token` and `--as`. */
function impersonating(input: KubectlInput, flags: Flags): KubectlInput['client'] {
  const user = flags.text('as');
  const token = flags.text('token');
  const client = token === '' ? input.client : { ...input.client, credential: { type: 'token', token } as const };
  return user === ''
    ? client
    : { ...client, impersonate: { user, groups: flags.list('as-group'), uid: flags.text('as-uid') || undefined } };
}

/** `deployments.apps`, `pods`: a resource's name with its group. */
export function fullName(resource: Pick<ApiResource, 'plural' | 'group'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** `deployment.apps/web`: how kubectl names an object. */
export function objectName(resource: Pick<ApiResource, 'kind' | 'group'>, name: string): string {
  const kind = resource.kind.toLowerCase();
  return `${resource.group === '' ? kind : `${kind}.${resource.group}`}/${name}`;
}

/** Path of an object or a collection. */
export function pathOf(resource: ApiResource, namespace: string, name = '', subresource = ''): string {
  return resourcePath(resource, resource.namespaced ? namespace : '', name, subresource);
}

const acceptTable = `${mediaTypes.table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;

/** A GET; `timeout` carries --request-timeout. */
export function get(path: string, query: Readonly<Record<string, string>> = {}, accept: 'json' | 'table' = 'json'): ApiCall {
  return { method: 'GET', path, query, accept: accept === 'table' ? acceptTable : mediaTypes.json };
}

/** The selectors of a command line as one text: several `-l` are joined. */
export function labelSelectorOf(flags: Flags): string {
  return flags.list('selector').join(',');
}
