import { SortedMap } from '#base/sorted-map.ts';
import type { World } from '#kernel/world.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector } from '#api/selectors.ts';
import type { InformerSpec, InformerState } from '#machinery/informer.ts';
import { currentKeyspace } from '../keyspace.ts';
import { resourcesAt } from '../resources.ts';
import type { CacheSummary, ViewAnswers } from '../view-port.ts';

const shownDiffering = 50;

function isInformer(value: unknown): value is InformerState {
  if (typeof value !== 'object' || value === null) return false;
  const { spec, store, generation } = value as Partial<InformerState>;
  return spec !== undefined && store instanceof SortedMap && typeof generation === 'number';
}

/** The informers that a process holds, by itself or in collections of its context. */
function informersOf(context: unknown): readonly InformerState[] {
  if (typeof context !== 'object' || context === null) return [];
  return Object.values(context).flatMap((value: unknown) => {
    if (isInformer(value)) return [value];
    if (value instanceof SortedMap) return [...value.values()].filter(isInformer);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value).filter(isInformer) : [];
  });
}

/** Whether a watch selects an object. */
function selects({ labelSelector, fieldSelector }: InformerSpec, resource: ResourceDefinition): (object: KubeObject) => boolean {
  const labels = labelSelector === undefined ? undefined : parseLabelSelector(labelSelector);
  const fields = fieldSelector === undefined ? undefined : parseFieldSelector(fieldSelector);
  return (object) =>
    (labels === undefined || matchesLabels(labels, object.metadata.labels ?? {})) &&
    (fields === undefined || matchesFields(fields, resource.selectableFields(object)));
}

/** What an informer would hold if it were up to date: the stored objects that its watch selects. */
function truthFor({ spec }: InformerState, world: World): ReadonlyMap<string, string> | undefined {
  const { group, version, plural } = spec.resource;
  const resource = resourcesAt(world).find(group, version, plural);
  if (resource === undefined) return undefined;
  const prefix = spec.namespace === undefined ? resource.storagePrefix : `${resource.storagePrefix}/${spec.namespace}`;
  const selected = selects(spec, resource);
  // As the API server reads it, an object's resourceVersion is the revision of its last write.
  return new Map(
    currentKeyspace(world, `${prefix}/`).keys.flatMap(({ value, modRevision }) =>
      selected(value as KubeObject) ? [[objectKey(value as KubeObject), String(modRevision)] as const] : [],
    ),
  );
}

const versionOf = (object: KubeObject | undefined): string | undefined => object?.metadata.resourceVersion;

function summary(process: string, informer: InformerState, world: World): CacheSummary {
  const { spec, synced, resourceVersion, store } = informer;
  const stored = truthFor(informer, world);
  const keys = stored === undefined ? [] : [...new Set([...stored.keys(), ...store.keys()])];
  const differing = keys.flatMap((key) => {
    const [cached, truth] = [versionOf(store.get(key)), stored?.get(key)];
    return cached === truth ? [] : [{ key, cached, stored: truth }];
  });
  return {
    process,
    resource: spec.resource.group === '' ? spec.resource.plural : `${spec.resource.plural}.${spec.resource.group}`,
    selector: [spec.namespace, spec.fieldSelector, spec.labelSelector].filter((part) => part !== undefined).join(' '),
    synced,
    resourceVersion,
    objects: store.size,
    differing: differing.slice(0, shownDiffering),
  };
}

/** Every informer of the cluster beside the truth. */
export function caches(world: World): ViewAnswers['caches'] {
  const found = [...world.processes()].flatMap((process) =>
    informersOf(process.context).map((informer) => summary(process.address, informer, world)),
  );
  return { revision: currentKeyspace(world, '/registry/namespaces/').newest, caches: found };
}
