import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '../object.ts';
import { invalid, notSupported, required, type FieldError } from '../resources/field-error.ts';
import { label1035, label1035Detail, subdomain, subdomainDetail } from '../resources/name-rules.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
} from '../types.generated.ts';
import { schemaErrors } from './schema-validation.ts';

/** Validation of definitions (apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go). */
type Errors = FieldError[];
const approval = 'api-approved.kubernetes.io';
const approvalDetail = `protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111`;

/** What is wrong with a definition. */
export function validateDefinition(object: KubeObject): Errors {
  const { metadata, spec } = object as unknown as CustomResourceDefinition;
  if (spec === undefined) return [required('spec')];
  const names = spec.names ?? { plural: '', kind: '' };
  const { name = '' } = metadata ?? {};
  return [
    ...(name === `${names.plural}.${spec.group}` ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...groupErrors(spec.group),
    ...scopeErrors(spec.scope),
    ...versionErrors(spec),
    ...nameErrors(names),
    ...hoistedErrors(spec),
    ...conversionErrors(spec.conversion),
    ...approvalErrors(spec.group, metadata?.annotations?.[approval]),
  ];
}

function groupErrors(group: string | undefined): Errors {
  if (group === undefined || group === '') return [required('spec.group')];
  if (!subdomain.test(group)) return [invalid('spec.group', group, subdomainDetail)];
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function scopeErrors(scope: string | undefined): Errors {
  if (scope === undefined || scope === '') return [required('spec.scope')];
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function approvalErrors(group: string | undefined, annotation: string | undefined): Errors {
  if (group === undefined || !/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  if (annotation === undefined || annotation === '') return [required(`metadata.annotations[${approval}]`, approvalDetail)];
  if (annotation.startsWith('unapproved') || /^https?:\/\/[^/]+/.test(annotation)) return [];
  return [invalid(`metadata.annotations[${approval}]`, annotation, approvalDetail)];
}

/**
 * What all versions have in common is checked once, under the names that it had when definitions had one version
 * (conversion.go hoists it): `spec.validation`, `spec.subresources`, `spec.additionalPrinterColumns`.
 */
function hoisted<Key extends 'schema' | 'subresources' | 'additionalPrinterColumns'>(
  versions: readonly CustomResourceDefinitionVersion[],
  key: Key,
): CustomResourceDefinitionVersion[Key] | undefined {
  const first = versions[0]?.[key];
  return versions.every((version) => deepEqual(version[key], first)) ? first : undefined;
}

/** Versions as Go's encoding/json writes the internal type, in which what they have in common is not theirs. */
function shownVersions(versions: readonly CustomResourceDefinitionVersion[]): string {
  const own = <Key extends 'schema' | 'subresources' | 'additionalPrinterColumns'>(
    version: CustomResourceDefinitionVersion,
    key: Key,
  ): unknown => (hoisted(versions, key) === undefined ? version[key] : undefined) ?? null;
  return JSON.stringify(
    versions.map((version) => ({
      Name: version.name,
      Served: version.served,
      Storage: version.storage,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: own(version, 'schema'),
      Subresources: own(version, 'subresources'),
      AdditionalPrinterColumns: own(version, 'additionalPrinterColumns'),
      SelectableFields: version.selectableFields ?? null,
    })),
  );
}

function versionErrors(spec: CustomResourceDefinitionSpec): Errors {
  const versions = spec.versions ?? [];
  const common = {
    schema: hoisted(versions, 'schema'),
    subresources: hoisted(versions, 'subresources'),
    columns: hoisted(versions, 'additionalPrinterColumns'),
  };
  const errors = versions.flatMap((version, index): Errors => {
    const path = `spec.versions[${index}]`;
    return [
      ...(label1035.test(version.name ?? '') ? [] : [invalid(`${path}.name`, version.name ?? '', label1035Detail)]),
      ...(common.schema === undefined ? propsErrors(version.schema?.openAPIV3Schema, `${path}.schema.openAPIV3Schema`) : []),
      ...(common.subresources === undefined ? scaleErrors(version.subresources?.scale, `${path}.subresources.scale`) : []),
      ...(common.columns === undefined ? columnErrors(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`) : []),
      ...selectableErrors(version, path),
    ];
  });
  for (const [index, version] of versions.entries())
    if (version.served && version.schema?.openAPIV3Schema === undefined)
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
  if (spec.preserveUnknownFields === true) errors.push(invalid('spec.preserveUnknownFields', true, 'must be false'));
  if (new Set(versions.map((version) => version.name)).size < versions.length)
    errors.push({ ...invalid('spec.versions', versions, 'must contain unique version names'), shown: shownVersions(versions) });
  if (versions.filter((version) => version.storage).length !== 1)
    errors.push({
      ...invalid('spec.versions', versions, 'must have exactly one version marked as storage version'),
      shown: shownVersions(versions),
    });
  return errors;
}

function hoistedErrors({ versions = [] }: CustomResourceDefinitionSpec): Errors {
  return [
    ...propsErrors(hoisted(versions, 'schema')?.openAPIV3Schema, 'spec.validation.openAPIV3Schema'),
    ...scaleErrors(hoisted(versions, 'subresources')?.scale, 'spec.subresources.scale'),
    ...columnErrors(hoisted(versions, 'additionalPrinterColumns'), 'spec.additionalPrinterColumns'),
  ];
}

const propsErrors = (props: JSONSchemaProps | undefined, path: string): readonly FieldError[] =>
  props === undefined ? [] : schemaErrors(props, path);

/** ValidateCustomResourceDefinitionNames, and which of them have to be there. */
function nameErrors(names: CustomResourceDefinitionNames): Errors {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const words: readonly (readonly [field: string, value: string | undefined])[] = [
    ['plural', plural],
    ['singular', singular],
    ['kind', kind],
    ['listKind', listKind],
  ];
  const missing = words.filter(([, value]) => value === undefined || value === '').map(([field]) => required(`spec.names.${field}`));
  const wrong = words.flatMap(([field, value = '']) => {
    const mixed = field === 'kind' || field === 'listKind';
    if (value === '' || label1035.test(mixed ? value.toLowerCase() : value)) return [];
    return [
      invalid(
        `spec.names.${field}`,
        value,
        mixed ? `may have mixed case, but should otherwise match: ${label1035Detail}` : label1035Detail,
      ),
    ];
  });
  const lists = Object.entries({ shortNames, categories }).flatMap(([field, values]) =>
    values.flatMap((value, index) => (label1035.test(value) ? [] : [invalid(`spec.names.${field}[${index}]`, value, label1035Detail)])),
  );
  const same = kind !== '' && kind === listKind ? [invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same')] : [];
  return [...missing, ...wrong, ...same, ...lists];
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnErrors(columns: readonly CustomResourceColumnDefinition[] = [], path: string): Errors {
  return columns.flatMap(({ name, type, format = '', jsonPath }, index): Errors => {
    const place = `${path}[${index}]`;
    const errors: Errors = [];
    if (name === undefined || name === '') errors.push(required(`${place}.name`));
    if (type === undefined || type === '') errors.push(required(`${place}.type`, `must be one of ${columnTypes.join(',')}`));
    else if (!columnTypes.includes(type)) errors.push(notSupported(`${place}.type`, type, columnTypes));
    if (format !== '' && !columnFormats.includes(format)) errors.push(notSupported(`${place}.format`, format, columnFormats));
    if (jsonPath === undefined || jsonPath === '') errors.push(required(`${place}.JSONPath`));
    else if (!jsonPath.startsWith('.')) errors.push(invalid(`${place}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
    return errors;
  });
}

function scaleErrors(scale: CustomResourceSubresourceScale | undefined, path: string): Errors {
  if (scale === undefined) return [];
  const check = (field: string, value: string | undefined, roots: readonly string[], detail: string, needed: boolean): Errors => {
    if (value === undefined || value === '') return needed ? [required(`${path}.${field}`)] : [];
    return roots.some((root) => value.startsWith(`${root}.`)) ? [] : [invalid(`${path}.${field}`, value, detail)];
  };
  return [
    ...check('specReplicasPath', scale.specReplicasPath, ['.spec'], 'should be a json path under .spec', true),
    ...check('statusReplicasPath', scale.statusReplicasPath, ['.status'], 'should be a json path under .status', true),
    ...check(
      'labelSelectorPath',
      scale.labelSelectorPath,
      ['.spec', '.status'],
      'should be a json path under either .spec or .status',
      false,
    ),
  ];
}

function selectableErrors({ selectableFields = [], schema }: CustomResourceDefinitionVersion, path: string): Errors {
  return selectableFields.flatMap(({ jsonPath }, index): Errors => {
    const place = `${path}.selectableFields[${index}].jsonPath`;
    if (jsonPath === '') return [required(place)];
    const props = jsonPath
      .split('.')
      .slice(1)
      .reduce((at: JSONSchemaProps | undefined, field) => at?.properties?.[field], schema?.openAPIV3Schema);
    if (props === undefined) return [invalid(place, jsonPath, 'is an invalid path: does not refer to a valid field')];
    return ['string', 'integer', 'boolean'].includes(props.type ?? '')
      ? []
      : [invalid(place, jsonPath, 'is an invalid path: must point to a field of type string, boolean or integer')];
  });
}

function conversionErrors(conversion: CustomResourceConversion | undefined): Errors {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  if (strategy !== 'None' && strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  if (strategy === 'Webhook' && webhook?.clientConfig === undefined)
    return [required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook')];
  return [];
}

/** What may not change: what the storage depends on, and versions in which objects may still be stored. */
export function definitionUpdateErrors(object: KubeObject, old: KubeObject): Errors {
  const [mine, theirs] = [object, old] as unknown as readonly [CustomResourceDefinition, CustomResourceDefinition];
  const established = theirs.status?.conditions?.some((item) => item.type === 'Established' && item.status === 'True') === true;
  const pairs: readonly (readonly [field: string, now: unknown, before: unknown])[] = [
    ...(established
      ? ([
          ['spec.scope', mine.spec.scope, theirs.spec.scope],
          ['spec.names.kind', mine.spec.names.kind, theirs.spec.names.kind],
        ] as const)
      : []),
    ['spec.group', mine.spec.group, theirs.spec.group],
    ['spec.names.plural', mine.spec.names.plural, theirs.spec.names.plural],
  ];
  const changed = pairs.filter(([, now, before]) => now !== before).map(([field, now]) => invalid(field, now, 'field is immutable'));
  const stored = mine.status?.storedVersions ?? [];
  const lost = stored.flatMap((name, index) =>
    (mine.spec.versions ?? []).some((version) => version.name === name)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
  return [...changed, ...lost];
}
