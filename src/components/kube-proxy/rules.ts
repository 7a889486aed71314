import type { KubeObject } from '#api/object.ts';
import type { EndpointSlice, Node, Service, ServicePort } from '#api/types.generated.ts';
import type { EndpointRule, PacketRules, RouteRule, ServiceRule } from '#protocol/net.ts';

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** What a kube-proxy watches. */
export interface Watched {
  readonly services: readonly KubeObject[];
  readonly slices: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
}

const serviceLabel = 'kubernetes.io/service-name';

/**
 * The rules for everything that is watched, in the order of names: pure, so that the same objects lead to the same rules
 * (pkg/proxy/iptables/proxier.go, syncProxyRules). `node` is the one that the rules are for.
 */
export function packetRules({ services, slices, nodes }: Watched, node: string): PacketRules {
  const bySlice = new Map<string, EndpointSlice[]>();
  for (const object of slices) {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.labels?.[serviceLabel] ?? ''}`;
    const known = bySlice.get(key);
    if (known === undefined) bySlice.set(key, [object as unknown as EndpointSlice]);
    else known.push(object as unknown as EndpointSlice);
  }
  const rules = services.flatMap((object) =>
    rulesOf(object, bySlice.get(`${object.metadata.namespace ?? ''}/${object.metadata.name}`) ?? [], node),
  );
  return { services: rules, routes: nodes.flatMap(routesOf) };
}

function rulesOf(object: KubeObject, slices: readonly EndpointSlice[], node: string): readonly ServiceRule[] {
  const { spec, status } = object as unknown as Service;
  const { clusterIP = '' } = spec ?? {};
  if (clusterIP === '' || clusterIP === 'None' || spec?.type === 'ExternalName') return [];
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap((item) => (item.ip === undefined ? [] : [item.ip]));
  const addresses = [clusterIP, ...(spec?.externalIPs ?? []), ...balancers];
  const local = spec?.internalTrafficPolicy === 'Local';
  return (spec?.ports ?? []).map((port) => {
    const endpoints = endpointsOf(slices, port);
    return {
      name: `${object.metadata.namespace ?? ''}/${object.metadata.name}${port.name === undefined || port.name === '' ? '' : `:${port.name}`}`,
      protocol: port.protocol ?? 'TCP',
      addresses,
      port: port.port,
      nodePort: port.nodePort ?? 0,
      sticky: spec?.sessionAffinity === 'ClientIP',
      endpoints: local ? endpoints.filter((item) => item.node === node) : endpoints,
    };
  });
}

/**
 * The endpoints of a port that may be used: those that are ready, or, where there is none, those that still serve while
 * they end (pkg/proxy/topology.go, CategorizeEndpoints).
 */
function endpointsOf(slices: readonly EndpointSlice[], port: ServicePort): readonly EndpointRule[] {
  const all = slices.flatMap((slice) => {
    const number = slice.ports?.find((item) => (item.name ?? '') === (port.name ?? ''))?.port;
    return number === undefined ? [] : (slice.endpoints ?? []).map((endpoint): readonly [Endpoint, number] => [endpoint, number]);
  });
  const ready = all.filter(([{ conditions }]) => conditions?.ready !== false);
  const usable =
    ready.length > 0 ? ready : all.filter(([{ conditions }]) => conditions?.serving === true && conditions.terminating === true);
  return usable.flatMap(([{ addresses, nodeName = '' }, number]) => (addresses ?? []).map((ip) => ({ ip, port: number, node: nodeName })));
}

/** The pod network of a node is reached through it, as its own address is. */
function routesOf(object: KubeObject): readonly RouteRule[] {
  const { spec, status } = object as unknown as Node;
  const { name } = object.metadata;
  const range = /^(\d+\.\d+\.\d+\.)0\/24$/.exec(spec?.podCIDR ?? '');
  const own = (status?.addresses ?? []).filter((item) => item.type === 'InternalIP').map((item) => ({ prefix: item.address, node: name }));
  return range === null ? own : [{ prefix: range[1]!, node: name }, ...own];
}

/** The rules as `iptables-save` would show them, in short. */
export function describeRules({ services }: PacketRules): readonly (readonly string[])[] {
  return services.map((rule) => [
    rule.name,
    `${rule.addresses[0] ?? ''}:${rule.port}/${rule.protocol}`,
    rule.nodePort === 0 ? '' : String(rule.nodePort),
    rule.endpoints.length === 0 ? 'REJECT' : rule.endpoints.map((item) => `${item.ip}:${item.port}`).join(', '),
  ]);
}
