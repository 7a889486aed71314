import { deepEqual, isObject } from '#base/json.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { itemsOf, preservesUnknown, valuesOf } from './schema.ts';

/** Fields that every resource has, whatever its schema says. */
const resourceFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * The value without the fields that its structural schema does not know (apiserver/schema/pruning). The same reference
 * where there are none. @param unknown receives the paths of what was dropped
 */
export function prune(value: unknown, props: JSONSchemaProps, unknown: string[]): unknown {
  return pruneAt(value, props, unknown, '', true);
}

function pruneAt(value: unknown, props: JSONSchemaProps | undefined, unknown: string[], path: string, resource: boolean): unknown {
  if (Array.isArray(value)) {
    const items = props === undefined ? undefined : itemsOf(props);
    if (preservesUnknown(props) && items === undefined) return value;
    return sameList(
      value,
      value.map((item: unknown, index) =>
        pruneAt(item, items, unknown, `${path}[${index}]`, items?.['x-kubernetes-embedded-resource'] === true),
      ),
    );
  }
  if (!isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    const known = props?.properties?.[key] ?? (props === undefined ? undefined : valuesOf(props));
    if (resource && resourceFields.has(key)) kept[key] = inner;
    else if (known !== undefined) kept[key] = pruneAt(inner, known, unknown, place, known['x-kubernetes-embedded-resource'] === true);
    else if (preservesUnknown(props)) kept[key] = inner;
    else if (props?.additionalProperties === true) kept[key] = pruneAt(inner, undefined, unknown, place, false);
    else unknown.push(place);
  }
  return sameMap(value, kept);
}

/** Fills in what the schema has defaults for, and drops nulls where they are not allowed (apiserver/schema/defaulting). */
export function fillDefaults(value: unknown, props: JSONSchemaProps | undefined): unknown {
  if (props === undefined) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(props);
    return sameList(
      value,
      value.map((item: unknown) => fillDefaults(item === null && items?.nullable !== true ? (items?.default ?? item) : item, items)),
    );
  }
  if (!isObject(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [key, inner] of Object.entries(props.properties ?? {})) {
    const present = filled[key];
    if (present !== undefined && (present !== null || inner.nullable === true)) continue;
    if (inner.default !== undefined) filled[key] = inner.default;
    else if (present === null) delete filled[key];
  }
  const values = valuesOf(props);
  for (const key of Object.keys(filled)) filled[key] = fillDefaults(filled[key], props.properties?.[key] ?? values);
  return sameMap(value, filled);
}

function sameList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.some((item, index) => item !== before[index]) ? after : before;
}

function sameMap(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.keys(after);
  const same = keys.length === Object.keys(before).length && keys.every((key) => after[key] === before[key]);
  return same ? before : after;
}

/** Items of lists that have to differ and do not (apiserver/schema/listtype), with their places. */
export function duplicates(
  value: unknown,
  props: JSONSchemaProps | undefined,
  path = '',
): readonly { readonly field: string; readonly badValue: unknown }[] {
  if (props === undefined) return [];
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    const inner = items.flatMap((item, index) => duplicates(item, itemsOf(props), `${path}[${index}]`));
    const keyOf = identity(props);
    if (keyOf === undefined) return inner;
    const keys = items.map(keyOf);
    const twice = keys.flatMap((key, index) =>
      keys.findIndex((other) => deepEqual(other, key)) < index ? [{ field: `${path}[${index}]`, badValue: key }] : [],
    );
    return [...twice, ...inner];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    duplicates(inner, props.properties?.[key] ?? valuesOf(props), path === '' ? key : `${path}.${key}`),
  );
}

/** What tells the items of a list apart; undefined where nothing has to. */
function identity(props: JSONSchemaProps): ((item: unknown) => unknown) | undefined {
  const keys = props['x-kubernetes-list-map-keys'] ?? [];
  if (props['x-kubernetes-list-type'] === 'set') return (item) => item;
  if (props['x-kubernetes-list-type'] !== 'map') return undefined;
  return (item) => Object.fromEntries(keys.map((key) => [key, isObject(item) ? item[key] : undefined]));
}
