import { customResources } from './definition.ts';
import { definitionUpdateErrors, validateDefinition } from './definition-validation.ts';
import { engine } from './engine.ts';

engine.provide({ customResources, validateDefinition, definitionUpdateErrors });
