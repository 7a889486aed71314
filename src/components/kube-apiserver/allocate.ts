import { nextInteger, type RandomState } from '#base/random.ts';
import type { KubeObject, Status } from '#api/object.ts';
import type { Service, ServicePort, ServiceSpec } from '#api/types.generated.ts';
import { internalError, invalidObject } from '#api/resources/status-errors.ts';
import { invalid } from '#api/resources/field-error.ts';
import { needsAddress, needsHealthPort, needsNodePorts } from '#api/resources/services.ts';
import { resourcePath, type ApiCall } from '#machinery/client.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';
import { listCached, type ApiServerState } from './state.ts';
import { isDryRun, type Stored } from './storage.ts';

/**
 * What the server gives to Services (registry/core/service/storage/alloc.go): cluster addresses, each an IPAddress object
 * that the server creates as its own client, so that no two Services get the same; and node ports.
 */
export type Allocated =
  | { readonly object: KubeObject; readonly random: RandomState; readonly taken: readonly string[] }
  /** `taken`: what was allocated before it failed. */
  | { readonly refused: Status; readonly taken: readonly string[] };

const firstNodePort = 30000;
const nodePorts = 2768;
const portRange = `The range of valid ports is ${firstNodePort}-${firstNodePort + nodePorts - 1}`;
/** Addresses below this are left to those who choose their own (ipallocator: the lower band of the range). */
const firstDynamic = 1;
const addresses = { group: 'networking.k8s.io', version: 'v1', plural: 'ipaddresses' };
const specOf = (object: KubeObject): ServiceSpec => (object as unknown as Service).spec ?? {};
export const addressPath = (address = ''): string => resourcePath(addresses, '', address);

/** The addresses that a Service has. */
const addressesOf = (object: KubeObject | undefined): readonly string[] =>
  object === undefined ? [] : (specOf(object).clusterIPs ?? []).filter((address) => address !== 'None' && address !== '');

const claim = (address: string, { metadata }: KubeObject): ApiCall => ({
  method: 'POST',
  path: addressPath(),
  body: {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      name: address,
      labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
    },
    spec: { parentRef: { resource: 'services', namespace: metadata.namespace, name: metadata.name } },
  },
});

type Steps<Result> = Generator<ApiCall, Result, HttpResponse>;
interface Given {
  readonly address: string;
  readonly random: RandomState;
}

const refuse = (object: KubeObject, field: string, value: unknown, detail: string): Status =>
  invalidObject('', 'Service', object.metadata.name, [invalid(field, value, detail)]);
const network = (server: ApiServerState): string => server.options.serviceNetwork.split('.').slice(0, 2).join('.');

/** The address that a Service asks for. */
function* takeAsked(server: ApiServerState, object: KubeObject, address: string, dryRun: boolean): Steps<Status | undefined> {
  const failed = (detail: string): Status => refuse(object, 'spec.clusterIPs', [address], `failed to allocate IP ${address}: ${detail}`);
  if (!address.startsWith(`${network(server)}.`))
    return failed(`the provided IP (${address}) is not in the valid range. The range of valid IPs is ${network(server)}.0.0/16`);
  if (dryRun) return undefined;
  const answer = yield claim(address, object);
  if (answer.status === 409) return failed('provided IP is already allocated');
  return answer.status < 300 ? undefined : internalError(`failed to allocate IP ${address}`);
}

/** Any address that is free: tried until one can be created. */
function* takeAny(server: ApiServerState, object: KubeObject, seed: RandomState, dryRun: boolean): Steps<Given | Status> {
  const known = new Set(listCached(server, '/registry/ipaddresses').map((item) => item.metadata.name));
  let random = seed;
  for (;;) {
    const [third, afterThird] = nextInteger(random, 255 - firstDynamic);
    const [fourth, afterFourth] = nextInteger(afterThird, 254);
    random = afterFourth;
    const address = `${network(server)}.${third + firstDynamic}.${fourth + 1}`;
    if (known.has(address)) continue;
    if (dryRun) return { address, random };
    const answer = yield claim(address, object);
    if (answer.status < 300) return { address, random };
    if (answer.status !== 409) return internalError('failed to allocate a serviceIP');
  }
}

interface Ports {
  readonly ports: readonly ServicePort[];
  readonly healthCheckNodePort: number | undefined;
  readonly random: RandomState;
}

/** Node ports for those that have none; one that is asked for has to be free (txnAllocNodePorts). */
function takePorts(server: ApiServerState, object: KubeObject, old: KubeObject | undefined, seed: RandomState): Ports | Status {
  const spec = specOf(object);
  const others = listCached(server, '/registry/services/specs').filter(
    (item) => item.metadata.uid !== object.metadata.uid,
  ) as unknown as Service[];
  const used = new Set(
    others.flatMap(({ spec: other }) => [...(other?.ports ?? []).map((port) => port.nodePort ?? 0), other?.healthCheckNodePort ?? 0]),
  );
  const before = old === undefined ? [] : (specOf(old).ports ?? []).map((port) => port.nodePort ?? 0);
  let random = seed;
  const any = (): number => {
    for (;;) {
      const [offset, after] = nextInteger(random, nodePorts);
      random = after;
      if (used.has(firstNodePort + offset)) continue;
      used.add(firstNodePort + offset);
      return firstNodePort + offset;
    }
  };
  const ports: ServicePort[] = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const { nodePort = 0 } = port;
    const wrong = (detail: string): Status => refuse(object, `spec.ports[${index}].nodePort`, nodePort, detail);
    if (nodePort !== 0 && (nodePort < firstNodePort || nodePort >= firstNodePort + nodePorts))
      return wrong(`provided port is not in the valid range. ${portRange}`);
    if (nodePort !== 0 && used.has(nodePort) && !before.includes(nodePort)) return wrong('provided port is already allocated');
    ports.push(nodePort === 0 && needsNodePorts(spec) ? { ...port, nodePort: any() } : port);
  }
  const healthCheckNodePort = needsHealthPort(spec) ? (spec.healthCheckNodePort ?? any()) : spec.healthCheckNodePort;
  return { ports, healthCheckNodePort, random };
}

const isStatus = (value: unknown): value is Status => (value as { readonly kind?: unknown }).kind === 'Status';

/** Gives a Service that is new or changes what its type needs. @param old what is stored; undefined for a new one */
export function* allocate(
  server: ApiServerState,
  object: KubeObject,
  old: KubeObject | undefined,
  seed: RandomState,
  dryRun: boolean,
): Steps<Allocated> {
  const spec = specOf(object);
  let [clusterIP, random] = [spec.clusterIP ?? '', seed];
  const taken: string[] = [];
  if (needsAddress(spec) && clusterIP !== 'None' && (old === undefined || !needsAddress(specOf(old)))) {
    if (clusterIP === '') {
      const given = yield* takeAny(server, object, seed, dryRun);
      if (isStatus(given)) return { refused: given, taken };
      ({ address: clusterIP, random } = given);
    } else {
      const refused = yield* takeAsked(server, object, clusterIP, dryRun);
      if (refused !== undefined) return { refused, taken };
    }
    if (!dryRun) taken.push(clusterIP);
  }
  const ports = takePorts(server, object, old, random);
  if (isStatus(ports)) return { refused: ports, taken };
  const addressed = needsAddress(spec)
    ? { clusterIP, clusterIPs: [clusterIP], ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' }
    : {};
  const next = {
    ...spec,
    ...addressed,
    ...(ports.ports.length > 0 ? { ports: ports.ports } : {}),
    ...(ports.healthCheckNodePort === undefined ? {} : { healthCheckNodePort: ports.healthCheckNodePort }),
  };
  return { object: { ...object, spec: next }, random: ports.random, taken };
}

/** Whether a request writes a Service itself. */
export function isServiceWrite({ info, object }: RequestState): boolean {
  const { group, plural, subresource, verb } = info;
  return (
    object !== undefined && group === '' && plural === 'services' && subresource === '' && ['create', 'update', 'patch'].includes(verb)
  );
}

/** Addresses that nobody needs any more: of Services that are gone or want none, and those that were taken in vain. */
export function freedBy(state: RequestState, { type, removed = [], ...stored }: Stored): readonly string[] {
  if (state.info.group !== '' || state.info.plural !== 'services' || isDryRun(state)) return [];
  const written =
    type === 'object' && removed.length === 0 && isServiceWrite(state) ? (stored as { readonly object: KubeObject }).object : undefined;
  const before = written === undefined ? removed.flatMap(addressesOf) : [...addressesOf(state.old), ...state.taken];
  return [...new Set(before)].filter((address) => !addressesOf(written).includes(address));
}
