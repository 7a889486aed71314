import { forbidden, invalid, notSupported, required, type FieldError } from '../resources/field-error.ts';
import type { JSONSchemaProps, ValidationRule } from '../types.generated.ts';
import { compileRules } from './rules.ts';
import { itemsOf, preservesUnknown, valuesOf } from './schema.ts';
import { validateValue } from './value.ts';

type Errors = readonly FieldError[];

/**
 * What is wrong with the schema of a definition: first what no schema may have, then whether it is structural, then its
 * defaults. Each stage is only reached where the one before it has nothing to say.
 */
export function schemaErrors(props: JSONSchemaProps, path: string): Errors {
  const stages = [openApiErrors, (root: JSONSchemaProps, at: string) => structuralErrors(root, at, 'root'), defaultErrors, rulesErrors];
  for (const stage of stages) {
    const errors = stage(props, path, true);
    if (errors.length > 0) return errors;
  }
  return [];
}

/** The schemas below one, with their places. */
function children(props: JSONSchemaProps, path: string): readonly (readonly [props: JSONSchemaProps, path: string])[] {
  const items = itemsOf(props);
  const values = valuesOf(props);
  return [
    ...(values === undefined ? [] : [[values, `${path}.additionalProperties`] as const]),
    ...Object.entries(props.properties ?? {}).map(([name, inner]) => [inner, `${path}.properties[${name}]`] as const),
    ...(items === undefined ? [] : [[items, `${path}.items`] as const]),
  ];
}

function branches(props: JSONSchemaProps, path: string): readonly (readonly [props: JSONSchemaProps, path: string])[] {
  const lists = (['allOf', 'oneOf', 'anyOf'] as const).flatMap((name) =>
    (props[name] ?? []).map((inner, index) => [inner, `${path}.${name}[${index}]`] as const),
  );
  return props.not === undefined ? lists : [[props.not, `${path}.not`], ...lists];
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['$ref', 'definitions', 'dependencies', 'id', 'patternProperties', 'additionalItems'] as const;

/** ValidateCustomResourceDefinitionOpenAPISchema. */
function openApiErrors(props: JSONSchemaProps, path: string): Errors {
  const errors: FieldError[] = [];
  if (props.uniqueItems === true)
    errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (props.additionalProperties !== undefined && Object.keys(props.properties ?? {}).length > 0 && props.additionalProperties !== true)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  for (const name of unsupported) if (props[name] !== undefined) errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  if (props.type === 'null') errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  else if (props.type !== undefined && props.type !== '' && !types.includes(props.type))
    errors.push(notSupported(`${path}.type`, props.type, types));
  if (Array.isArray(props.items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (props['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  errors.push(...mapTypeErrors(props, path), ...listTypeErrors(props, path));
  return [...errors, ...[...children(props, path), ...branches(props, path)].flatMap(([inner, place]) => openApiErrors(inner, place))];
}

function typeError(path: string, type: string | undefined, detail: string): FieldError {
  return type === undefined || type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail);
}

function mapTypeErrors(props: JSONSchemaProps, path: string): Errors {
  const mapType = props['x-kubernetes-map-type'];
  if (mapType === undefined) return [];
  const errors: FieldError[] = [];
  if (props.type !== 'object') errors.push(typeError(path, props.type, 'must be object if x-kubernetes-map-type is specified'));
  if (mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  return errors;
}

function listTypeErrors(props: JSONSchemaProps, path: string): Errors {
  const listType = props['x-kubernetes-list-type'];
  const keys = props['x-kubernetes-list-map-keys'] ?? [];
  const errors: FieldError[] = [];
  if (listType !== undefined) {
    if (props.type !== 'array') errors.push(typeError(path, props.type, 'must be array if x-kubernetes-list-type is specified'));
    if (!['atomic', 'set', 'map'].includes(listType))
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set']));
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(
      listType === undefined
        ? required(`${path}.x-kubernetes-list-type`, detail)
        : invalid(`${path}.x-kubernetes-list-type`, listType, detail),
    );
  }
  if (listType !== 'map') return errors;
  if (keys.length === 0) errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  const items = itemsOf(props);
  if (items === undefined) return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object')
    errors.push(typeError(`${path}.items`, items.type, "must be object if parent array's x-kubernetes-list-type is map"));
  for (const [index, key] of keys.entries()) errors.push(...mapKeyErrors(items, key, index, path));
  return errors;
}

function mapKeyErrors(items: JSONSchemaProps, key: string, index: number, path: string): Errors {
  const property = items.properties?.[key];
  const place = `${path}.items.properties[${key}]`;
  if (property === undefined)
    return [invalid(`${path}.x-kubernetes-list-map-keys[${index}]`, key, 'entries must all be names of item properties')];
  const errors: FieldError[] = [];
  if (property.type === 'array' || property.type === 'object')
    errors.push(invalid(`${place}.type`, property.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
  if (property.default === undefined && !(items.required ?? []).includes(key))
    errors.push(
      required(`${place}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'),
    );
  return errors;
}

type Level = 'root' | 'item' | 'field';
const untyped: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** What a branch may not say, because the structure says it (apiserver/schema/validation.go). */
const structure = [
  'type',
  'description',
  'title',
  'default',
  'additionalProperties',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
] as const;

/** ValidateStructural. */
function structuralErrors(props: JSONSchemaProps, path: string, level: Level): Errors {
  const errors = children(props, path).flatMap(([inner, place]) =>
    structuralErrors(inner, place, place === `${path}.items` ? 'item' : 'field'),
  );
  const embedded = props['x-kubernetes-embedded-resource'] === true;
  const either = props['x-kubernetes-int-or-string'] === true;
  const { type = '' } = props;
  if (embedded && type !== 'object') errors.push(typeError(path, type, 'must be object if x-kubernetes-embedded-resource is true'));
  else if (type === '' && !either && !preservesUnknown(props)) errors.push(required(`${path}.type`, untyped[level]));
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'));
  if (type === 'array' && itemsOf(props) === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (embedded && props.additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (embedded && !preservesUnknown(props) && props.properties === undefined)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  if (level === 'root' || embedded) errors.push(...metadataErrors(props.properties ?? {}, path));
  return [...errors, ...branches(props, path).flatMap(([inner, place]) => branchErrors(inner, props, place, either))];
}

function metadataErrors(properties: Readonly<Record<string, JSONSchemaProps>>, path: string): Errors {
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.type;
    if (properties[name] !== undefined && type !== 'string')
      errors.push(invalid(`${path}.properties[${name}].type`, type ?? '', 'must be string'));
  }
  const { metadata } = properties;
  if (metadata === undefined) return errors;
  if (metadata.type !== 'object') errors.push(invalid(`${path}.properties[metadata].type`, metadata.type ?? '', 'must be object'));
  const others = Object.keys(metadata.properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0)
    errors.push(
      forbidden(
        `${path}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  return errors;
}

/** A branch only narrows what the structure allows, and only what the structure has. */
function branchErrors(branch: JSONSchemaProps, whole: JSONSchemaProps, path: string, either: boolean): Errors {
  const errors: FieldError[] = [];
  for (const name of structure) {
    if (branch[name] === undefined || (name === 'type' && either)) continue;
    errors.push(forbidden(`${path}.${name}`, 'must be empty to be structural'));
  }
  for (const [name, inner] of Object.entries(branch.properties ?? {})) {
    const known = whole.properties?.[name];
    const place = `${path}.properties[${name}]`;
    if (known === undefined)
      errors.push(required(place.replace(/\.(allOf|anyOf|oneOf|not)(\[\d+\])?/, ''), 'because it is defined in ' + place));
    else errors.push(...branchErrors(inner, known, place, known['x-kubernetes-int-or-string'] === true));
  }
  return [...errors, ...branches(branch, path).flatMap(([inner, place]) => branchErrors(inner, whole, place, either))];
}

/** Defaults have to be valid themselves (apiserver/schema/defaulting/validation.go). */
function defaultErrors(props: JSONSchemaProps, path: string): Errors {
  const own =
    props.default === undefined
      ? []
      : validateValue(props.default, props).map((error) => ({ ...error, field: placed(error.field, `${path}.default`) }));
  return [...own, ...children(props, path).flatMap(([inner, place]) => defaultErrors(inner, place))];
}

const placed = (field: string, path: string): string => (field === '<nil>' ? path : `${path}.${field}`);

/** A rule as Go's encoding/json writes the internal type. */
function shownRule({ rule, message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf }: ValidationRule): string {
  return JSON.stringify({
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  });
}

/** Rules have to compile, and to say something (ValidateCustomResourceDefinitionOpenAPISchema). */
function rulesErrors(props: JSONSchemaProps, path: string, root = false): Errors {
  const own = compileRules(props, root).flatMap(({ rule, problems }, index): FieldError[] => {
    const place = `${path}.x-kubernetes-validations[${index}]`;
    const errors: FieldError[] = [];
    if (rule.rule.trim() === '') errors.push(required(`${place}.rule`, 'rule is not specified'));
    if (rule.message !== undefined && rule.message !== '' && rule.message.trim() === '')
      errors.push(invalid(`${place}.message`, rule.message, 'message must be non-empty if specified'));
    else if ((rule.message ?? '').trim().includes('\n'))
      errors.push(invalid(`${place}.message`, rule.message, 'message must not contain line breaks'));
    else if (rule.rule.trim().includes('\n') && (rule.message ?? '') === '')
      errors.push(required(`${place}.message`, 'message must be specified if rule contains line breaks'));
    for (const { field, detail } of problems) errors.push({ ...invalid(`${place}.${field}`, rule, detail), shown: shownRule(rule) });
    return errors;
  });
  return [...own, ...children(props, path).flatMap(([inner, place]) => rulesErrors(inner, place))];
}
