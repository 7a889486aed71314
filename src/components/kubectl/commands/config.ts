import { isObject, type Json } from '#base/json.ts';
import type { Context } from '../context.ts';
import { CommandError, usageError } from '../errors.ts';
import { configFile, readConfig, type ConfigContext, type KubeConfig } from '../kubeconfig.ts';
import { print, printError, writeFile, type Command } from '../operations.ts';
import { alignRows } from '../printers/tab-writer.ts';
import { toYaml } from '../printers/yaml.ts';
import { outputOf, printObject } from '../printers/output.ts';

/** What `kubectl config` can do (kubectl/pkg/cmd/config). */
type Action = (context: Context, config: KubeConfig) => Command<void>;

const save = (config: KubeConfig): Command<void> => writeFile(configFile, config);
const quoted = (text: string): string => JSON.stringify(text);
const without = <T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

function only(context: Context, count = 1): readonly string[] {
  if (context.args.length !== count) throw usageError(context.command, `Unexpected args: [${context.args.join(' ')}]`);
  return context.args;
}

/** The configuration as its file has it, secrets left out. */
function shown({ clusters, users, contexts, current }: KubeConfig): Json {
  const byName = <T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const certificate = { 'client-certificate-data': 'DATA+OMITTED', 'client-key-data': 'DATA+OMITTED' };
  return {
    apiVersion: 'v1',
    clusters: byName(clusters).map(([name, server]) => ({ cluster: { 'certificate-authority-data': 'DATA+OMITTED', server }, name })),
    contexts: byName(contexts).map(([name, context]) => ({ context: { ...context }, name })),
    'current-context': current,
    kind: 'Config',
    users: byName(users).map(([name, token]) => ({ name, user: token === '' ? certificate : { token: 'REDACTED' } })),
  } as unknown as Json;
}

function minified(config: KubeConfig): KubeConfig {
  const context = config.contexts[config.current];
  if (context === undefined) throw new CommandError('current-context must exist in order to minify');
  const keep = <T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> =>
    name in record ? { [name]: record[name]! } : {};
  const { current } = config;
  return {
    clusters: keep(config.clusters, context.cluster),
    users: keep(config.users, context.user),
    contexts: { [current]: context },
    current,
  };
}

function* view({ flags, input }: Context, config: KubeConfig): Command<void> {
  const chosen = shown(flags.boolean('minify') ? minified(config) : config);
  const output = outputOf(flags, input.files);
  yield* print(flags.text('output') === '' ? toYaml(chosen) : printObject(chosen, output));
}

function* getContexts({ args, flags }: Context, { contexts, current }: KubeConfig): Command<void> {
  const names = args.length > 0 ? args : Object.keys(contexts).sort();
  const unknown = names.find((name) => !(name in contexts));
  const known = names.filter((name) => name in contexts);
  if (flags.text('output') === 'name') return yield* print(known.map((name) => `${name}\n`).join(''));
  const header = flags.boolean('no-headers') ? [] : [['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE']];
  const rows = known.map((name) => {
    const { cluster, user, namespace = '' } = contexts[name]!;
    return [name === current ? '*' : '', name, cluster, user, namespace];
  });
  yield* print(alignRows([...header, ...rows]).text);
  if (unknown !== undefined) throw new CommandError(`context ${unknown} not found`);
}

function* setContext(context: Context, config: KubeConfig): Command<void> {
  const { flags, args } = context;
  if (flags.boolean('current') && config.current === '') throw new CommandError('no current context is set');
  if (args.length > 1 || (args.length === 0) !== flags.boolean('current'))
    throw new CommandError(
      args.length > 1 ? `Unexpected args: [${args.join(' ')}]` : 'you must specify a non-empty context name or --current',
    );
  const name = args[0] ?? config.current;
  const before: ConfigContext | undefined = config.contexts[name];
  const field = (flag: 'cluster' | 'user' | 'namespace'): string => (flags.changed(flag) ? flags.text(flag) : (before?.[flag] ?? ''));
  const namespace = field('namespace');
  const next: ConfigContext = { cluster: field('cluster'), ...(namespace === '' ? {} : { namespace }), user: field('user') };
  yield* save({ ...config, contexts: { ...config.contexts, [name]: next } });
  yield* print(`Context ${quoted(name)} ${before === undefined ? 'created' : 'modified'}.\n`);
}

function* renameContext(context: Context, config: KubeConfig): Command<void> {
  const [from = '', to = ''] = only(context, 2);
  const found = config.contexts[from];
  if (found === undefined) throw new CommandError(`cannot rename the context ${quoted(from)}, it's not in ${configFile}`);
  if (to in config.contexts)
    throw new CommandError(`cannot rename the context ${quoted(from)}, the context ${quoted(to)} already exists in ${configFile}`);
  const contexts = { ...without(config.contexts, from), [to]: found };
  yield* save({ ...config, contexts, current: config.current === from ? to : config.current });
  yield* print(`Context ${quoted(from)} renamed to ${quoted(to)}.\n`);
}

/** delete-context, delete-cluster, delete-user. */
function remove(kind: 'contexts' | 'clusters' | 'users', word: string): Action {
  return function* (context, config) {
    const [name = ''] = only(context);
    if (!(name in config[kind])) throw new CommandError(`cannot delete ${word} ${name}, not in ${configFile}`);
    if (kind === 'contexts' && name === config.current)
      yield* printError('warning: this removed your active context, use "kubectl config use-context" to select a different one\n');
    yield* save({ ...config, [kind]: without(config[kind] as Readonly<Record<string, unknown>>, name) });
    yield* print(`deleted ${word} ${name} from ${configFile}\n`);
  };
}

const names = (kind: 'clusters' | 'users'): Action =>
  function* (_context, config) {
    yield* print(['NAME', ...Object.keys(config[kind]).sort()].map((name) => `${name}\n`).join(''));
  };

/** `set` and `unset`, of what is a single value. */
function property(verb: 'set' | 'unset'): Action {
  return function* (context, config) {
    const [name = '', value = ''] = only(context, verb === 'set' ? 2 : 1);
    const [, section, entry, field] = /^(contexts)\.(.+)\.(namespace|cluster|user)$/.exec(name) ?? [];
    if (name === 'current-context') yield* save({ ...config, current: value });
    else if (section !== undefined && isObject(config.contexts[entry!]))
      yield* save({
        ...config,
        contexts: { ...config.contexts, [entry!]: { ...config.contexts[entry!]!, [field!]: value === '' ? undefined : value } },
      });
    else throw new CommandError(`unable to parse ${name} after [] at api.Config`);
    yield* print(`Property ${quoted(name)} ${verb === 'set' ? 'set' : 'unset'}.\n`);
  };
}

const actions = {
  view,
  'get-contexts': getContexts,
  'set-context': setContext,
  'rename-context': renameContext,
  'get-clusters': names('clusters'),
  'get-users': names('users'),
  'delete-context': remove('contexts', 'context'),
  'delete-cluster': remove('clusters', 'cluster'),
  'delete-user': remove('users', 'user'),
  set: property('set'),
  unset: property('unset'),
  *'current-context'(_context, { current }) {
    if (current === '') throw new CommandError('current-context is not set');
    yield* print(`${current}\n`);
  },
  *'use-context'(context, config) {
    const [name = ''] = only(context);
    if (!(name in config.contexts)) throw new CommandError(`no context exists with the name: ${quoted(name)}`);
    yield* save({ ...config, current: name });
    yield* print(`Switched to context ${quoted(name)}.\n`);
  },
  *'set-cluster'(context, config) {
    const [name = ''] = only(context);
    yield* save({ ...config, clusters: { ...config.clusters, [name]: context.flags.text('server') || (config.clusters[name] ?? '') } });
    yield* print(`Cluster ${quoted(name)} set.\n`);
  },
  *'set-credentials'(context, config) {
    const [name = ''] = only(context);
    yield* save({ ...config, users: { ...config.users, [name]: context.flags.text('token') || (config.users[name] ?? '') } });
    yield* print(`User ${quoted(name)} set.\n`);
  },
} as const satisfies Readonly<Record<string, Action>>;

/** What each does, in a line of help. */
export const configActions: Readonly<Record<keyof typeof actions, string>> = {
  view: 'Show the configuration',
  'current-context': 'Show the name of the context that is used',
  'get-contexts': 'Show the contexts',
  'use-context': 'Use another context',
  'set-context': 'Make or change a context',
  'rename-context': 'Give a context another name',
  'delete-context': 'Remove a context',
  'get-clusters': 'Show the clusters',
  'set-cluster': 'Make or change a cluster',
  'delete-cluster': 'Remove a cluster',
  'get-users': 'Show the users',
  'set-credentials': 'Make or change a user',
  'delete-user': 'Remove a user',
  set: 'Set a single value',
  unset: 'Remove a single value',
};

/** `kubectl config …` */
export function configCommand(what: keyof typeof actions): (context: Context) => Command<void> {
  return function* (context) {
    yield* actions[what](context, yield* readConfig(context.input));
  };
}
