import { deepEqual, isObject } from '#base/json.ts';
import { invalid, notSupported, required, tooLong, tooMany, typeInvalid, type FieldError } from '../resources/field-error.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { compilePattern, hasFormat } from './formats.ts';
import { itemsOf, valuesOf } from './schema.ts';

/**
 * What is wrong with a value, in the words of kube-openapi (pkg/validation/validate, pkg/validation/errors/schema.go) as
 * apiextensions-apiserver passes them on (pkg/apiserver/validation, kubeOpenAPIResultToFieldErrors).
 */
export type Problems = FieldError[];

/**
 * Validates a value by its schema. What is as it was before is not looked at again: an object that a newer schema would
 * refuse can still be changed elsewhere (ratcheting). @param path `spec.moons`, '' at the root @param old the value before
 */
export function validateValue(value: unknown, props: JSONSchemaProps, path = '', old?: unknown): Problems {
  if (old !== undefined && deepEqual(value, old)) return [];
  const type = checkType(value, props, path);
  if (value === null) return [...type, ...checkEnum(value, props, path)];
  return [
    ...type,
    ...checkBranches(value, props, path),
    ...checkScalar(value, props, path),
    ...checkList(value, props, path, old),
    ...checkEnum(value, props, path),
    ...checkMap(value, props, path, old),
  ];
}

/** A field's name in an error: that of the root has none. */
const fieldOf = (path: string): string => (path === '' ? '<nil>' : path.replace(/^\./, ''));
const complain = (path: string, value: unknown, text: string): FieldError => invalid(fieldOf(path), value, `${path} in body ${text}`);

/** The JSON type of a value (schemaInfoForType). */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typesOf(props: JSONSchemaProps): readonly string[] {
  if (props['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return props.type === undefined || props.type === '' ? [] : [props.type];
}

function checkType(value: unknown, props: JSONSchemaProps, path: string): Problems {
  const wanted = typesOf(props);
  const actual = typeOf(value);
  if (wanted.length === 0 || (actual === 'null' && props.nullable === true)) return [];
  if (wanted.includes(actual) || (actual === 'integer' && wanted.includes('number'))) return [];
  return [typeInvalid(fieldOf(path), actual, `${path} in body must be of type ${wanted.join(',')}: ${JSON.stringify(actual)}`)];
}

function checkEnum(value: unknown, props: JSONSchemaProps, path: string): Problems {
  const { enum: allowed } = props;
  if (allowed === undefined || allowed.length === 0 || allowed.some((item) => deepEqual(item, value))) return [];
  return [
    notSupported(
      fieldOf(path),
      value,
      allowed.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
    ),
  ];
}

function checkScalar(value: unknown, props: JSONSchemaProps, path: string): Problems {
  if (typeof value === 'string') return checkText(value, props, path);
  if (typeof value !== 'number') return [];
  const problems: Problems = [];
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = props;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    problems.push(complain(path, value, `should be a multiple of ${multipleOf}`));
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    problems.push(complain(path, value, `should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`));
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    problems.push(complain(path, value, `should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`));
  return problems;
}

function checkText(value: string, props: JSONSchemaProps, path: string): Problems {
  const problems: Problems = [];
  const length = [...value].length;
  const { maxLength, minLength, pattern, format } = props;
  if (maxLength !== undefined && length > maxLength) problems.push(tooLong(fieldOf(path), maxLength));
  else if (minLength !== undefined && length < minLength)
    problems.push(complain(path, value, `should be at least ${minLength} chars long`));
  else if (pattern !== undefined && compilePattern(pattern)?.test(value) === false)
    problems.push(complain(path, value, `should match '${pattern}'`));
  if (format !== undefined && !hasFormat(value, format))
    problems.push(typeInvalid(fieldOf(path), value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  return problems;
}

function checkList(value: unknown, props: JSONSchemaProps, path: string, old: unknown): Problems {
  if (!Array.isArray(value)) return [];
  const list = value as readonly unknown[];
  const items = itemsOf(props);
  const before = correlated(old, props);
  const problems = items === undefined ? [] : list.flatMap((item, index) => validateValue(item, items, `${path}[${index}]`, before(item)));
  const { minItems, maxItems } = props;
  if (minItems !== undefined && list.length < minItems)
    problems.push(complain(path, list.length, `should have at least ${minItems} items`));
  if (maxItems !== undefined && list.length > maxItems) problems.push(tooMany(fieldOf(path), list.length, maxItems));
  return problems;
}

/** The item of an old list that an item of the new one comes from: only lists with keys tell (cel/common, CorrelatedObject). */
export function correlated(old: unknown, props: JSONSchemaProps): (item: unknown) => unknown {
  const keys = props['x-kubernetes-list-map-keys'];
  if (!Array.isArray(old) || keys === undefined) return () => undefined;
  const before = old as readonly unknown[];
  return (item) => before.find((other) => isObject(item) && isObject(other) && keys.every((key) => deepEqual(item[key], other[key])));
}

function checkMap(value: unknown, props: JSONSchemaProps, path: string, old: unknown): Problems {
  if (!isObject(value)) return [];
  const keys = Object.keys(value);
  const { minProperties, maxProperties, properties = {} } = props;
  if (minProperties !== undefined && keys.length < minProperties)
    return [complain(path, minProperties, `should have at least ${minProperties} properties`)];
  if (maxProperties !== undefined && keys.length > maxProperties) return [tooMany(fieldOf(path), keys.length, maxProperties)];
  const values = valuesOf(props);
  const problems: Problems = [];
  for (const key of keys.sort()) {
    const inner = properties[key] ?? values;
    const place = path === '' ? key : `${path}.${key}`;
    if (inner !== undefined) problems.push(...validateValue(value[key], inner, place, isObject(old) ? old[key] : undefined));
    else if (props.additionalProperties === false)
      problems.push(invalid(fieldOf(path), key, `${path}.${key} in body is a forbidden property`));
  }
  for (const key of props.required ?? [])
    if (value[key] === undefined && properties[key]?.default === undefined) problems.push(required(fieldOf(`${path}.${key}`)));
  return problems;
}

/** allOf, anyOf, oneOf and not (schema_props.go); their errors name no field. */
function checkBranches(value: unknown, props: JSONSchemaProps, path: string): Problems {
  const { allOf = [], anyOf = [], oneOf = [], not } = props;
  const wrong = (text: string): FieldError => invalid('<nil>', '', `${JSON.stringify(path)} ${text}`);
  const fits = (branch: JSONSchemaProps): boolean => validateValue(value, branch, path).length === 0;
  const problems: Problems = [];
  if (anyOf.length > 0 && !anyOf.some(fits))
    problems.push(wrong('must validate at least one schema (anyOf)'), ...fewest(value, anyOf, path));
  if (oneOf.length > 0) {
    const valid = oneOf.filter(fits).length;
    if (valid === 0) problems.push(wrong('must validate one and only one schema (oneOf). Found none valid'), ...fewest(value, oneOf, path));
    if (valid > 1) problems.push(wrong(`must validate one and only one schema (oneOf). Found ${valid} valid alternatives`));
  }
  const failures = allOf.map((branch) => validateValue(value, branch, path)).filter((found) => found.length > 0);
  if (failures.length > 0) problems.push(...failures.flat(), wrong('must validate all the schemas (allOf)'));
  if (not !== undefined && fits(not)) problems.push(wrong('must not validate the schema (not)'));
  return problems;
}

/** What is wrong by the branch that came nearest. */
function fewest(value: unknown, branches: readonly JSONSchemaProps[], path: string): Problems {
  return branches.map((branch) => validateValue(value, branch, path)).reduce((best, found) => (found.length < best.length ? found : best));
}
