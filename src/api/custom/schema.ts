import { isObject } from '#base/json.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { schemaFor, type Schema, type StructSchema } from '../schema/index.ts';

/** The schema of `metadata`, which every kind has in common. */
export const metadataSchema = schemaFor({ group: '', version: 'v1', kind: 'Pod' })!.field('metadata') as StructSchema;

/** The schema of the items of a list; undefined where none is given. */
export function itemsOf(props: JSONSchemaProps): JSONSchemaProps | undefined {
  return isObject(props.items) ? (props.items as JSONSchemaProps) : undefined;
}

/** The schema of the values of a map; undefined where there is none or it is only `true`. */
export function valuesOf(props: JSONSchemaProps): JSONSchemaProps | undefined {
  return isObject(props.additionalProperties) ? (props.additionalProperties as JSONSchemaProps) : undefined;
}

export const preservesUnknown = (props: JSONSchemaProps | undefined): boolean => props?.['x-kubernetes-preserve-unknown-fields'] === true;

/**
 * How fields of a custom resource are owned and merged, from its structural schema (the type converter that
 * customresource_handler.go makes of it; kube-openapi/pkg/schemaconv).
 */
export function ownershipSchema(kind: string, props: JSONSchemaProps | undefined): StructSchema {
  return structOf(kind, props ?? {}, { metadata: metadataSchema, apiVersion: { type: 'string' }, kind: { type: 'string' } });
}

function structOf(name: string, props: JSONSchemaProps, own: Readonly<Record<string, Schema>>): StructSchema {
  const properties = props.properties ?? {};
  const known = new Map<string, Schema>(Object.entries(own));
  return {
    type: 'struct',
    name,
    atomic: props['x-kubernetes-map-type'] === 'atomic',
    required: props.required ?? [],
    fields: [...new Set([...Object.keys(own), ...Object.keys(properties)])],
    present: () => false,
    field(key) {
      let found = known.get(key);
      const inner = properties[key];
      if (found === undefined && inner !== undefined) known.set(key, (found = convert(key, inner)));
      return found ?? (preservesUnknown(props) ? { type: 'deduced' } : undefined);
    },
  };
}

function convert(name: string, props: JSONSchemaProps): Schema {
  if (props['x-kubernetes-int-or-string'] === true) return { type: 'any' };
  switch (props.type) {
    case 'object': {
      const values = valuesOf(props);
      if (props['x-kubernetes-embedded-resource'] === true) return structOf(name, props, { metadata: metadataSchema });
      if (values !== undefined) return { type: 'map', atomic: props['x-kubernetes-map-type'] === 'atomic', values: convert(name, values) };
      if (props.properties === undefined && preservesUnknown(props)) return { type: 'deduced' };
      return structOf(name, props, {});
    }
    case 'array':
      return {
        type: 'list',
        items: convert(name, itemsOf(props) ?? {}),
        list: listType(props),
        keys: props['x-kubernetes-list-map-keys'] ?? [],
        mergeKey: undefined,
        retainKeys: false,
      };
    default:
      return { type: preservesUnknown(props) ? 'deduced' : 'any' };
  }
}

function listType(props: JSONSchemaProps): 'atomic' | 'map' | 'set' {
  const type = props['x-kubernetes-list-type'];
  return type === 'map' || type === 'set' ? type : 'atomic';
}
