import { hash32 } from '#base/random.ts';
import { metadataSchema } from './custom/schema.ts';
import type { JSONSchemaProps } from './types.generated.ts';
import { schemaFor, type Schema, type StructSchema } from './schema/index.ts';
import type { ResourceDefinition } from './resources/index.ts';
import { kubernetesVersion } from './version.ts';

/**
 * The OpenAPI v3 documents, made from the resource table and the schemas: what clients look up to know which fields there
 * are and that the server checks them (kube-openapi/pkg/handler3). Without prose.
 */

interface Document {
  readonly content: object;
  readonly hash: string;
}

const documents = new WeakMap<readonly ResourceDefinition[], ReadonlyMap<string, Document>>();

const rootOf = ({ group, version }: ResourceDefinition): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);

/** `GET /openapi/v3`: one address for each group version; its hash follows the content. */
export function openApiIndex(resources: readonly ResourceDefinition[]): object {
  const entries = [...all(resources)].map(([root, { hash }]) => [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }]);
  return { paths: Object.fromEntries(entries) as object };
}

/** `GET /openapi/v3/apis/apps/v1`; undefined where there is no such group version. @param root `api/v1`, `apis/apps/v1` */
export function openApiDocument(root: string, resources: readonly ResourceDefinition[]): object | undefined {
  return all(resources).get(root)?.content;
}

/** `GET /openapi/v2`, in the one form that kubectl asks for: a protobuf document that names no path. Latin-1 text of its bytes. */
export const openApiV2 = '\n\u00032.0\u0012\u0015\n\nKubernetes\u0012\u0007v1.36.3B\u0000J\u0000';

function all(resources: readonly ResourceDefinition[]): ReadonlyMap<string, Document> {
  let known = documents.get(resources);
  if (known === undefined) {
    const byRoot = new Map<string, ResourceDefinition[]>();
    for (const resource of resources) byRoot.set(rootOf(resource), [...(byRoot.get(rootOf(resource)) ?? []), resource]);
    known = new Map([...byRoot].map(([root, group]) => [root, documentFor(group)]));
    documents.set(resources, known);
  }
  return known;
}

/** Documents of groups that are built in stay the same whatever else a server has. */
const builtIn = new WeakMap<ResourceDefinition, Document>();

function documentFor(resources: readonly ResourceDefinition[]): Document {
  const known = builtIn.get(resources[0]!);
  if (known !== undefined) return known;
  const content = documentOf(resources);
  const document = { content, hash: hash32(JSON.stringify(content)).toString(16).toUpperCase().padStart(8, '0') };
  if (resources.every((resource) => resource.openApi === undefined)) builtIn.set(resources[0]!, document);
  return document;
}

function documentOf(resources: readonly ResourceDefinition[]): object {
  const schemas: Record<string, object> = {};
  const paths: Record<string, object> = {};
  for (const resource of resources) {
    const { group, version, kind } = resource;
    const base = `/${rootOf(resource)}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}`;
    const gvk = { 'x-kubernetes-group-version-kind': { group, version, kind } };
    const checked = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));
    paths[base] = { get: gvk, ...(resource.verbs.includes('create') ? { post: { ...gvk, parameters: checked } } : {}) };
    if (resource.verbs.includes('get'))
      paths[`${base}/{name}`] = { get: gvk, ...(resource.verbs.includes('patch') ? { patch: { ...gvk, parameters: checked } } : {}) };
    const schema = schemaFor(resource);
    const named = resource.openApi === undefined ? schema && define(schema, schemas) : defineCustom(resource, resource.openApi, schemas);
    if (named === undefined) continue;
    schemas[named] = { ...schemas[named], 'x-kubernetes-group-version-kind': [{ group, kind, version }] };
  }
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: kubernetesVersion }, paths, components: { schemas } };
}

/** The name of a custom resource's schema: `com.example.sky.v1.Planet` (apiextensions-apiserver, controller/openapi/builder). */
function defineCustom({ group, version, kind }: ResourceDefinition, schema: JSONSchemaProps, schemas: Record<string, object>): string {
  const name = [...group.split('.').reverse(), version, kind].join('.');
  const own = {
    apiVersion: { type: 'string', description: 'The group and version of the schema that this object follows.' },
    kind: { type: 'string', description: 'The kind of this object.' },
    metadata: {
      allOf: [{ $ref: `#/components/schemas/${define(metadataSchema, schemas)}` }],
      description: 'Name, labels and everything else that all objects have.',
    },
  };
  schemas[name] = { ...schema, properties: { ...schema.properties, ...own } };
  return name;
}

/** Adds a struct and all that it refers to. */
function define(schema: StructSchema, schemas: Record<string, object>): string {
  if (schemas[schema.name] === undefined) {
    const properties: Record<string, object> = {};
    schemas[schema.name] = { type: 'object', properties, ...(schema.required.length > 0 ? { required: schema.required } : {}) };
    for (const name of schema.fields) properties[name] = describe(schema.field(name)!, schemas);
  }
  return schema.name;
}

const scalars: Readonly<Record<string, object>> = {
  any: { type: 'object' },
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  quantity: { type: 'string' },
  'int-or-string': { type: 'string', format: 'int-or-string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
};

function describe(schema: Schema, schemas: Record<string, object>): object {
  switch (schema.type) {
    case 'struct':
      return { allOf: [{ $ref: `#/components/schemas/${define(schema, schemas)}` }] };
    case 'map':
      return { type: 'object', additionalProperties: describe(schema.values, schemas) };
    case 'list':
      return {
        type: 'array',
        items: describe(schema.items, schemas),
        'x-kubernetes-list-type': schema.list,
        ...(schema.keys.length > 0 ? { 'x-kubernetes-list-map-keys': schema.keys } : {}),
        ...(schema.mergeKey === undefined
          ? {}
          : {
              'x-kubernetes-patch-strategy': 'merge',
              ...(schema.mergeKey === '' ? {} : { 'x-kubernetes-patch-merge-key': schema.mergeKey }),
            }),
      };
    default:
      return scalars[schema.type]!;
  }
}
