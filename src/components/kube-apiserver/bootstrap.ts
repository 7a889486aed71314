import { newUid } from '#api/names.ts';
import type { RandomState } from '#base/random.ts';
import { formatTime, parseApiVersion, type KubeObject } from '#api/object.ts';
import { applyServerSide, updateManagedFields } from '#api/managed-fields/index.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { storageKey } from '#api/resources/index.ts';
import type { Schema } from '#api/schema/index.ts';
import generated from './bootstrap.generated.json' with { type: 'json' };
import type { ApiServerOptions } from './state.ts';

/** A key and its first value. */
export interface BootstrapEntry {
  readonly key: string;
  readonly value: KubeObject;
}

const certificate = '-----BEGIN CERTIFICATE-----\nMIIBorrery\n-----END CERTIFICATE-----\n';

/** What depends on how the server is started: its own Service, and how others can recognise it. */
function own(options: ApiServerOptions, now: number): readonly KubeObject[] {
  const { advertiseAddress, securePort, serviceNetwork } = options;
  const clusterIP = `${serviceNetwork}.1`;
  const port = { name: 'https', port: securePort, protocol: 'TCP' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP,
        internalTrafficPolicy: 'Cluster',
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: securePort }],
        sessionAffinity: 'None',
        type: 'ClusterIP',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [port] }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
      ports: [port],
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: clusterIP,
        labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
      },
      spec: { parentRef: { name: 'kubernetes', namespace: 'default', resource: 'services' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
      data: { 'client-ca-file': certificate },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: formatTime(now).slice(0, 10) },
    },
  ];
}

/** What allocation adds to the server's own Service. */
function finished(object: KubeObject): KubeObject {
  if (object.kind !== 'Service') return object;
  const spec = object['spec'] as { readonly clusterIP: string };
  return { ...object, spec: { ...spec, clusterIPs: [spec.clusterIP], ipFamilies: ['IPv4'] } };
}

/** The first range of service addresses is ready as soon as it is there (pkg/controlplane/controller/defaultservicecidr). */
function madeReady(object: KubeObject, schema: Schema | undefined, time: string): KubeObject {
  if (object.kind !== 'ServiceCIDR') return object;
  const { apiVersion, kind, metadata } = object;
  const condition = { type: 'Ready', status: 'True', message: 'Kubernetes default Service CIDR is ready', lastTransitionTime: time };
  const applied: KubeObject = { apiVersion, kind, metadata: { name: metadata.name }, status: { conditions: [condition] } };
  const merged = { ...object, status: { conditions: [{ ...condition, reason: '' }] } };
  const manager = 'kubernetes-service-cidr-controller';
  const result = applyServerSide({ live: object, applied, schema, manager, force: true, time, subresource: 'status' }, merged);
  return 'object' in result ? result.object : object;
}

/** Everything that a new API server creates by itself (controlplane post-start hooks), in order. */
export function bootstrapEntries(
  options: ApiServerOptions,
  now: number,
  seed: RandomState,
): { readonly entries: readonly BootstrapEntry[]; readonly random: RandomState } {
  const entries: BootstrapEntry[] = [];
  let random = seed;
  for (const raw of [...(generated as unknown as readonly KubeObject[]), ...own(options, now)]) {
    const resource = builtInResources.findByKind({ ...parseApiVersion(raw.apiVersion), kind: raw.kind });
    if (resource === undefined) continue;
    const given = raw['status'];
    // The finalizers of a namespace are the server's doing, whoever creates it.
    const { spec, ...rest } = raw as KubeObject & { readonly spec?: unknown };
    const wanted = resource.applyDefaults(raw.kind === 'Namespace' || spec === undefined ? (rest as KubeObject) : raw);
    const owned = updateManagedFields({
      live: undefined,
      updated: wanted,
      schema: resource.schema,
      apiVersion: resource.apiVersion,
      manager: 'kube-apiserver',
      subresource: '',
      time: formatTime(now),
      reset: resource.hasStatus ? { 'f:status': {} } : undefined,
    });
    const prepared = resource.prepareForCreate(owned);
    const [uid, next] = newUid(random);
    random = next;
    const value = madeReady(
      finished({
        ...prepared,
        ...(given === undefined ? {} : { status: given }),
        metadata: { ...prepared.metadata, uid, creationTimestamp: formatTime(now) },
      }),
      resource.schema,
      formatTime(now),
    );
    entries.push({ key: storageKey(resource, value.metadata.namespace ?? '', value.metadata.name), value });
  }
  return { entries, random };
}
