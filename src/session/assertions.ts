import { deepEqual, isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { matchesLabels, parseLabelSelector } from '#api/selectors.ts';
import type { World } from '#kernel/world.ts';
import { storedObjects } from './keyspace.ts';
import { findByPlural } from './resources.ts';

/** A claim about what etcd holds at the cursor. */
export interface Assertion {
  /** Plural name: `deployments`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** A label selector. */
  readonly selector?: string | undefined;
  /** Dotted path into each object: `status.readyReplicas`; a number names an item of a list. */
  readonly field?: string | undefined;
  /** What the field has to be; without a field, nothing. */
  readonly is?: unknown;
  /** How many objects fit all of this; at least one where it is not given. */
  readonly count?: number | undefined;
}

/** Whether the claim holds. */
export function holds(world: World, assertion: Assertion): boolean {
  const { resource: plural, namespace, name, selector, field, is, count } = assertion;
  const resource = findByPlural(world, plural);
  if (resource === undefined) return false;
  const labels = parseLabelSelector(selector ?? '');
  const found = storedObjects(world, `${resource.storagePrefix}/`).filter(
    (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      matchesLabels(labels, object.metadata.labels) &&
      (field === undefined || deepEqual(at(object, field), is)),
  );
  return count === undefined ? found.length > 0 : found.length === count;
}

function at(object: KubeObject, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>(
      (value, key) => (isObject(value) || Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined),
      object,
    );
}
