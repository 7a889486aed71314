import { late } from '#base/late.ts';
import type { KubeObject } from '../object.ts';
import type { FieldError } from './field-error.ts';

/** The validation of kinds that no cluster has while it boots, by group and kind. */
export const lateKinds = late<Readonly<Record<string, (object: KubeObject) => readonly FieldError[]>>>('validation of policies');
