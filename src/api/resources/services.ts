import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '../object.ts';
import type { Service, ServicePort, ServiceSpec } from '../types.generated.ts';
import { invalid, type FieldError } from './field-error.ts';

const specOf = (object: KubeObject): ServiceSpec => (object as unknown as Service).spec ?? {};

/** Which of the server's allocations a Service has, by its type (registry/core/service/strategy.go). */
export const needsAddress = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName';
export const needsNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
export const needsHealthPort = (spec: ServiceSpec): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
const mayHaveNodePorts = (spec: ServiceSpec): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

type Fields = Record<string, unknown>;
const without = (spec: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => !names.includes(name)));
const given = (port: number | undefined): boolean => port !== undefined && port !== 0;

/** The node ports that an update leaves out are those that the port of that name has, unless another took it. */
function keptPorts(ports: readonly ServicePort[], before: readonly ServicePort[]): readonly ServicePort[] {
  const both = ports.map((port) => port.nodePort).filter((port) => given(port) && before.some((other) => other.nodePort === port));
  const used = new Set(both);
  return ports.map((port) => {
    const known = before.find((other) => (other.name ?? '') === (port.name ?? ''))?.nodePort;
    if (given(port.nodePort) || !given(known) || used.has(known)) return port;
    used.add(known);
    return { ...port, nodePort: known };
  });
}

/** What a client did not say of what the server had allocated stays as it is (patchAllocatedValues). */
function patched(spec: ServiceSpec, before: ServiceSpec): Fields {
  const next: Fields = { ...spec };
  if (needsAddress(before) && needsAddress(spec)) {
    if ((spec.clusterIP ?? '') === '') next['clusterIP'] = before.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && next['clusterIP'] === before.clusterIP) next['clusterIPs'] = before.clusterIPs;
  }
  if (mayHaveNodePorts(before) && mayHaveNodePorts(spec) && spec.ports !== undefined)
    next['ports'] = keptPorts(spec.ports, before.ports ?? []);
  if (needsHealthPort(before) && needsHealthPort(spec) && !given(spec.healthCheckNodePort))
    next['healthCheckNodePort'] = before.healthCheckNodePort;
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
}

/** What another type has no use for goes, where the client left it as it was (dropTypeDependentFields). */
function dropped(fields: Fields, before: ServiceSpec): Fields {
  const spec = fields as unknown as ServiceSpec;
  let next = fields;
  const same = (name: keyof ServiceSpec): boolean => deepEqual(spec[name], before[name]);
  if (needsAddress(before) && !needsAddress(spec) && same('clusterIP') && same('clusterIPs'))
    next = without(next, 'clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy');
  const portsOf = (list: readonly ServicePort[] | undefined): unknown => (list ?? []).map((port) => port.nodePort);
  if (mayHaveNodePorts(before) && !mayHaveNodePorts(spec)) {
    if (deepEqual(portsOf(spec.ports), portsOf(before.ports)) && spec.ports !== undefined)
      next = { ...next, ports: spec.ports.map(({ nodePort: _gone, ...port }) => port) };
    if (same('externalTrafficPolicy')) next = without(next, 'externalTrafficPolicy');
  }
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer' && same('allocateLoadBalancerNodePorts'))
    next = without(next, 'allocateLoadBalancerNodePorts');
  if (needsHealthPort(before) && !needsHealthPort(spec) && same('healthCheckNodePort')) next = without(next, 'healthCheckNodePort');
  return next;
}

/** A Service as an update leaves it, before anything new is allocated. */
export function prepareService(object: KubeObject, old: KubeObject): KubeObject {
  return { ...object, spec: dropped(patched(specOf(object), specOf(old)), specOf(old)) };
}

/** An address is for as long as the Service wants one (ValidateServiceUpdate, validateServiceClusterIPsRelatedFields). */
export function validateServiceUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const fixed = needsAddress(before) && needsAddress(spec) && given(before.clusterIP === '' || before.clusterIP === undefined ? 0 : 1);
  return fixed && spec.clusterIP !== before.clusterIP
    ? [invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [spec.clusterIP ?? ''], 'may not change once set')]
    : [];
}
