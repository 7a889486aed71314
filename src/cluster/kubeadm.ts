import { kubernetesVersion } from '#api/version.ts';
import type { Input } from '#kernel/types.ts';
import { addonManifests } from './manifests/addons.ts';
import { staticPodManifests } from './manifests/static-pods.ts';
import {
  addonBinaries,
  balancer,
  controlPlane,
  controlPlaneBinaries,
  dns,
  node,
  type ControlPlane,
  type Machine,
  type NodeSettings,
} from './parts.ts';
import { startProbers } from './probers.ts';
import { common, numbered, timing } from './settings.ts';
import type { Cluster, ClusterOptions } from './types.ts';
import { firstTerminal, openTerminal, usersWith } from './users.ts';

const etcdVersion = '3.6.16';

const machine: Machine = {
  cpu: '4',
  memory: '8Gi',
  ephemeralStorage: '100Gi',
  osImage: 'Debian GNU/Linux 13 (trixie)',
  kernelVersion: '6.12.0',
  runtimeVersion: 'containerd://2.3.7',
};

/** A cluster whose control plane runs as static pods of its nodes: what differs between them. */
interface Plan {
  readonly masters: readonly { readonly name: string; readonly ip: string }[];
  readonly port: number;
  /** Where the certificates of the control plane are. */
  readonly certificates: string;
  readonly admin: readonly [name: string, identity: string];
  /** The load balancer in front of the API servers; undefined where clients go to the only one. */
  readonly balancer: { readonly host: string; readonly endpoint: string } | undefined;
  /** The address of the node whose place among all nodes is given. */
  readonly ipOf: (index: number) => string;
  /** What the nodes of the control plane are marked with besides their role, so that pods of users go elsewhere. */
  readonly taints: NodeSettings['taints'];
  readonly labels: Readonly<Record<string, string>>;
}

const role = 'node-role.kubernetes.io/control-plane';

/** How each master's control plane is started: its API server prefers the member of etcd beside it. */
function controlPlanes({ masters, port }: Plan): readonly ControlPlane[] {
  return masters.map(({ name, ip }) => ({
    host: name,
    ip,
    port,
    etcd: [{ name, ip }, ...masters.filter((other) => other.name !== name)],
  }));
}

const manifestsOf = (plan: Plan, { host, ip, port, etcd }: ControlPlane): Readonly<Record<string, unknown>> =>
  staticPodManifests({
    node: host,
    ip,
    port,
    certificates: plan.certificates,
    etcd,
    kubernetesVersion,
    etcdVersion: `${etcdVersion}-0`,
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/12',
  });

/** The installer applies the add-ons as soon as there is a control plane. */
function installer(client: object): Cluster['world']['processes'][number] {
  const addons = addonManifests({ kubernetesVersion, dnsIp: dns.server, storageProvisioner: true });
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: addons });
  return {
    address: 'installer/script-runner',
    definition: 'script-runner',
    input: { client, script: [{ afterMs: timing.addonsAfterMs, run: 'addons', argv: ['apply', '-f', '-'], stdin }] },
  };
}

function build(plan: Plan, seed: number, workers: number): Cluster {
  const { masters, balancer: front } = plan;
  const servers = masters.map(({ name }) => `${name}/kube-apiserver`);
  const server = front === undefined ? servers[0]! : `${front.host}/haproxy`;
  const planes = controlPlanes(plan);
  const settings = (name: string, index: number, own = server): NodeSettings => ({
    name,
    index,
    server: own,
    ip: plan.ipOf(index),
    hollow: false,
    userAgent: 'kubelet',
    machine,
    binaries: addonBinaries(name, server),
  });
  const names = numbered(workers);
  const users = usersWith(...plan.admin);
  // A terminal's own address is the first master's, as after `minikube ssh`.
  const hosts = Object.fromEntries([...masters.map(({ name, ip }) => [ip, name] as const), ['127.0.0.1', masters[0]!.name] as const]);
  const terminal = firstTerminal(users, server, hosts, front?.endpoint);
  const master = (plane: ControlPlane, index: number): ReturnType<typeof node> =>
    node({
      // A kubelet of the control plane asks the API server on its own node (kubeadm: ControlPlaneKubeletLocalMode).
      ...settings(plane.host, index, servers[index]),
      labels: { [role]: '', ...plan.labels },
      taints: plan.taints,
      binaries: [...controlPlaneBinaries(controlPlane(plane), plan.port), ...addonBinaries(plane.host, server)],
    });
  const [admin] = plan.admin;
  return {
    world: {
      seed,
      ...common,
      hosts: [
        ...planes.map((plane) => ({ name: plane.host, disk: manifestsOf(plan, plane) })),
        { name: admin },
        { name: 'installer' },
        ...(front === undefined ? [] : [{ name: front.host }]),
        ...names.map((name) => ({ name })),
      ],
      processes: [
        ...(front === undefined ? [] : [balancer(front.host, servers)]),
        ...planes.flatMap(master),
        ...names.flatMap((name, index) => node({ ...settings(name, masters.length + index), atMs: 6000 })),
        terminal,
        installer(terminal.input.client),
      ],
    },
    hosts: [
      ...masters.map(({ name }) => ({ name, role: 'control-plane' as const })),
      ...(front === undefined ? [] : [{ name: front.host, role: 'load-balancer' as const }]),
      { name: admin, role: 'client' },
      ...names.map((name) => ({ name, role: 'worker' as const })),
    ],
    users,
    upAfterMs: timing.upAfterMs,
    openTerminal: (user, world) => openTerminal(users, server, user, world, hosts, front?.endpoint),
    startProbers: (world) =>
      startProbers(world, { admin, masters: masters.map(({ name }) => name), client: { ...terminal.input.client, userAgent: 'prober' } }),
    addNode: (existing) => addNode(existing, (name, number) => settings(name, masters.length - 1 + number)),
  };
}

/** The input that adds one more worker, with the first number that is free. */
export function addNode(existing: readonly string[], settings: (name: string, number: number) => NodeSettings): Input {
  let number = 1;
  while (existing.includes(`node-${number}`)) number++;
  const name = `node-${number}`;
  return { type: 'add-host', host: { name }, processes: node({ ...settings(name, number), atMs: 0 }) };
}

/** What learners see first: everything on one node, the control plane as static pods. */
export function minikube({ seed, nodes = 0 }: ClusterOptions): Cluster {
  const name = 'minikube';
  const plan: Plan = {
    masters: [{ name, ip: '192.168.49.2' }],
    port: 8443,
    certificates: '/var/lib/minikube/certs',
    admin: ['alice', 'minikube-user'],
    balancer: undefined,
    ipOf: (index) => `192.168.49.${index + 2}`,
    taints: [],
    labels: {},
  };
  return build(plan, seed, nodes);
}

/** Several nodes of the control plane behind a load balancer, as kubeadm sets them up; users' pods run on the others. */
export function highlyAvailable({ seed, masters = 3, nodes = 3 }: ClusterOptions): Cluster {
  const ipOf = (index: number): string => `192.168.49.${index + 11}`;
  const plan: Plan = {
    masters: Array.from({ length: masters }, (_, index) => ({ name: `master-${index + 1}`, ip: ipOf(index) })),
    port: 6443,
    certificates: '/etc/kubernetes/pki',
    admin: ['alice', 'kubernetes-admin'],
    balancer: { host: 'load-balancer', endpoint: '192.168.49.10:6443' },
    ipOf,
    taints: [{ key: role, effect: 'NoSchedule' }],
    labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
  };
  return build(plan, seed, nodes);
}
