import type { Command } from './operations.ts';
import { readFile } from './operations.ts';
import { CommandError, connectionError } from './errors.ts';
import type { Flags } from './flags.ts';
import type { KubectlInput } from './state.ts';

/** Where the user's configuration is; a user without one has what their certificate came with. */
export const configFile = '/root/.kube/config';
export const serverUrl = 'https://127.0.0.1:6443';

export interface ConfigContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

/** clientcmd's api.Config: clusters by their server, users by their token ('' for the certificate), contexts. */
export interface KubeConfig {
  readonly clusters: Readonly<Record<string, string>>;
  readonly users: Readonly<Record<string, string>>;
  readonly contexts: Readonly<Record<string, ConfigContext>>;
  readonly current: string;
}

const ownUser = ({ client }: KubectlInput): string => (client.credential.type === 'certificate' ? client.credential.user : 'user');

export function* readConfig(input: KubectlInput): Command<KubeConfig> {
  const stored = yield* readFile(configFile);
  if (stored !== undefined) return stored as KubeConfig;
  const user = ownUser(input);
  const current = `${user}@kubernetes`;
  const context = { cluster: 'kubernetes', user, ...(input.namespace === undefined ? {} : { namespace: input.namespace }) };
  return { clusters: { kubernetes: serverUrl }, users: { [user]: '' }, contexts: { [current]: context }, current };
}

/** Who asks, where, and in which namespace: as the context says, unless flags say otherwise (clientcmd.ClientConfig). @param own the command's own flags */
export function* inContext(input: KubectlInput, flags: Flags, own: readonly string[]): Command<KubectlInput> {
  const config = yield* readConfig(input);
  const name = flags.text('context') || config.current;
  const context = config.contexts[name];
  if (context === undefined && flags.changed('context')) throw new CommandError(`context ${JSON.stringify(name)} does not exist`);
  // A command may have a flag of that name for something else (`set subject --user`).
  const chosen = (name: 'user' | 'cluster'): string => (own.includes(name) ? '' : flags.text(name)) || (context?.[name] ?? '');
  const [user, cluster] = [chosen('user'), chosen('cluster')];
  if (!own.includes('user') && flags.changed('user') && !(user in config.users))
    throw new CommandError(`auth info ${JSON.stringify(user)} does not exist`);
  if (flags.changed('cluster') && !(cluster in config.clusters))
    throw new CommandError(`cluster ${JSON.stringify(cluster)} does not exist`);
  const server = config.clusters[cluster];
  if (server === undefined) throw connectionError('connection refused', 'localhost:8080');
  if (server !== serverUrl) throw connectionError('connection refused', server.replace(/^https?:\/\//, '').replace(/\/.*$/, ''));
  const token = config.users[user];
  const credential =
    token === undefined ? ({ type: 'none' } as const) : token === '' ? input.client.credential : ({ type: 'token', token } as const);
  const { namespace = input.namespace } = context ?? {};
  return { ...input, namespace, client: credential === input.client.credential ? input.client : { ...input.client, credential } };
}
