import { formatTime, type KubeObject } from '../object.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionSpec } from '../types.generated.ts';

/** The finalizer that keeps a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

const specOf = (object: KubeObject): CustomResourceDefinitionSpec => object['spec'] as CustomResourceDefinitionSpec;

/** pkg/apis/apiextensions/v1/defaults.go. */
export function definitionDefaults(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { names, conversion } = spec as unknown as CustomResourceDefinitionSpec;
  const { kind = '' } = names ?? {};
  const filled = {
    ...names,
    singular: names?.singular || kind.toLowerCase(),
    ...(kind === '' && names?.listKind === undefined ? {} : { listKind: names?.listKind || `${kind}List` }),
  };
  const complete = names?.singular === filled.singular && names.listKind === filled.listKind;
  if (complete && conversion !== undefined) return spec;
  return { ...spec, names: complete ? names : filled, conversion: conversion ?? { strategy: 'None' } };
}

/** The version that objects are written in. */
const storageVersion = (object: KubeObject): string | undefined => specOf(object)?.versions?.find((version) => version.storage)?.name;

/** What the status of a new definition says: registry/customresourcedefinition/strategy.go PrepareForCreate. */
export function firstDefinitionStatus(object: KubeObject): unknown {
  const stored = storageVersion(object);
  return { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored === undefined ? [] : [stored] };
}

/** A version that objects are written in from now on is remembered: PrepareForUpdate. */
export function withStoredVersion(object: KubeObject): KubeObject {
  const stored = storageVersion(object);
  const { status } = object as unknown as CustomResourceDefinition;
  const known = status?.storedVersions ?? [];
  if (stored === undefined || known.includes(stored)) return object;
  return { ...object, status: { ...status, storedVersions: [...known, stored] } } as unknown as KubeObject;
}

/** The definition with a condition; its time is that of its last change (apiextensions/helpers.go SetCRDCondition). */
export function withCondition(definition: CustomResourceDefinition, condition: Condition, now: number): CustomResourceDefinition {
  const conditions = definition.status?.conditions ?? [];
  const known = conditions.find((item) => item.type === condition.type);
  const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : formatTime(now);
  const next = { ...condition, lastTransitionTime };
  return {
    ...definition,
    status: {
      ...definition.status,
      conditions: known === undefined ? [...conditions, next] : conditions.map((item) => (item === known ? next : item)),
    },
  };
}

/** A DELETE of a definition only marks it: its objects go first (registry/customresourcedefinition/etcd.go Delete). */
export function endingDefinition(object: KubeObject, finalizers: readonly string[], now: number): KubeObject {
  const pending = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const held = finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer];
  const { status } = withCondition(object as unknown as CustomResourceDefinition, pending, now);
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: formatTime(now), finalizers: held }, status };
}
