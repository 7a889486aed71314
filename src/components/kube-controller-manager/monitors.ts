import { builtInResources } from '#api/resources/catalog.ts';
import { sendCall, type ClientConfig } from '#machinery/client.ts';
import { discoveryCalls, preferred, readDiscovery, type ApiResource } from '#machinery/discovery.ts';
import { closeInformer, newInformer, openInformer, type InformerSpec } from '#machinery/informer.ts';
import type { Effect } from '#kernel/types.ts';
import type { Caches } from './controller.ts';

/**
 * What garbage collector and quota watch because discovery speaks of it: resources that are not built in
 * (garbagecollector.go Sync, resource_quota_monitor.go SyncMonitors). Their caches are named `crontabs.stable.example.com`.
 */
const periodMs = 30_000;
/** The groups of resources that can be watched are asked for alone: what is in the core group is known. */
const groups = discoveryCalls[1]!;
export const discoveryId = 'discovery';

export interface DiscoveryDue {
  readonly type: 'discovery.due';
}

/** Asks which resources there are, now and again after a while. */
export function discover(client: ClientConfig): readonly Effect[] {
  const again: DiscoveryDue = { type: 'discovery.due' };
  return [
    sendCall(client, discoveryId, groups, { chatter: true }),
    { type: 'arm', timer: discoveryId, afterMs: periodMs, message: again, chatter: true },
  ];
}

const monitored = ({ group, version, plural, verbs }: ApiResource): boolean =>
  builtInResources.find(group, version, plural) === undefined && ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));

const nameOf = ({ group, plural }: ApiResource): string => `${plural}.${group}`;

/** Opens a monitor for each resource that is new, and closes those of resources that are gone. */
export function followDiscovery(
  caches: Caches,
  body: unknown,
  client: ClientConfig,
  indexers: InformerSpec['indexers'],
): { readonly caches: Caches; readonly effects: readonly Effect[] } {
  const resources = readDiscovery(body);
  if (resources === undefined) return { caches, effects: [] };
  const wanted = new Map(preferred(resources.filter(monitored)).map((resource) => [nameOf(resource), resource]));
  const effects: Effect[] = [];
  const next: Record<string, Caches[string]> = {};
  for (const [name, cache] of Object.entries(caches)) {
    if (cache.spec.discovered === undefined || wanted.has(name)) next[name] = cache;
    else effects.push(closeInformer(cache, client));
  }
  for (const [id, resource] of wanted) {
    if (next[id] !== undefined) continue;
    const { kind, namespaced } = resource;
    const opened = openInformer(newInformer({ id, resource, indexers, discovered: { kind, namespaced } }), client);
    next[id] = opened.state;
    effects.push(...opened.effects);
  }
  return { caches: next, effects };
}
