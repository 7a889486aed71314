import { discoveryCalls, readDiscovery } from '#machinery/discovery.ts';
import { fullName, type ApiResource } from './context.ts';
import { checked, CommandError } from './errors.ts';
import { call, readFile, writeFile, type Command } from './operations.ts';

/** kubectl's cache of discovery: a file that outlives the command. */
const cachePath = '/root/.kube/cache/discovery/servergroups.json';

/** Every resource that the server has, in the order of discovery. */
export type Discovery = readonly ApiResource[];

/** The server's resources: from the cache where there is one. */
export function* discover(): Command<Discovery> {
  const cached = yield* readFile(cachePath);
  return Array.isArray(cached) ? (cached as Discovery) : yield* rediscover();
}

/** Asks the server for its resources. */
export function* rediscover(): Command<Discovery> {
  const resources: ApiResource[] = [];
  for (const asked of discoveryCalls) {
    const found = readDiscovery(checked(yield* call(asked)).body);
    if (found === undefined) throw new CommandError('unable to read the discovery document of the server');
    resources.push(...found);
  }
  yield* writeFile(cachePath, resources);
  return resources;
}

/** The resource that a word of the command line names: plural, singular, short name or kind, with or without version and group. */
export function lookUp(discovery: Discovery, word: string): ApiResource | undefined {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const fits = (resource: ApiResource): boolean =>
    rest.length === 0 ||
    resource.group === rest.join('.') ||
    (rest.length > 1 && resource.version === rest[0] && resource.group === rest.slice(1).join('.'));
  const candidates = discovery.filter(fits);
  return (
    candidates.find((resource) => resource.plural === name) ??
    candidates.find((resource) => resource.singular === name) ??
    candidates.find((resource) => resource.shortNames.includes(name)) ??
    candidates.find((resource) => resource.kind.toLowerCase() === name)
  );
}

/** The same, asking the server anew for a word that the cache does not know. Throws in kubectl's words. */
export function* resourceFor(word: string): Command<ApiResource> {
  const found = lookUp(yield* discover(), word) ?? lookUp(yield* rediscover(), word);
  if (found === undefined) throw new CommandError(`the server doesn't have a resource type "${word.split('.')[0]!}"`);
  return found;
}

/** The resource of a kind in a manifest; undefined where the server has none. */
export function* resourceForKind(group: string, version: string, kind: string): Command<ApiResource | undefined> {
  const find = (discovery: Discovery): ApiResource | undefined =>
    discovery.find((resource) => resource.group === group && resource.version === version && resource.kind === kind);
  return find(yield* discover()) ?? find(yield* rediscover());
}

/** The resources of a category (`all`); undefined where there is no such category. One version of each is enough. */
export function inCategory(discovery: Discovery, category: string): readonly ApiResource[] | undefined {
  const seen = new Set<string>();
  const found = discovery.filter(
    (resource) => resource.categories.includes(category) && !seen.has(fullName(resource)) && seen.add(fullName(resource)).size > 0,
  );
  return found.length === 0 ? undefined : found;
}
