import { isObject } from '#base/json.ts';

/** Order of fields on the wire: that of the Go types. What is not named stands between `spec` and `status`. */
const first = ['kind', 'apiVersion', 'metadata', 'spec'];
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];
const managedOrder = ['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource'];

function ordered(
  value: Readonly<Record<string, unknown>>,
  order: readonly string[],
  last: readonly string[] = [],
): Record<string, unknown> {
  const named = order.filter((key) => value[key] !== undefined);
  const rest = Object.keys(value).filter((key) => !order.includes(key) && !last.includes(key));
  return Object.fromEntries([...named, ...rest, ...last.filter((key) => value[key] !== undefined)].map((key) => [key, value[key]]));
}

/** Maps with their keys in order, as Go writes them. */
function sorted(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** An object with its fields in the order in which the API server writes them. */
function onWire(value: unknown, inList: boolean): unknown {
  if (!isObject(value) || !isObject(value['metadata'])) return value;
  const metadata = ordered(value['metadata'], metadataOrder);
  for (const key of ['labels', 'annotations']) if (metadata[key] !== undefined) metadata[key] = sorted(metadata[key]);
  if (Array.isArray(metadata['managedFields']))
    metadata['managedFields'] = (metadata['managedFields'] as readonly unknown[]).map((entry) =>
      isObject(entry) ? ordered({ ...entry, fieldsV1: sorted(entry['fieldsV1']) }, managedOrder) : entry,
    );
  const fields = ordered({ ...value, metadata }, first, ['status']);
  for (const key of ['data', 'binaryData']) if (fields[key] !== undefined) fields[key] = sorted(fields[key]);
  if (Array.isArray(fields['items'])) fields['items'] = (fields['items'] as readonly unknown[]).map((item) => onWire(item, true));
  if (!inList) return fields;
  const { kind: _kind, apiVersion: _apiVersion, ...others } = fields;
  return others;
}

/** An answer as text: `/version` is the one that the server indents. */
export function rawJson(path: string, body: unknown): string {
  return path === '/version' ? JSON.stringify(body, null, 2) : `${JSON.stringify(onWire(body, false))}\n`;
}
