import { formatTime, type KubeObject, type Status } from '#api/object.ts';
import { conflict, failure } from '#api/resources/status-errors.ts';
import { endingDefinition } from '#api/custom/definition-strategy.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { PodSpec } from '#api/types.generated.ts';

/** metav1.DeleteOptions, as far as they matter. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
}

export type Removal =
  | { readonly type: 'refused'; readonly status: Status }
  | { readonly type: 'keep' }
  /** `object`: as it was at its end. */
  | { readonly type: 'remove'; readonly object: KubeObject }
  /** Marked: it goes when its finalizers or its grace period are over. */
  | { readonly type: 'mark'; readonly object: KubeObject };

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** Kinds whose dependents are left alone unless something else is asked for (registry/…: DefaultGarbageCollectionPolicy). */
const orphanByDefault = new Set(['replicationcontrollers']);

function finalizersFor(resource: ResourceDefinition, object: KubeObject, options: DeleteOptions): readonly string[] {
  const policy =
    options.propagationPolicy ?? (options.orphanDependents === true || orphanByDefault.has(resource.plural) ? 'Orphan' : undefined);
  const present = object.metadata.finalizers ?? [];
  if (policy === undefined) return present;
  const others = present.filter((name) => name !== orphan && name !== foreground);
  if (policy === 'Orphan') return [...others, orphan];
  return policy === 'Foreground' ? [...others, foreground] : others;
}

/** How long a pod may take: 0 where nobody has to stop anything (registry/core/pod/strategy.go CheckGracefulDelete). */
function gracePeriod(object: KubeObject, options: DeleteOptions): number {
  const spec = object['spec'] as PodSpec;
  const phase = (object['status'] as { readonly phase?: string } | undefined)?.phase;
  if (spec.nodeName === undefined || spec.nodeName === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
}

/** What a DELETE does to an object now. Models apiserver/pkg/registry/generic/registry/store.go (Delete) and rest/delete.go (BeforeDelete). */
export function removal(resource: ResourceDefinition, object: KubeObject, options: DeleteOptions, now: number): Removal {
  const { metadata } = object;
  const { preconditions } = options;
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid) {
    return {
      type: 'refused',
      status: conflict(
        resource,
        metadata.name,
        `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
      ),
    };
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion) {
    const text = `Operation cannot be fulfilled on ${resource.kind} "${metadata.name}": the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`;
    return { type: 'refused', status: failure(409, 'Conflict', text, { name: metadata.name, kind: resource.kind }) };
  }
  const isPod = resource.plural === 'pods' && resource.group === '';
  const finalizers = finalizersFor(resource, object, options);
  const grace = isPod ? gracePeriod(object, options) : 0;
  const held = finalizers.length > 0 || (resource.plural === 'namespaces' && namespaceHeld(object));
  if (resource.kind === 'CustomResourceDefinition' && metadata.deletionTimestamp === undefined)
    return { type: 'mark', object: endingDefinition(object, finalizers, now) };
  if (metadata.deletionTimestamp !== undefined) return again(object, grace, held, finalizers, isPod);
  if (grace === 0 && !held) return { type: 'remove', object };
  const marked: KubeObject = {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: formatTime(now + grace * 1000),
      // The end of a namespace is no matter of seconds (registry/core/namespace/storage, Delete).
      ...(resource.plural === 'namespaces' ? {} : { deletionGracePeriodSeconds: grace }),
      ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    ...(resource.plural === 'namespaces' ? { status: { ...(object['status'] as object), phase: 'Terminating' } } : {}),
  };
  return { type: 'mark', object: marked };
}

function namespaceHeld(object: KubeObject): boolean {
  return ((object['spec'] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length > 0;
}

/** A second DELETE: a shorter grace period counts; with none the object goes, unless a finalizer holds it. */
function again(object: KubeObject, grace: number, held: boolean, finalizers: readonly string[], isPod: boolean): Removal {
  const { metadata } = object;
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  const sameFinalizers =
    finalizers.length === (metadata.finalizers ?? []).length && finalizers.every((name) => metadata.finalizers?.includes(name));
  if (isPod && grace > 0 && grace >= before && sameFinalizers) return { type: 'keep' };
  const deletionTimestamp =
    isPod && grace < before ? formatTime(Date.parse(metadata.deletionTimestamp!) - (before - grace) * 1000) : metadata.deletionTimestamp;
  if (grace === 0 && !held)
    return {
      type: 'remove',
      object: isPod && before > 0 ? { ...object, metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } } : object,
    };
  if (sameFinalizers && (!isPod || grace === before)) return { type: 'keep' };
  return {
    type: 'mark',
    object: {
      ...object,
      metadata: {
        ...metadata,
        deletionTimestamp,
        deletionGracePeriodSeconds: isPod ? grace : before,
        ...(finalizers.length > 0 ? { finalizers } : { finalizers: undefined }),
      },
    },
  };
}
