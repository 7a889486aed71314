import type { CustomResourceDefinition } from '../types.generated.ts';

export const definitionKind = 'apiextensions.k8s.io/CustomResourceDefinition';

/** Whether a condition of a definition is true. */
export function isTrue(definition: CustomResourceDefinition, type: string): boolean {
  return definition.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** Where the objects of a definition are kept in etcd. */
export function storagePrefixOf({ spec }: CustomResourceDefinition): string {
  return `/registry/${spec.group}/${spec.names.plural}`;
}
