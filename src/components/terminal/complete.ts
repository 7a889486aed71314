import { clientPrograms } from './operations.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { filters } from '#base/filters/index.ts';
import { programs } from './builtins.ts';

/** The names of existing objects of a resource, in a namespace where it has one. */
export type NameLookup = (plural: string, namespace: string | undefined) => readonly string[];

/** What completion must know of a command of kubectl. */
export interface CommandShape {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly flags?:
    | readonly { readonly name: string; readonly short?: string | undefined; readonly type: string; readonly bare?: string | undefined }[]
    | undefined;
  readonly commands?: readonly CommandShape[] | undefined;
}

export interface Completion {
  readonly replaceFrom: number;
  readonly candidates: readonly string[];
}

const aboutPods = new Set(['logs', 'exec', 'attach', 'port-forward']);
const aboutNodes = new Set(['cordon', 'uncordon', 'drain']);
const withoutObjects = new Set([
  'create',
  'apply',
  'run',
  'replace',
  'diff',
  'version',
  'api-resources',
  'api-versions',
  'cluster-info',
  'config',
  'auth',
  'events',
  'top',
  'proxy',
  'cp',
]);
const values: Readonly<Record<string, readonly string[]>> = {
  output: ['custom-columns=', 'go-template=', 'json', 'jsonpath=', 'name', 'wide', 'yaml'],
  'dry-run': ['client', 'none', 'server'],
  cascade: ['background', 'foreground', 'orphan'],
  for: ['condition=', 'create', 'delete', 'jsonpath='],
  type: ['json', 'merge', 'strategic'],
  validate: ['ignore', 'strict', 'warn'],
};
/** Flags of every command that are worth offering. */
const everywhere = [
  { name: 'namespace', short: 'n', type: 'string' },
  { name: 'as', type: 'string' },
  { name: 'help', short: 'h', type: 'boolean' },
] as const;

const resourceOf = (resources: readonly ResourceDefinition[], word: string): ResourceDefinition | undefined =>
  resources.find(
    (resource) =>
      resource.plural === word ||
      resource.singular === word ||
      resource.shortNames.includes(word) ||
      `${resource.plural}.${resource.group}` === word,
  );

/** The last command of a line: what stands behind the last pipe, `;`, `&&` or `$(`. */
function lastCommand(before: string): string {
  return before.slice(Math.max(before.lastIndexOf('|'), before.lastIndexOf(';'), before.lastIndexOf('&'), before.lastIndexOf('(')) + 1);
}

/** What Tab offers at a place of a line. */
export function complete(
  line: string,
  cursor: number,
  names: NameLookup,
  kubectl: readonly CommandShape[],
  files: readonly string[],
  standardNamespace: string,
  resources: readonly ResourceDefinition[],
): Completion {
  const before = line.slice(0, cursor);
  const command = lastCommand(before);
  const partial = /\S*$/.exec(command)![0];
  const words = command
    .slice(0, command.length - partial.length)
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  const offer = (list: readonly string[], from = cursor - partial.length, prefix = partial): Completion => ({
    replaceFrom: from,
    candidates: [...new Set(list)].filter((item) => item.startsWith(prefix)).sort(),
  });
  if (words.length === 0)
    return offer(
      [...clientPrograms, 'watch', 'xargs', ...Object.keys(programs), ...Object.keys(filters)].filter((name) => /^[a-z]/.test(name)),
    );
  const start =
    words[0] === 'watch' || words[0] === 'xargs' || words[0] === 'time' ? words.findIndex((word) => word === 'kubectl' || word === 'k') : 0;
  if (words[start] !== 'kubectl' && words[start] !== 'k') return offer(files);
  return completeKubectl(words.slice(start + 1), partial, cursor, offer, { names, kubectl, files, standardNamespace, resources });
}

interface Sources {
  readonly names: NameLookup;
  readonly kubectl: readonly CommandShape[];
  readonly files: readonly string[];
  readonly standardNamespace: string;
  /** What the cluster has: what `api-resources` would say. */
  readonly resources: readonly ResourceDefinition[];
}
type Offer = (list: readonly string[], from?: number, prefix?: string) => Completion;

/** A kubectl line taken apart: the command, its arguments, and the flag that waits for its value. */
function takeApart(
  words: readonly string[],
  table: readonly CommandShape[],
): {
  readonly path: readonly CommandShape[];
  readonly args: readonly string[];
  readonly waiting: string | undefined;
  readonly namespace: string | undefined;
} {
  const path: CommandShape[] = [];
  const args: string[] = [];
  let open = table;
  let waiting: string | undefined;
  let namespace: string | undefined;
  for (const word of words) {
    if (waiting !== undefined) {
      if (waiting === 'namespace') namespace = word;
      waiting = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const flags = [...everywhere, ...(path[path.length - 1]?.flags ?? [])];
      const flag = flags.find(
        (item) => `--${item.name}` === word || ('short' in item && item.short !== undefined && `-${item.short}` === word),
      );
      if (flag !== undefined && flag.type !== 'boolean' && !('bare' in flag && flag.bare !== undefined)) waiting = flag.name;
      namespace = /^(?:-n|--namespace)=?(.+)$/.exec(word)?.[1] ?? namespace;
      continue;
    }
    const found = args.length === 0 ? open.find((item) => item.name === word || item.aliases?.includes(word) === true) : undefined;
    if (found === undefined) args.push(word);
    else {
      path.push(found);
      open = found.commands ?? [];
    }
  }
  return { path, args, waiting, namespace };
}

function completeKubectl(words: readonly string[], partial: string, cursor: number, offer: Offer, sources: Sources): Completion {
  const { path, args, waiting, namespace } = takeApart(words, sources.kubectl);
  const { names } = sources;
  const command = path[path.length - 1];
  if (waiting !== undefined) return offer(valuesOf(waiting, sources));
  if (command === undefined)
    return partial.startsWith('-')
      ? offer(everywhere.map((flag) => `--${flag.name}`))
      : offer(args.length > 0 ? [] : sources.kubectl.map((item) => item.name));
  if (partial.startsWith('--') && partial.includes('=')) {
    const [flag = '', given = ''] = partial.slice(2).split('=');
    return offer(valuesOf(flag, sources), cursor - given.length, given);
  }
  if (partial.startsWith('-'))
    return offer(
      [...everywhere, ...(command.flags ?? [])].map(
        (flag) => `--${flag.name}${flag.type === 'boolean' || ('bare' in flag && flag.bare !== undefined) ? '' : '='}`,
      ),
    );
  if (command.commands !== undefined && command.commands.length > 0 && args.length === 0)
    return offer(command.commands.map((item) => item.name));
  const [root] = path;
  const where = namespace ?? sources.standardNamespace;
  if (aboutNodes.has(root!.name)) return offer(names('nodes', undefined));
  if (aboutPods.has(root!.name)) return offer(args.length > 0 ? [] : names('pods', where));
  if (withoutObjects.has(root!.name)) return offer([]);
  return completeObjects(args, partial, cursor, where, offer, sources);
}

function valuesOf(flag: string, { names, files }: Sources): readonly string[] {
  if (flag === 'namespace') return names('namespaces', undefined);
  if (flag === 'filename' || flag === 'from-file') return [...files, '-'];
  return values[flag] ?? [];
}

/** Types, then names; `type/name` in one word. */
function completeObjects(
  args: readonly string[],
  partial: string,
  cursor: number,
  namespace: string,
  offer: Offer,
  { names, resources }: Sources,
): Completion {
  const live = (resource: ResourceDefinition): readonly string[] => names(resource.plural, resource.namespaced ? namespace : undefined);
  const slash = partial.indexOf('/');
  if (slash > 0) {
    const resource = resourceOf(resources, partial.slice(0, slash));
    return resource === undefined ? offer([]) : offer(live(resource), cursor - partial.length + slash + 1, partial.slice(slash + 1));
  }
  const resource = args[0] === undefined || args[0].includes('/') ? undefined : resourceOf(resources, args[0]);
  if (resource !== undefined) return offer(live(resource).filter((name) => !args.includes(name)));
  if (args.length > 0) return offer([]);
  const comma = partial.lastIndexOf(',') + 1;
  const types = resources.filter((item) => item.verbs.includes('get')).flatMap((item) => [item.plural]);
  return offer(['all', ...types], cursor - partial.length + comma, partial.slice(comma));
}
