import type { Json } from '#base/json.ts';
import { formatApiVersion, type GroupVersionKind, type KubeObject } from '../object.ts';
import { schemaFor, type StructSchema } from '../schema/index.ts';
import { cellsOf, inRowOrder, type Cells } from './columns.ts';
import { decodeStruct, withTimes, type Decoded } from './decode.ts';
import { applyDefaults } from './defaults.ts';
import { selectableFields } from './fields.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { servedEvent, storedEvent } from './event-versions.ts';
import generated from './resources.generated.json' with { type: 'json' };
import { prepareForCreate, prepareForUpdate } from './strategies.ts';
import { validateCreate, validateUpdate, type Errors } from './validation.ts';

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly priority: number;
}

export interface SubresourceDefinition {
  readonly name: string;
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
}

/** What discovery says of a resource. */
export interface ResourceFacts extends GroupVersionKind {
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  readonly columns: readonly Column[];
}

export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
  readonly selector: string | undefined;
}

/** One resource of the API: everything that the generic code must know of it. */
export interface ResourceDefinition extends ResourceFacts {
  readonly apiVersion: string;
  readonly listKind: string;
  /** `/registry/pods`: keys are `<prefix>/<namespace>/<name>`. */
  readonly storagePrefix: string;
  readonly schema: StructSchema | undefined;
  readonly hasStatus: boolean;
  /** Where `/scale` finds what it shows, as simple paths; undefined where there is no such subresource. */
  readonly scale: ScalePaths | undefined;
  /** The verbs that discovery names, where they are not all that are served. */
  readonly listedVerbs?: readonly string[];
  /** Verbs that are refused for now, and why. */
  readonly refusals?: Readonly<Record<string, string>>;
  /** What a client is warned of. */
  readonly deprecation: string | undefined;
  /** Whether the kind converts field labels itself, and so has its own words for those that it does not know. */
  readonly namesFieldLabels: boolean;
  /** The schema that a definition gave it; undefined for what is built in. */
  readonly openApi: JSONSchemaProps | undefined;
  cells(object: KubeObject, now: number): Cells;
  /** Reads a body. @param known what is stored: parts of it need no second look */
  decode(raw: KubeObject, known: KubeObject | undefined): Decoded;
  applyDefaults(object: KubeObject): KubeObject;
  /** A stored object as clients of this version read it. */
  asServed(object: KubeObject): KubeObject;
  /** An object in the version in which it is kept. */
  asStored(object: KubeObject): KubeObject;
  prepareForCreate(object: KubeObject): KubeObject;
  prepareForUpdate(object: KubeObject, old: KubeObject, subresource: string): KubeObject;
  validateCreate(object: KubeObject): Errors;
  validateUpdate(object: KubeObject, old: KubeObject, subresource: string): Errors;
  selectableFields(object: KubeObject): Readonly<Record<string, string>>;
}

/** Where etcd keys do not follow the plural (registry/…/storage). */
const storageNames: Readonly<Record<string, string>> = {
  '/nodes': 'minions',
  '/services': 'services/specs',
  '/endpoints': 'services/endpoints',
  '/replicationcontrollers': 'controllers',
  'networking.k8s.io/ingresses': 'ingress',
  'policy/poddisruptionbudgets': 'poddisruptionbudgets',
  'apiregistration.k8s.io/apiservices': 'apiregistration.k8s.io/apiservices',
  'apiextensions.k8s.io/customresourcedefinitions': 'apiextensions.k8s.io/customresourcedefinitions',
};

const workloadScale: ScalePaths = { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' };

/** What the deprecated APIs say (apiserver/pkg/endpoints/deprecation). */
const deprecated: Readonly<Record<string, string>> = {
  '/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  '/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};
const ownFieldLabels = new Set(['pods', 'events', 'nodes', 'namespaces', 'secrets']);

type Versions = Pick<ResourceDefinition, 'asServed' | 'asStored'>;
const oneVersion: Versions = { asServed: (object) => object, asStored: (object) => object };
/** Both versions of events are one store, in the older version. */
const eventVersions: Versions = {
  asServed: (object) => (object.apiVersion === 'v1' ? servedEvent(object) : object),
  asStored: (object) => (object.apiVersion === 'v1' ? object : storedEvent(object)),
};

/** Makes the definition of a built-in resource of what discovery says. */
function defineResource(facts: ResourceFacts): ResourceDefinition {
  const { group, version, kind, plural } = facts;
  const schema = schemaFor(facts);
  const hasStatus = facts.subresources.some((sub) => sub.name === 'status');
  // Both versions of events are one store.
  const storage = plural === 'events' ? 'events' : (storageNames[`${group}/${plural}`] ?? plural);
  return {
    ...facts,
    apiVersion: formatApiVersion(group, version),
    listKind: `${kind}List`,
    storagePrefix: `/registry/${storage}`,
    schema,
    hasStatus,
    scale: facts.subresources.some((sub) => sub.name === 'scale') ? workloadScale : undefined,
    deprecation: deprecated[`${group}/${plural}`],
    namesFieldLabels: group === '' && ownFieldLabels.has(plural),
    openApi: undefined,
    ...(group === 'events.k8s.io' ? eventVersions : oneVersion),
    decode: (raw, known) => withTimes(`${group}/${kind}`, decodeStruct(raw, schema, known)),
    cells: (object, now) =>
      group === 'events.k8s.io'
        ? cellsOf('', kind, facts.columns, eventVersions.asStored(object), now)
        : cellsOf(group, kind, facts.columns, object, now),
    applyDefaults: (object) => applyDefaults(group, kind, object),
    prepareForCreate: (object) => prepareForCreate(group, kind, object, hasStatus),
    prepareForUpdate: (object, old, subresource) => prepareForUpdate(group, kind, object, old, subresource, hasStatus),
    validateCreate: (object) => validateCreate(group, kind, object),
    validateUpdate: (object, old, subresource) => validateUpdate(group, kind, object, old, subresource),
    selectableFields: (object) => selectableFields(group, kind, object),
  };
}

/** Every built-in resource, in the order of discovery. */
export const resourceTable: readonly ResourceDefinition[] = (generated as unknown as readonly ResourceFacts[]).map(defineResource);

/** The key of an object in etcd. */
export function storageKey(resource: ResourceDefinition, namespace: string, name: string): string {
  return resource.namespaced ? `${resource.storagePrefix}/${namespace}/${name}` : `${resource.storagePrefix}/${name}`;
}

/** A metav1.Table of objects. */
export function toTable(
  resource: ResourceDefinition,
  objects: readonly KubeObject[],
  options: { readonly now: number; readonly includeObject: string; readonly metadata: Json; readonly withColumns: boolean },
): Json {
  const rowObject = (object: KubeObject): unknown => {
    if (options.includeObject === 'Object') return object;
    if (options.includeObject === 'None') return undefined;
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
  };
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.withColumns ? resource.columns.map((column) => ({ ...column, description: '' })) : null,
    rows: inRowOrder(resource.kind, objects).map((object) => ({ cells: resource.cells(object, options.now), object: rowObject(object) })),
  } as unknown as Json;
}
