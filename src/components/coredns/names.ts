import type { KubeObject } from '#api/object.ts';
import type { EndpointSlice, Service } from '#api/types.generated.ts';

/** What the names of a cluster are made from. */
export interface Zone {
  readonly domain: string;
  /** By `namespace/name`. */
  readonly service: (key: string) => KubeObject | undefined;
  readonly slices: (key: string) => readonly KubeObject[];
}

/**
 * The addresses behind a full name; undefined where the name does not exist. Services, endpoints of headless services by
 * their host name, and pods by their address (coredns plugin/kubernetes, the specification "DNS for Services and Pods").
 */
export function lookUp(zone: Zone, name: string): readonly string[] | undefined {
  const labels = name.replace(/\.$/, '').toLowerCase().split('.');
  const domain = zone.domain.split('.');
  if (labels.slice(-domain.length).join('.') !== zone.domain) return undefined;
  const own = labels.slice(0, -domain.length);
  const kind = own.at(-1);
  const namespace = own.at(-2) ?? '';
  const rest = own.slice(0, -2);
  if (kind === 'pod' && rest.length === 1) return podAddress(rest[0]!);
  if (kind !== 'svc' || rest.length === 0 || rest.length > 2) return undefined;
  const key = `${namespace}/${rest.at(-1)!}`;
  const found = zone.service(key);
  if (found === undefined) return undefined;
  const { spec } = found as unknown as Service;
  if (rest.length === 1 && spec?.clusterIP !== undefined && spec.clusterIP !== 'None' && spec.clusterIP !== '') return [spec.clusterIP];
  if (spec?.type === 'ExternalName') return [];
  return endpointAddresses(zone.slices(key), rest.length === 2 ? rest[0]! : undefined, spec?.publishNotReadyAddresses === true);
}

function podAddress(label: string): readonly string[] | undefined {
  return /^\d+-\d+-\d+-\d+$/.test(label) ? [label.replaceAll('-', '.')] : undefined;
}

function endpointAddresses(slices: readonly KubeObject[], hostname: string | undefined, unready: boolean): readonly string[] | undefined {
  const found = slices.flatMap((object) =>
    ((object as unknown as EndpointSlice).endpoints ?? [])
      .filter((item) => unready || item.conditions?.ready !== false)
      .filter((item) => hostname === undefined || hostname === item.hostname || item.addresses?.[0]?.replaceAll('.', '-') === hostname)
      .flatMap((item) => item.addresses ?? []),
  );
  return found.length === 0 ? undefined : found;
}
