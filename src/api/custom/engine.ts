import { late } from '#base/late.ts';
import type { customResources } from './definition.ts';
import type { definitionUpdateErrors, validateDefinition } from './definition-validation.ts';

/** What checks definitions and makes resources of them. */
interface Engine {
  readonly customResources: typeof customResources;
  readonly validateDefinition: typeof validateDefinition;
  readonly definitionUpdateErrors: typeof definitionUpdateErrors;
}

/** It comes late: a cluster boots without any definition. */
export const engine = late<Engine>('the engine of custom resources');
