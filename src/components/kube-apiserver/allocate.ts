import { nextInteger, type RandomState } from '#base/random.ts';
import type { KubeObject, Status } from '#api/object.ts';
import type { Service } from '#api/types.generated.ts';
import { invalidObject } from '#api/resources/status-errors.ts';
import { invalid } from '#api/resources/field-error.ts';
import { listCached, type ApiServerState } from './state.ts';

const firstNodePort = 30000;
const nodePorts = 2768;

/** Gives a new Service its addresses and ports (registry/core/service/storage/alloc.go). */
export function allocateService(server: ApiServerState, object: KubeObject, seed: RandomState): { readonly object: KubeObject; readonly random: RandomState } | { readonly refused: Status } {
  const { spec = {} } = object as unknown as Service;
  let random = seed;
  const refuse = (field: string, value: unknown, detail: string): { readonly refused: Status } => ({ refused: invalidObject('', 'Service', object.metadata.name, [invalid(field, value, detail)]) });
  if (spec.type === 'ExternalName') return { object, random };
  const services = listCached(server, '/registry/services/specs') as unknown as Service[];
  const taken = new Set(services.flatMap((item) => item.spec?.clusterIPs ?? []));
  let clusterIP = spec.clusterIP ?? '';
  if (clusterIP === '') {
    do {
      const [third, afterThird] = nextInteger(random, 255);
      const [fourth, afterFourth] = nextInteger(afterThird, 254);
      random = afterFourth;
      clusterIP = `${server.options.serviceNetwork.split('.').slice(0, 2).join('.')}.${third}.${fourth + 1}`;
    } while (taken.has(clusterIP) || /\.0\.(1|10)$/.test(clusterIP));
  } else if (clusterIP !== 'None' && taken.has(clusterIP)) {
    return refuse('spec.clusterIPs', [clusterIP], `failed to allocate IP ${clusterIP}: provided IP is already allocated`);
  }
  const usedPorts = new Set(services.flatMap((item) => (item.spec?.ports ?? []).map((port) => port.nodePort ?? 0)));
  const needsNodePort = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const ports = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    let { nodePort } = port;
    if (nodePort !== undefined && nodePort !== 0 && (nodePort < firstNodePort || nodePort >= firstNodePort + nodePorts)) {
      return refuse(`spec.ports[${index}].nodePort`, nodePort, `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${firstNodePort + nodePorts - 1}`);
    }
    if (needsNodePort && (nodePort === undefined || nodePort === 0)) {
      do {
        const [offset, after] = nextInteger(random, nodePorts);
        random = after;
        nodePort = firstNodePort + offset;
      } while (usedPorts.has(nodePort));
      usedPorts.add(nodePort);
    }
    ports.push(nodePort === undefined || nodePort === 0 ? port : { ...port, nodePort });
  }
  const next = {
    ...spec,
    clusterIP,
    clusterIPs: [clusterIP],
    ...(ports.length > 0 ? { ports } : {}),
    ipFamilies: spec.ipFamilies ?? ['IPv4'],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
  };
  return { object: { ...object, spec: next }, random };
}
