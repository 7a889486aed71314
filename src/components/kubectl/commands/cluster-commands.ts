import { kubernetesVersion } from '#api/version.ts';
import { isObject } from '#base/json.ts';
import { formatApiVersion } from '#api/object.ts';
import type { ApiResource, Context } from '../context.ts';
import { get } from '../context.ts';
import { rediscover } from '../discovery.ts';
import { checked, CommandError, PlainError } from '../errors.ts';
import { serverUrl } from '../kubeconfig.ts';
import { call, print, type Command } from '../operations.ts';
import { toJson } from '#base/go-json.ts';
import { alignRows } from '../printers/tab-writer.ts';
import { toYaml } from '../printers/yaml.ts';

const kustomizeVersion = 'v5.8.1';

/** `kubectl version`. */
export function* versionCommand(context: Context): Command<void> {
  const { flags } = context;
  const output = flags.text('output');
  const clientVersion = { major: '1', minor: '36', gitVersion: kubernetesVersion };
  const server = flags.boolean('client') ? undefined : checked(yield* call(get('/version', { timeout: '32s' }))).body;
  const value = { clientVersion, kustomizeVersion, ...(server === undefined ? {} : { serverVersion: server }) };
  if (output === 'json') return yield* print(toJson(value));
  if (output === 'yaml') return yield* print(toYaml(value));
  if (output !== '') throw new CommandError(`--output must be 'yaml' or 'json'`);
  const serverVersion = isObject(server) ? `Server Version: ${String(server['gitVersion'])}\n` : '';
  yield* print(`Client Version: ${kubernetesVersion}\nKustomize Version: ${kustomizeVersion}\n${serverVersion}`);
}

/** `kubectl cluster-info`. */
export function* clusterInfo(context: Context): Command<void> {
  if (context.args[0] === 'dump') throw new PlainError('cluster-info dump is not part of this kubectl: use kubectl get all -A -o yaml');
  const list = checked(yield* call(get('/api/v1/namespaces/kube-system/services', { labelSelector: 'kubernetes.io/cluster-service=true' })))
    .body as unknown as {
    readonly items?: readonly {
      readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: { readonly ports?: readonly { readonly name?: string }[] };
    }[];
  };
  const lines = (list.items ?? []).map(({ metadata, spec }) => {
    const port = spec?.ports?.[0]?.name ?? '';
    const name = metadata.labels?.['kubernetes.io/name'] ?? metadata.name;
    return `${name} is running at ${serverUrl}/api/v1/namespaces/kube-system/services/${metadata.name}${port === '' ? '' : `:${port}`}/proxy\n`;
  });
  yield* print(
    `Kubernetes control plane is running at ${serverUrl}\n${lines.join('')}\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n`,
  );
}

/** `kubectl api-versions`. */
export function* apiVersions(): Command<void> {
  const resources = yield* rediscover();
  yield* print(
    [...new Set(resources.map((resource) => formatApiVersion(resource.group, resource.version)))]
      .sort()
      .map((version) => `${version}\n`)
      .join(''),
  );
}

/** `kubectl api-resources`: the preferred version of each group, group by group. */
export function* apiResources(context: Context): Command<void> {
  const { flags } = context;
  const all = yield* rediscover();
  const groups = new Map<string, string>();
  for (const resource of all) if (!groups.has(resource.group)) groups.set(resource.group, resource.version);
  const verbs = flags.list('verbs');
  const categories = flags.list('categories');
  const shown = all
    .filter((resource) => groups.get(resource.group) === resource.version)
    .filter((resource) => !flags.changed('api-group') || resource.group === flags.text('api-group'))
    .filter((resource) => !flags.changed('namespaced') || resource.namespaced === flags.boolean('namespaced'))
    .filter(
      (resource) =>
        verbs.every((verb) => resource.verbs.includes(verb)) && categories.every((category) => resource.categories.includes(category)),
    )
    .sort(order(flags.text('sort-by')));
  const wide = flags.text('output') === 'wide';
  if (flags.text('output') === 'name')
    return yield* print(shown.map((resource) => `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}\n`).join(''));
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
  const rows = shown.map((resource) => [
    resource.plural,
    resource.shortNames.join(','),
    formatApiVersion(resource.group, resource.version),
    String(resource.namespaced),
    resource.kind,
    ...(wide ? [resource.verbs.join(','), resource.categories.join(',')] : []),
  ]);
  yield* print(alignRows(flags.boolean('no-headers') ? rows : [header, ...rows]).text);
}

function order(by: string): (a: ApiResource, b: ApiResource) => number {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  if (by === 'name') return (a, b) => compare(a.plural, b.plural);
  if (by === 'kind') return (a, b) => compare(a.kind, b.kind);
  return (a, b) => compare(a.group, b.group) || compare(a.plural, b.plural);
}

/** `kubectl plugin list`: this computer has none. */
export function* pluginList(): Command<void> {
  throw new CommandError('unable to find any kubectl plugins in your PATH');
}
