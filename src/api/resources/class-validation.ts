import type { KubeObject } from '../object.ts';
import type { PriorityClass } from '../types.generated.ts';
import { forbidden, invalid, notSupported, type FieldError } from './field-error.ts';

const highestUserPriority = 1_000_000_000;
/** What the system has for itself: values by name (pkg/apis/scheduling/v1/helpers.go). */
const systemClasses: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 };
const preemptionPolicies = ['Never', 'PreemptLowerPriority'];

/** Why a class may not have the name of a system class. */
function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const wanted = systemClasses[name];
  if (wanted === undefined) return `${name} is not a known system priority class`;
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** pkg/apis/scheduling/validation, ValidatePriorityClass. */
export function priorityClassErrors(object: KubeObject): FieldError[] {
  const { value = 0, globalDefault = false, preemptionPolicy } = object as unknown as PriorityClass;
  const { name } = object.metadata;
  const errors: FieldError[] = [];
  if (name?.startsWith('system-')) {
    const problem = systemProblem(name, value, globalDefault);
    if (problem !== undefined)
      errors.push(
        forbidden('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`),
      );
  } else if (value > highestUserPriority)
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  if (preemptionPolicy !== undefined && !preemptionPolicies.includes(preemptionPolicy))
    errors.push(notSupported('preemptionPolicy', preemptionPolicy, preemptionPolicies));
  return errors;
}

/** ValidatePriorityClassUpdate: the number of a class stays, as pods have it already. */
export function priorityClassChanges(object: KubeObject, old: KubeObject): FieldError[] {
  const [mine, theirs] = [object, old] as unknown as readonly [PriorityClass, PriorityClass];
  return [
    ...(mine.value === theirs.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...(mine.preemptionPolicy === theirs.preemptionPolicy
      ? []
      : [invalid('preemptionPolicy', mine.preemptionPolicy, 'field is immutable')]),
  ];
}
