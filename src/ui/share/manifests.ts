import { parseAllDocuments, stringify } from 'yaml';

/** An object of a manifest, as far as it is read here. */
interface Given {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly items?: unknown;
  readonly [field: string]: unknown;
}

/** Why an object of a dump is left out: others make it by themselves, or it belongs to the machines of the other cluster. */
export type LeftOut = 'owned' | 'machine' | 'made';

export interface Manifests {
  /** What is to be applied: documents of YAML. */
  readonly text: string;
  readonly objects: readonly string[];
  readonly leftOut: readonly { readonly name: string; readonly why: LeftOut }[];
}

/** What a server writes into metadata; a client does not send it. */
const serverOwned = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'ownerReferences',
  'deletionTimestamp',
];
/** What describes the other cluster's machines, or is only said about other objects. */
const ofMachines = new Set(['Node', 'Lease', 'Event', 'Endpoints', 'EndpointSlice', 'ComponentStatus', 'CSINode', 'PersistentVolume']);
/** Objects that every namespace gets without being asked. */
const made: Readonly<Record<string, string>> = { ConfigMap: 'kube-root-ca.crt', ServiceAccount: 'default' };
/** These have to be there before others. */
const first = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'Role', 'ClusterRole'];

const isGiven = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value);
const nameOf = ({ kind, metadata }: Given): string =>
  `${String(kind)} ${metadata?.['namespace'] === undefined ? '' : `${String(metadata['namespace'])}/`}${String(metadata?.['name'])}`;

function whyLeftOut({ kind, metadata }: Given): LeftOut | undefined {
  const owners = metadata?.['ownerReferences'];
  if (Array.isArray(owners) && owners.length > 0) return 'owned';
  if (ofMachines.has(String(kind))) return 'machine';
  if (made[String(kind)] === metadata?.['name'] && metadata?.['name'] !== undefined) return 'made';
  const isServer = kind === 'Service' && metadata?.['name'] === 'kubernetes' && (metadata['namespace'] ?? 'default') === 'default';
  return isServer ? 'made' : undefined;
}

const without = (value: Readonly<Record<string, unknown>>, names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** What a server has given to the object in its own cluster, by kind: addresses, nodes, volumes. */
const given: Readonly<Record<string, readonly string[]>> = {
  Service: ['clusterIP', 'clusterIPs', 'healthCheckNodePort'],
  Pod: ['nodeName'],
  PersistentVolumeClaim: ['volumeName'],
};

/** An object as a user would write it. */
function asWritten(object: Given): Given {
  const { status: _, metadata = {}, spec, ...rest } = object;
  const fields = isGiven(spec) ? without(spec, given[String(object.kind)] ?? []) : spec;
  return { ...rest, metadata: without(metadata, serverOwned), ...(fields === undefined ? {} : { spec: fields }) };
}

/**
 * Reads manifests, or what `kubectl get -o yaml` printed of another cluster, as something that a user can apply here: without
 * status and what servers write, without what controllers make again, namespaces first. Undefined where it is neither.
 */
export function readManifests(text: string): Manifests | undefined {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
  const values = documents.map((document) => document.toJS({ maxAliasCount: 100 }) as unknown).filter((value) => value !== null);
  const all = values.flatMap((value) => (isGiven(value) && Array.isArray(value.items) ? (value.items as readonly unknown[]) : [value]));
  if (all.length === 0 || !all.every((item) => isGiven(item) && typeof item.kind === 'string' && isGiven(item.metadata))) return undefined;
  const objects = all as readonly Given[];
  const leftOut = objects.flatMap((object) => {
    const why = whyLeftOut(object);
    return why === undefined ? [] : [{ name: nameOf(object), why }];
  });
  const rank = ({ kind }: Given): number => (first.indexOf(String(kind)) + first.length + 1) % (first.length + 1);
  const kept = withNamespaces(objects.filter((object) => whyLeftOut(object) === undefined)).sort((a, b) => rank(a) - rank(b));
  const documentsOut = kept.map((object) => stringify(asWritten(object), { lineWidth: 0, aliasDuplicateObjects: false }));
  return { text: documentsOut.join('---\n'), objects: kept.map(nameOf), leftOut };
}

const initial = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

/** A dump of a namespace's objects does not hold the namespace itself. */
function withNamespaces(objects: readonly Given[]): Given[] {
  const there = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata?.['name']));
  const needed = new Set(objects.map(({ metadata }) => metadata?.['namespace']).filter((name) => typeof name === 'string'));
  const missing = [...needed].filter((name) => !there.has(name) && !initial.has(name));
  return [...missing.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })), ...objects];
}
