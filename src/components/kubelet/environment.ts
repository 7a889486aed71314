import { decodeBase64 } from '#base/base64.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import type { Container, EnvVar, Pod, ResourceFieldSelector, Service } from '#api/types.generated.ts';
import { asPod, specOf } from './containers.ts';

/** A ConfigMap or Secret as a kubelet has it: not known yet, known not to exist, or its data as text. */
export type Found = 'unknown' | 'missing' | Readonly<Record<string, string>>;
export type ReferencedKind = 'configmaps' | 'secrets';
export type FindObject = (kind: ReferencedKind, name: string) => Found;

/** What a container's environment is made from. */
export interface Surroundings {
  readonly pod: KubeObject;
  readonly podIp: string;
  readonly hostIp: string;
  readonly find: FindObject;
  readonly services: readonly KubeObject[];
  /** What the node has to give: `resourceFieldRef` of a container without a limit. */
  readonly allocatable: Readonly<Record<string, string>>;
}

const words: Readonly<Record<ReferencedKind, { readonly noun: string; readonly kind: string }>> = {
  configmaps: { noun: 'configmap', kind: 'ConfigMap' },
  secrets: { noun: 'secret', kind: 'Secret' },
};

/** Thrown while an environment or a volume is put together: text is the upstream's. */
export class ConfigError extends Error {}

/** The texts of a ConfigMap or Secret. */
export function dataOf(kind: ReferencedKind, object: KubeObject): Readonly<Record<string, string>> {
  const data = (object['data'] ?? {}) as Readonly<Record<string, string>>;
  if (kind === 'configmaps') return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(value)]));
}

/** Looks an object up. Throws ConfigError where it is needed and not there. */
export function need(
  find: FindObject,
  kind: ReferencedKind,
  name: string,
  optional: boolean,
): Readonly<Record<string, string>> | undefined {
  const found = find(kind, name);
  if (typeof found === 'object') return found;
  if (found === 'missing' && optional) return undefined;
  if (found === 'missing') throw new ConfigError(`${words[kind].noun} "${name}" not found`);
  throw new ConfigError(`failed to sync ${words[kind].noun} cache: timed out waiting for the condition`);
}

/** pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables). Throws ConfigError. */
export function environmentOf(around: Surroundings, name: string): readonly (readonly [string, string])[] {
  const spec = specOf(around.pod, name);
  const result = new Map<string, string>();
  for (const source of spec.envFrom ?? []) {
    const [kind, reference] =
      source.configMapRef === undefined ? (['secrets', source.secretRef] as const) : (['configmaps', source.configMapRef] as const);
    const data = need(around.find, kind, reference?.name ?? '', reference?.optional === true) ?? {};
    for (const key of Object.keys(data).sort()) result.set(`${source.prefix ?? ''}${key}`, data[key]!);
  }
  const services = serviceVariables(around);
  for (const item of spec.env ?? []) {
    const value = item.valueFrom === undefined ? expand(item.value ?? '', result, services) : valueOf(around, spec, item);
    if (value !== undefined) result.set(item.name, value);
  }
  for (const [key, value] of services) if (!result.has(key)) result.set(key, value);
  return [...result];
}

/** `$(NAME)` of what was set before; `$$(NAME)` stands for itself (third_party/forked/golang/expansion). */
function expand(text: string, known: ReadonlyMap<string, string>, services: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known.get(name) ?? services.get(name) ?? whole),
  );
}

function valueOf(around: Surroundings, spec: Container, item: EnvVar): string | undefined {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = item.valueFrom!;
  if (fieldRef !== undefined) return fieldText(around, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) return resourceText(around, resourceFieldRef, spec);
  const [kind, reference] =
    configMapKeyRef === undefined ? (['secrets', secretKeyRef] as const) : (['configmaps', configMapKeyRef] as const);
  if (reference === undefined) return undefined;
  const { name = '', key, optional = false } = reference;
  const data = need(around.find, kind, name, optional);
  const value = data?.[key];
  if (value === undefined && !optional)
    throw new ConfigError(`couldn't find key ${key} in ${words[kind].kind} ${around.pod.metadata.namespace ?? ''}/${name}`);
  return value;
}

/** A field of the pod as text (pkg/fieldpath). Throws ConfigError for a path that names none. */
export function fieldText({ pod, podIp, hostIp }: Surroundings, path: string): string {
  const { metadata } = pod;
  const { spec } = asPod(pod);
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript !== null) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': formatMap(metadata.labels),
    'metadata.annotations': formatMap(metadata.annotations),
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.hostIP': hostIp,
    'status.hostIPs': hostIp,
    'status.podIP': podIp,
    'status.podIPs': podIp,
  };
  if (!(path in fields)) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return fields[path] ?? '';
}

const formatMap = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');

/** A request or limit of a container, in whole units of the divisor (pkg/api/v1/resource.ExtractContainerResourceValue). */
export function resourceText({ pod, allocatable }: Surroundings, selector: ResourceFieldSelector, own?: Container): string {
  const spec = selector.containerName === undefined || selector.containerName === '' ? own : specOf(pod, selector.containerName);
  const [which = 'limits', ...rest] = selector.resource.split('.');
  const resource = rest.join('.');
  const amount = spec?.resources?.[which as 'limits' | 'requests']?.[resource] ?? (which === 'limits' ? allocatable[resource] : undefined);
  const divisor = parseQuantity(selector.divisor ?? '1') || 1;
  return String(Math.ceil(parseQuantity(amount ?? '0') / divisor));
}

/** `WEB_SERVICE_HOST` and the like, in the style of Docker links (pkg/kubelet/envvars). */
function serviceVariables({ pod, services }: Surroundings): ReadonlyMap<string, string> {
  const links = asPod(pod).spec?.enableServiceLinks !== false;
  const result = new Map<string, string>();
  for (const object of services) {
    const { name, namespace } = object.metadata;
    const master = name === 'kubernetes' && namespace === 'default';
    if (!master && (!links || namespace !== pod.metadata.namespace)) continue;
    for (const [key, value] of linksOf(object as unknown as Service, name)) result.set(key, value);
  }
  return result;
}

function linksOf(service: Service, name: string): readonly (readonly [string, string])[] {
  const { clusterIP: ip = '', ports = [] } = service.spec ?? {};
  const [first] = ports;
  if (ip === '' || ip === 'None' || first === undefined) return [];
  const prefix = name.toUpperCase().replaceAll('-', '_');
  const urlOf = (port: (typeof ports)[number]): string => `${(port.protocol ?? 'TCP').toLowerCase()}://${ip}:${port.port}`;
  const result: (readonly [string, string])[] = [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ];
  for (const port of ports)
    if (port.name !== undefined && port.name !== '')
      result.push([`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port)]);
  result.push([`${prefix}_PORT`, urlOf(first)]);
  for (const port of ports) {
    const protocol = port.protocol ?? 'TCP';
    const key = `${prefix}_PORT_${port.port}_${protocol}`;
    result.push([key, urlOf(port)], [`${key}_PROTO`, protocol.toLowerCase()], [`${key}_PORT`, String(port.port)], [`${key}_ADDR`, ip]);
  }
  return result;
}

/** The ConfigMaps and Secrets that a pod names, in environments and volumes. */
export function referencesOf(object: KubeObject): readonly (readonly [kind: ReferencedKind, name: string])[] {
  const { spec } = object as unknown as Pod;
  const found = new Map<string, readonly [ReferencedKind, string]>();
  const add = (kind: ReferencedKind, name: string | undefined): void => {
    if (name !== undefined && name !== '') found.set(`${kind}/${name}`, [kind, name]);
  };
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    for (const source of container.envFrom ?? []) {
      add('configmaps', source.configMapRef?.name);
      add('secrets', source.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add('configmaps', valueFrom?.configMapKeyRef?.name);
      add('secrets', valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of asPod(object).spec?.volumes ?? []) {
    add('configmaps', volume.configMap?.name);
    add('secrets', volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add('configmaps', source.configMap?.name);
      add('secrets', source.secret?.name);
    }
  }
  return [...found.values()];
}
