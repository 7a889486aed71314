#!/usr/bin/env node
// Writes src/api/schema/schema.generated.json (the shape of every type, without prose) and
// src/api/resources/resources.generated.json (every resource of the discovery documents, with its columns).
// usage: node scripts/generate-schema.mjs API_DIR   (with openapi-v3/, discovery/, tables/)
import fs from 'node:fs';
import path from 'node:path';

const [dir] = process.argv.slice(2);
if (!dir) {
  console.error('usage: node scripts/generate-schema.mjs API_DIR');
  process.exit(2);
}
const read = (file) => JSON.parse(fs.readFileSync(path.join(dir, file), 'utf8'));
const schemas = {};
for (const file of fs.readdirSync(path.join(dir, 'openapi-v3')).sort()) {
  if (/^(api_v1|apis_.*_v\d\w*)\.json$/.test(file)) Object.assign(schemas, read(`openapi-v3/${file}`).components?.schemas ?? {});
}
// Short names: the last part, and more of the full name where that is not enough.
const short = {};
for (const full of Object.keys(schemas).sort()) {
  const parts = full.split('.');
  let length = 1;
  while (Object.values(short).includes(parts.slice(-length).join('.'))) length++;
  short[full] = parts.slice(-length).join('.');
}
const scalars = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
};
// A type is 'string' … | '#Ref' | {list: T, type?, keys?, merge?} | {map: T} | {of: '#Ref', atomic: true}
const typeOf = (schema) => {
  if (!schema) return 'any';
  const inner = schema.allOf?.length === 1 ? schema.allOf[0] : schema;
  if (inner.$ref) {
    const full = inner.$ref.replace('#/components/schemas/', '');
    const target = scalars[full] ?? (schemas[full]?.properties ? `#${short[full]}` : plain(schemas[full]));
    // A field says for itself whether it is owned as a whole, whatever its type says.
    const how = target.startsWith?.('#') ? schema['x-kubernetes-map-type'] : undefined;
    return how === undefined ? target : { of: target, atomic: how === 'atomic' };
  }
  if (schema.type === 'array') {
    const list = { list: typeOf(schema.items) };
    if (schema['x-kubernetes-list-type'] && schema['x-kubernetes-list-type'] !== 'atomic') list.type = schema['x-kubernetes-list-type'];
    if (schema['x-kubernetes-list-map-keys']) list.keys = schema['x-kubernetes-list-map-keys'];
    if (/merge/.test(schema['x-kubernetes-patch-strategy'] ?? '')) list.merge = schema['x-kubernetes-patch-merge-key'] ?? '';
    if (/retainKeys/.test(schema['x-kubernetes-patch-strategy'] ?? '')) list.retainKeys = true;
    return list;
  }
  if (schema.type === 'object' && schema.additionalProperties) {
    return schema['x-kubernetes-map-type'] === 'atomic'
      ? { map: typeOf(schema.additionalProperties), atomic: true }
      : { map: typeOf(schema.additionalProperties) };
  }
  return plain(schema);
};
const plain = (schema) => {
  if (schema?.type === 'integer') return schema.format === 'int64' ? 'int64' : 'int32';
  if (schema?.type === 'string') return schema.format === 'byte' ? 'bytes' : 'string';
  return schema?.type === 'number' || schema?.type === 'boolean' ? schema.type : 'any';
};
// Required fields that Go leaves out when they are empty all the same.
const omitted = new Set(['ValidatingAdmissionPolicyBindingSpec.policyName', 'ValidatingAdmissionPolicyBindingSpec.validationActions']);
// Pointers that Go writes as null all the same.
const nulls = new Set(['TokenRequestSpec.boundObjectRef']);
const types = {};
const kinds = {};
for (const [full, schema] of Object.entries(schemas)) {
  if (!schema.properties) continue;
  const type = { fields: Object.fromEntries(Object.entries(schema.properties).map(([name, sub]) => [name, typeOf(sub)])) };
  if (schema.required) type.required = schema.required;
  if (schema['x-kubernetes-map-type'] === 'atomic') type.atomic = true;
  // Go structs that are no pointers are there even when nothing was said of them.
  const isStruct = (sub) => sub.$ref || sub.allOf;
  const present = Object.entries(schema.properties).flatMap(([name, sub]) =>
    (nulls.has(`${short[full]}.${name}`) || JSON.stringify(sub.default) === '{}' || (schema.required?.includes(name) && !isStruct(sub))) &&
    !omitted.has(`${short[full]}.${name}`)
      ? [name]
      : [],
  );
  if (present.length > 0) type.present = present;
  types[short[full]] = type;
  for (const gvk of schema['x-kubernetes-group-version-kind'] ?? []) {
    if (!/(List|Options|WatchEvent|Status)$/.test(gvk.kind) || gvk.kind === 'Status')
      kinds[`${gvk.group}/${gvk.version}/${gvk.kind}`] ??= short[full];
  }
}
const columns = Object.fromEntries(
  fs
    .readFileSync(path.join(dir, 'tables/columns.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((table) => [table.path, table.columns]),
);
const resources = [];
for (const file of ['discovery/api.aggregated.json', 'discovery/apis.aggregated.json']) {
  for (const group of read(file).items) {
    for (const version of group.versions) {
      for (const item of version.resources) {
        const name = group.metadata.name ?? '';
        const root = name === '' ? `/api/${version.version}` : `/apis/${name}/${version.version}`;
        resources.push({
          group: name,
          version: version.version,
          kind: item.responseKind.kind,
          plural: item.resource,
          singular: item.singularResource,
          shortNames: item.shortNames ?? [],
          categories: item.categories ?? [],
          namespaced: item.scope === 'Namespaced',
          verbs: item.verbs,
          subresources: (item.subresources ?? []).map((sub) => ({
            name: sub.subresource,
            kind: sub.responseKind,
            verbs: sub.verbs,
            ...(sub.acceptedTypes ? { accepted: sub.acceptedTypes } : {}),
          })),
          columns: columns[`${root}/${item.resource}`] ?? [],
        });
      }
    }
  }
}
const write = (file, value) => fs.writeFileSync(new URL(`../src/api/${file}`, import.meta.url), `${JSON.stringify(value)}\n`);
write('schema/schema.generated.json', { types, kinds });
write('resources/resources.generated.json', resources);
