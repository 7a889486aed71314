import type { KubeObject } from '../object.ts';
import type { ManagedFieldsEntry } from '../types.generated.ts';
import type { Schema } from '../schema/index.ts';
import {
  changedFields,
  difference,
  emptySet,
  fieldsOf,
  intersectWithValue,
  isEmpty,
  recursiveDifference,
  sameSet,
  union,
  type FieldSet,
} from './field-set.ts';
import { mergeValues, pruneDropped } from './merge.ts';

/** Fields that nobody owns: the server's own (fieldmanager/stripmeta.go). */
const stripped: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:clusterName': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
    'f:deletionTimestamp': {},
    'f:deletionGracePeriodSeconds': {},
  },
};

export interface Update {
  /** What is stored; undefined for a create. */
  readonly live: KubeObject | undefined;
  readonly updated: KubeObject;
  readonly schema: Schema | undefined;
  readonly apiVersion: string;
  readonly manager: string;
  /** The subresource that was written through, or ''. */
  readonly subresource: string;
  /** RFC 3339. */
  readonly time: string;
  /** Fields that this writer cannot own, as a set: `status` of the main resource, everything else of `/status`. */
  readonly reset?: FieldSet | undefined;
}

/**
 * The updated object with `metadata.managedFields` as the API server keeps them: the writer owns what it changed, and
 * whoever owned those fields before does not any more. Models fieldmanager (structuredmerge.go Update, stripmeta.go,
 * managedfieldsupdater.go, buildmanagerinfo.go).
 */
export function updateManagedFields(update: Update): KubeObject {
  const { live, updated, schema, apiVersion, manager, subresource, time } = update;
  const { changed, removed } = changedFields(live, updated, schema);
  const owned = ownable(changed, update.reset);
  const entries = entriesOf(update);
  const gone = union(owned, removed);
  const next: ManagedFieldsEntry[] = [];
  let mine: ManagedFieldsEntry | undefined;
  for (const entry of entries) {
    if (
      entry.operation === 'Update' &&
      entry.manager === manager &&
      entry.apiVersion === apiVersion &&
      (entry.subresource ?? '') === subresource
    ) {
      mine = entry;
      continue;
    }
    const before = (entry.fieldsV1 ?? {}) as FieldSet;
    const rest = difference(isEmpty(removed) ? before : intersectWithValue(before, updated, schema), owned);
    if (!isEmpty(rest)) next.push(rest === before ? entry : { ...entry, fieldsV1: rest });
  }
  const before = (mine?.fieldsV1 ?? emptySet) as FieldSet;
  const kept = isEmpty(gone) ? before : intersectWithValue(before, updated, schema);
  const fields = union(kept, owned);
  if (!isEmpty(fields)) {
    const unchanged = mine !== undefined && sameSet(before, fields) && isEmpty(owned);
    next.push(unchanged ? mine! : entryOf(manager, 'Update', apiVersion, time, fields, subresource));
  }
  return withManaged(updated, next);
}

/**
 * The entries that an update begins with: a writer may change them, but whoever does not know of them does not lose them;
 * one empty entry clears them (fieldmanager.go, decodeLiveOrNew).
 */
function entriesOf({ live, updated, subresource }: Update): readonly ManagedFieldsEntry[] {
  const given = subresource === '' ? (updated.metadata.managedFields ?? []) : [];
  if (given.length === 1 && Object.keys(given[0]!).length === 0) return [];
  return given.length > 0 ? given : (live?.metadata.managedFields ?? []);
}

function entryOf(
  manager: string,
  operation: 'Update' | 'Apply',
  apiVersion: string,
  time: string,
  fieldsV1: FieldSet,
  subresource: string,
): ManagedFieldsEntry {
  return { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1, ...(subresource === '' ? {} : { subresource }) };
}

function ownable(set: FieldSet, reset: FieldSet | undefined): FieldSet {
  const own = stripFields(set);
  return reset === undefined ? own : recursiveDifference(own, reset);
}

function stripFields(set: FieldSet): FieldSet {
  if (set['f:metadata'] === undefined && set['f:kind'] === undefined && set['f:apiVersion'] === undefined) return set;
  const { ['f:metadata']: metadata, ['f:kind']: _kind, ['f:apiVersion']: _version, ...rest } = set as Record<string, FieldSet>;
  const own: Record<string, FieldSet> = {};
  const names = stripped['f:metadata'] as FieldSet;
  for (const key in metadata) if (names[key] === undefined) own[key] = metadata[key] as FieldSet;
  return isEmpty(own) ? rest : { ...rest, 'f:metadata': own };
}

function withManaged(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const { managedFields: _before, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(entries.length === 0 ? {} : { managedFields: sortEntries(entries) }) } } as KubeObject;
}

/** managedfields.go sortEncodedManagedFields: by operation, time, manager, version, subresource. */
function sortEntries(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  const keyOf = (entry: ManagedFieldsEntry): string =>
    [entry.operation, entry.time ?? '', entry.manager, entry.apiVersion, entry.subresource ?? ''].join('\u0000');
  return [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export interface ApplyRequest {
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly schema: Schema | undefined;
  readonly manager: string;
  readonly force: boolean;
  readonly time: string;
  readonly subresource: string;
}
/** A field that somebody else owns with another value. */
export interface ApplyConflict {
  readonly manager: string;
  readonly field: string;
}

/** Fields as an error names them: `.data.color`, `.spec.containers[name="a"].image`. */
function pathsOf(set: FieldSet, prefix = ''): string[] {
  return Object.keys(set).flatMap((key) => {
    if (key === '.') return [prefix];
    const name = key.startsWith('f:') ? `.${key.slice(2)}` : key.startsWith('k:') ? `[${keyText(key.slice(2))}]` : `[=${key.slice(2)}]`;
    const inner = set[key] as FieldSet;
    return isEmpty(inner) ? [prefix + name] : pathsOf(inner, prefix + name);
  });
}

function keyText(json: string): string {
  return Object.entries(JSON.parse(json) as Record<string, unknown>)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',');
}

function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const key in a) {
    const theirs = b[key] as FieldSet | undefined;
    if (theirs === undefined) continue;
    const mine = a[key] as FieldSet;
    const both = isEmpty(mine) ? mine : intersection(mine, theirs);
    if (isEmpty(mine) || !isEmpty(both)) result[key] = both;
  }
  return result;
}

/** The entry of what a manager has applied. */
function isOwn(entry: ManagedFieldsEntry, { manager, applied, subresource }: ApplyRequest): boolean {
  return (
    entry.operation === 'Apply' &&
    entry.manager === manager &&
    entry.apiVersion === applied.apiVersion &&
    (entry.subresource ?? '') === subresource
  );
}

const fieldsOfEntry = (entry: ManagedFieldsEntry | undefined): FieldSet => (entry?.fieldsV1 ?? emptySet) as FieldSet;

/** The live object with what the manager applies merged in, and what it no longer applies and nobody else owns removed. */
export function mergeApplied(request: ApplyRequest): KubeObject {
  const { live, applied, schema } = request;
  if (live === undefined) return applied;
  const merged = mergeValues(live, applied, schema);
  const entries = live.metadata.managedFields ?? [];
  const own = entries.find((entry) => isOwn(entry, request));
  const others = entries.filter((entry) => entry !== own).map(fieldsOfEntry);
  return pruneDropped(merged, schema, fieldsOfEntry(own), stripFields(fieldsOf(applied, schema)), others) as KubeObject;
}

/**
 * Server-side apply: the merged object with its new owners, or the conflicts. Models structured-merge-diff/merge
 * (Updater.Apply). @param merged what `mergeApplied` gives, with the defaults of its kind
 */
export function applyServerSide(
  request: ApplyRequest,
  merged: KubeObject,
): { readonly object: KubeObject } | { readonly conflicts: readonly ApplyConflict[] } {
  const { live, applied, schema, manager, force, time, subresource } = request;
  const fields = stripFields(fieldsOf(applied, schema));
  const { changed } = changedFields(live, merged, schema);
  const contested = intersection(fields, stripFields(changed));
  const others = (live?.metadata.managedFields ?? []).filter((entry) => !isOwn(entry, request));
  const conflicts = others.flatMap((entry) =>
    pathsOf(intersection(contested, (entry.fieldsV1 ?? {}) as FieldSet)).map((field) => ({ manager: entry.manager ?? '', field, entry })),
  );
  if (conflicts.length > 0 && !force) return { conflicts };
  const kept = others
    .map((entry) => ({ ...entry, fieldsV1: difference((entry.fieldsV1 ?? {}) as FieldSet, contested) }))
    .filter((entry) => !isEmpty(entry.fieldsV1));
  const mine = (live?.metadata.managedFields ?? []).find((entry) => isOwn(entry, request));
  const same = mine !== undefined && sameSet((mine.fieldsV1 ?? {}) as FieldSet, fields);
  const entry = same && isEmpty(changed) ? mine : entryOf(manager, 'Apply', applied.apiVersion, time, fields, subresource);
  return { object: withManaged(merged, [...kept, entry]) };
}
