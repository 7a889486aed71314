import { formatApiVersion, type KubeObject } from '#api/object.ts';
import { union, type FieldSet } from '#api/managed-fields/field-set.ts';
import type { ManagedFieldsEntry } from '#api/types.generated.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { validationOf, writeQuery } from '../dry-run.ts';
import { get, pathOf, type Context } from '../context.ts';
import { checked, statusError } from '../errors.ts';
import { lastAppliedAnnotation } from '../last-applied.ts';
import type { Manifest } from '../manifests.ts';
import { call, type Command } from '../operations.ts';

/** What applied from the client before belongs to who applies from the server now (client-go/util/csaupgrade). */
const serverSide = 'kubectl';
const annotationKeeper = 'kubectl-last-applied';
const attempts = 5;

const managerOf = ({ flags }: Context): string => (flags.text('field-manager') === '' ? serverSide : flags.text('field-manager'));

/** Whether an entry owns the annotation of client-side apply. */
function ownsAnnotation({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const annotations = ((fieldsV1 as FieldSet | undefined)?.['f:metadata'] as FieldSet | undefined)?.['f:annotations'] as
    FieldSet | undefined;
  return annotations?.[`f:${lastAppliedAnnotation}`] !== undefined;
}

const entriesOf = (object: KubeObject, operation: string): readonly ManagedFieldsEntry[] =>
  (object.metadata.managedFields ?? []).filter((entry) => entry.operation === operation);

/** The annotation gets an owner of its own, so that apply does not take it away (apply.go, saveLastApplyAnnotationIfNecessary). */
function* keepAnnotation(context: Context, { resource, namespace, name }: Manifest, object: KubeObject): Command<KubeObject> {
  // Another field manager has no use for the annotation.
  if (managerOf(context) !== serverSide) return object;
  const annotation = object.metadata.annotations?.[lastAppliedAnnotation];
  if (annotation === undefined || entriesOf(object, 'Apply').some(ownsAnnotation)) return object;
  const body = {
    apiVersion: formatApiVersion(resource.group, resource.version),
    kind: resource.kind,
    metadata: { name, ...(namespace === '' ? {} : { namespace }), annotations: { [lastAppliedAnnotation]: annotation } },
  };
  const query = writeQuery(context.flags, annotationKeeper, validationOf(context.flags));
  const path = pathOf(resource, namespace, name);
  return checked(yield* call({ method: 'PATCH', path, query, body, contentType: mediaTypes.applyPatch })).body as unknown as KubeObject;
}

/** The entries with those of client-side apply taken over by server-side apply; undefined where there is nothing to take over. */
export function upgraded(object: KubeObject, manager: string): readonly ManagedFieldsEntry[] | undefined {
  const managers = new Set(
    entriesOf(object, 'Update')
      .filter(ownsAnnotation)
      .map((entry) => entry.manager),
  );
  if (managers.size === 0) return undefined;
  const entries = object.metadata.managedFields ?? [];
  const isOld = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === 'Update' && managers.has(entry.manager) && (entry.subresource ?? '') === '';
  const isNew = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === 'Apply' && entry.manager === manager && (entry.subresource ?? '') === '';
  const heir = entries.find(isNew) ?? entries.find(isOld);
  const fieldsV1 = entries
    .filter((entry) => isOld(entry) || entry === heir)
    .reduce((all, entry) => union(all, (entry.fieldsV1 ?? {}) as FieldSet), {} as FieldSet);
  return entries.flatMap((entry) => {
    if (entry === heir) return [{ ...entry, manager, operation: 'Apply', fieldsV1 }];
    return isOld(entry) ? [] : [entry];
  });
}

/** Hands over what was applied from the client (migrateToSSAIfNecessary). Whether there was anything to hand over. */
export function* migrate(context: Context, manifest: Manifest, applied: KubeObject): Command<boolean> {
  const path = pathOf(manifest.resource, manifest.namespace, manifest.name);
  let object = yield* keepAnnotation(context, manifest, applied);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const value = upgraded(object, managerOf(context));
    if (value === undefined) return attempt > 0;
    const body = [
      { op: 'replace', path: '/metadata/managedFields', value },
      { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
    ];
    const query = writeQuery(context.flags, serverSide, validationOf(context.flags));
    const response = yield* call({ method: 'PATCH', path, query, body, contentType: mediaTypes.jsonPatch });
    if (response.status < 400) return true;
    if (response.status !== 409) throw statusError(response);
    object = checked(yield* call(get(path))).body as unknown as KubeObject;
  }
  return true;
}
