import { SortedMap } from '#base/sorted-map.ts';
import type { World } from '#kernel/world.ts';

/** Objects of the API are counted, not looked into. */
const isObject = (value: object): boolean => 'metadata' in value && 'kind' in value;
const deepest = 6;

function count(value: unknown, path: string, depth: number, sizes: Map<string, number>): void {
  if (typeof value !== 'object' || value === null || depth > deepest || isObject(value)) return;
  const add = (size: number): void => void sizes.set(path, (sizes.get(path) ?? 0) + size);
  if (value instanceof SortedMap || Array.isArray(value)) {
    const items = [...(value instanceof SortedMap ? value.values() : (value as readonly unknown[]))];
    add(items.length);
    for (const item of items) count(item, `${path}[]`, depth + 1, sizes);
  } else for (const [field, inner] of Object.entries(value)) count(inner, `${path}.${field}`, depth + 1, sizes);
}

/** How many entries the collections of a world have: those of processes by definition and field, and the kernel's own. */
export function census(world: World): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  let processes = 0;
  for (const { definition, context } of world.processes()) {
    processes++;
    count(context, definition, 0, sizes);
  }
  sizes.set('processes', processes);
  sizes.set('queue', [...world.queueItems()].length);
  const { starts, incarnations, links, monitors, fileWatches, dropped } = world.facts;
  for (const [name, map] of Object.entries({ starts, incarnations, links, monitors, fileWatches, dropped }))
    sizes.set(`kernel.${name}`, map.size);
  for (const [host, disk] of world.facts.disks) sizes.set(`disk of ${host}`, disk.size);
  return sizes;
}
