import type { CustomResourceDefinition } from '#api/types.generated.ts';
import { resourcePath, type ApiCall } from '#machinery/client.ts';

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };

/** The write of a definition's status. */
export function updateStatus(definition: CustomResourceDefinition): ApiCall {
  return { method: 'PUT', path: resourcePath(definitions, '', definition.metadata?.name, 'status'), body: definition };
}
