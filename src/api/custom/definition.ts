import { deepEqual } from '#base/json.ts';
import { formatApiVersion, type KubeObject } from '../object.ts';
import type { Decoded } from '../resources/decode.ts';
import { invalid, type FieldError } from '../resources/field-error.ts';
import type { ResourceDefinition, SubresourceDefinition } from '../resources/index.ts';
import { metadataErrors, metadataUpdateErrors } from '../resources/validation.ts';
import { checkFields, decodeError, dropUnknown } from '../schema/index.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
} from '../types.generated.ts';
import { columnsOf, found } from './columns.ts';
import { isTrue, storagePrefixOf } from './facts.ts';
import { valueAt } from './paths.ts';
import { duplicates, fillDefaults, prune } from './pruning.ts';
import { hasRules, ruleErrors, unchecked } from './rules.ts';
import { metadataSchema, ownershipSchema } from './schema.ts';
import { validateValue } from './value.ts';

const allVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
/** What is not offered any more while the definition is about to go. */
const ending = {
  listedVerbs: ['delete', 'deletecollection', 'get', 'list', 'watch'],
  refusals: { create: 'create not allowed while custom resource definition is terminating' },
};
const partVerbs = ['get', 'patch', 'update'];

/**
 * The resources that a definition makes: one for each version that is served, once it is established. Models what
 * apiextensions-apiserver's crdHandler and discovery controller make of it.
 */
export function customResources(definition: CustomResourceDefinition): readonly ResourceDefinition[] {
  if (!isTrue(definition, 'Established')) return [];
  return [...definition.spec.versions]
    .filter((version) => version.served)
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => resourceOf(definition, version));
}

/** The newest and stablest version comes first (apimachinery/pkg/version/helpers.go, CompareKubeAwareVersionStrings). */
export function compareVersions(a: string, b: string): number {
  const parse = (name: string): readonly [stage: number, major: number, minor: number] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
    if (match === null) return undefined;
    return [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return left === right ? (a < b ? -1 : 1) : left === undefined ? 1 : -1;
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : right[index]! - left[index]!;
}

function subresourcesOf({ spec }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): readonly SubresourceDefinition[] {
  const { status, scale } = version.subresources ?? {};
  const own = { group: spec.group, version: version.name, kind: spec.names.kind };
  return [
    ...(status === undefined ? [] : [{ name: 'status', kind: own, verbs: partVerbs }]),
    ...(scale === undefined ? [] : [{ name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: partVerbs }]),
  ];
}

function resourceOf(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceDefinition {
  const { spec, status } = definition;
  const names = status?.acceptedNames ?? spec.names;
  const { group } = spec;
  const { kind, plural } = names;
  const apiVersion = formatApiVersion(group, version.name);
  const storedVersion = formatApiVersion(group, spec.versions.find((item) => item.storage)?.name ?? version.name);
  const props = (version.schema?.openAPIV3Schema ?? {}) as JSONSchemaProps;
  const subresources = subresourcesOf(definition, version);
  const hasStatus = subresources.some((sub) => sub.name === 'status');
  const namespaced = spec.scope === 'Namespaced';
  const schema = ownershipSchema(kind, props);
  const table = columnsOf(version.additionalPrinterColumns);
  const scale = version.subresources?.scale;
  const applyDefaults = (object: KubeObject): KubeObject => fillDefaults(object, props) as KubeObject;
  const served = new WeakMap<KubeObject, KubeObject>();
  const validate = (object: KubeObject, old: KubeObject | undefined, metadata: readonly FieldError[]): FieldError[] => {
    const errors = [
      ...metadata,
      ...validateValue(object, props, '', old),
      ...(scale === undefined ? [] : scaleErrors(object, scale)),
      ...duplicateErrors(object, old, props),
    ];
    return hasRules(props) ? [...errors, ...(unchecked(errors) ?? ruleErrors(object, props, old))] : errors;
  };
  return {
    group,
    version: version.name,
    kind,
    plural,
    singular: names.singular ?? '',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced,
    verbs: allVerbs,
    ...(isTrue(definition, 'Terminating') ? ending : {}),
    subresources,
    columns: table.columns,
    apiVersion,
    listKind: names.listKind ?? `${kind}List`,
    storagePrefix: storagePrefixOf(definition),
    schema,
    hasStatus,
    scale:
      scale === undefined
        ? undefined
        : { spec: scale.specReplicasPath, status: scale.statusReplicasPath, selector: scale.labelSelectorPath },
    deprecation: version.deprecated === true ? (version.deprecationWarning ?? `${apiVersion} ${kind} is deprecated`) : undefined,
    namesFieldLabels: true,
    openApi: props,
    cells: table.cells,
    decode: (raw) => decode(raw, props),
    applyDefaults,
    asServed(object) {
      let known = served.get(object);
      if (known === undefined) {
        const filled = applyDefaults(object);
        known = filled.apiVersion === apiVersion ? filled : { ...filled, apiVersion };
        served.set(object, known);
      }
      return known;
    },
    asStored: (object) => (object.apiVersion === storedVersion ? object : { ...object, apiVersion: storedVersion }),
    prepareForCreate: (object) => prepareForCreate(object, hasStatus),
    prepareForUpdate: (object, old, subresource) => prepareForUpdate(object, old, subresource, hasStatus),
    validateCreate: (object) => validate(object, undefined, metadataErrors(object)),
    validateUpdate: (object, old) => validate(object, old, metadataUpdateErrors(object, old)),
    selectableFields: (object) => selectableFields(object, version),
  };
}

/** Unknown fields are pruned; what a field may hold is the matter of validation. Only metadata is a Go struct. */
function decode(raw: KubeObject, props: JSONSchemaProps): Decoded {
  const wrong = decodeError(raw.metadata, metadataSchema);
  if (wrong !== undefined) return { wrong };
  const unknown: string[] = [];
  const object = prune(raw, props, unknown) as KubeObject;
  const texts = [...unknown.sort().map((path) => `unknown field "${path}"`), ...checkFields(raw.metadata, metadataSchema, 'metadata')];
  return { object: { ...object, metadata: dropUnknown(raw.metadata, metadataSchema) }, unknown: texts };
}

/** registry/customresource/strategy.go PrepareForCreate. */
function prepareForCreate(object: KubeObject, hasStatus: boolean): KubeObject {
  const { status, ...rest } = object as KubeObject & { readonly status?: unknown };
  const kept = hasStatus || status === undefined ? rest : object;
  return { ...kept, metadata: { ...object.metadata, generation: 1 } } as KubeObject;
}

/** registry/customresource/strategy.go and status_strategy.go PrepareForUpdate. */
function prepareForUpdate(object: KubeObject, old: KubeObject, subresource: string, hasStatus: boolean): KubeObject {
  const status = (source: KubeObject): object => (source['status'] === undefined ? {} : { status: source['status'] });
  if (subresource === 'status') {
    const { status: _old, ...rest } = old as KubeObject & { readonly status?: unknown };
    const { managedFields } = object.metadata;
    return { ...rest, metadata: { ...old.metadata, managedFields }, ...status(object) } as KubeObject;
  }
  const { status: _mine, ...rest } = object as KubeObject & { readonly status?: unknown };
  const result = (hasStatus ? { ...rest, ...status(old) } : object) as KubeObject;
  const content = ({ metadata: _metadata, ...fields }: KubeObject): unknown => fields;
  const generation = (old.metadata.generation ?? 0) + (deepEqual(content(result), content(old)) ? 0 : 1);
  return generation === result.metadata.generation ? result : { ...result, metadata: { ...result.metadata, generation } };
}

/** registry/customresource/validator.go ValidateScaleSpec and ValidateScaleStatus. */
function scaleErrors(object: KubeObject, scale: CustomResourceSubresourceScale): FieldError[] {
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const replicas = valueAt(object, path);
    return typeof replicas === 'number' && replicas < 0 ? [invalid(path, replicas, 'should be a non-negative integer')] : [];
  });
}

/** What an old object had wrong already is not held against the new one. */
function duplicateErrors(object: KubeObject, old: KubeObject | undefined, props: JSONSchemaProps): FieldError[] {
  const twice = duplicates(object, props);
  if (twice.length === 0 || (old !== undefined && duplicates(old, props).length > 0)) return [];
  return twice.map(({ field, badValue }) => ({ type: 'Duplicate', field, badValue, detail: '' }));
}

function selectableFields(object: KubeObject, version: CustomResourceDefinitionVersion): Readonly<Record<string, string>> {
  const own = (version.selectableFields ?? []).map(({ jsonPath }): readonly [string, string] => {
    const [value] = found(jsonPath, object);
    return [jsonPath.replace(/^\./, ''), value === undefined || value === null ? '' : String(value)];
  });
  return { 'metadata.name': object.metadata.name, 'metadata.namespace': object.metadata.namespace ?? '', ...Object.fromEntries(own) };
}
