import { hexDigest } from '#base/random.ts';
import type { WorldOptions } from '#kernel/types.ts';
import type { ApiServerInput } from '#components/kube-apiserver/index.ts';
import type { Binary, RuntimeInput } from '#components/container-runtime/index.ts';
import type { DnsInput } from '#components/coredns/index.ts';
import type { EtcdInput } from '#components/etcd/index.ts';
import type { ProxyInput as LoadBalancerInput } from '#components/haproxy/index.ts';
import type { ManagerInput } from '#components/kube-controller-manager/index.ts';
import type { SchedulerInput } from '#components/kube-scheduler/index.ts';
import type { KubeletInput } from '#components/kubelet/index.ts';
import type { MetricsInput } from '#components/metrics-server/index.ts';
import type { ProxyInput } from '#components/kube-proxy/index.ts';
import type { ProvisionerInput } from '#components/storage-provisioner/index.ts';
import type { ClientConfig } from '#machinery/client.ts';
import { kubernetesVersion } from '#api/version.ts';

type Process = WorldOptions['processes'][number];

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** The control plane of one host: addresses, and what each binary is started with. */
export interface ControlPlane {
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  /** The members of etcd, in the order in which the API server prefers them: its own first. */
  readonly etcd: readonly { readonly name: string; readonly ip: string }[];
}

const certificate = (user: string, groups: readonly string[] = []): ClientConfig['credential'] => ({ type: 'certificate', user, groups });

/** The kubeconfig of a person: a client certificate whose subject names them and their groups. */
export function certificateClient(server: string, user: string, groups: readonly string[], endpoint?: string): ClientConfig {
  return { server, ...(endpoint === undefined ? {} : { endpoint }), credential: certificate(user, groups), userAgent: 'kubectl' };
}

/** Twice etcd's default, for half the events; its election timeout stays at 1 s, five of these, which is the least that etcd takes. */
const heartbeatMs = 200;

export function controlPlane({ host, ip, port, etcd: members }: ControlPlane): readonly Process[] {
  const server = `${host}/kube-apiserver`;
  const apiServer: ApiServerInput = {
    options: {
      etcd: members.map(({ name }) => `${name}/etcd`),
      serviceNetwork: '10.96.0',
      advertiseAddress: ip,
      securePort: port,
      components: [
        { name: 'scheduler', address: `${host}/kube-scheduler`, port: 10259 },
        { name: 'controller-manager', address: `${host}/kube-controller-manager`, port: 10257 },
      ],
      tokens: {},
      gateMs: 0.2,
    },
  };
  const group = members.map(({ name, ip: memberIp }) => ({ name, address: `${name}/etcd`, ip: memberIp }));
  const etcd: EtcdInput = { name: host, ip, fsyncMs: 0.8, ...(group.length > 1 ? { members: group.toSorted(byName), heartbeatMs } : {}) };
  const manager: ManagerInput = {
    client: {
      server,
      credential: certificate('system:kube-controller-manager'),
      userAgent: 'kube-controller-manager/kube-controller-manager',
    },
    identity: host,
    podNetwork: '10.244.0.0/16',
    clusterCa: '',
  };
  const scheduler: SchedulerInput = {
    client: { server, credential: certificate('system:kube-scheduler'), userAgent: 'kube-scheduler/scheduler' },
    identity: host,
  };
  return [
    { address: `${host}/etcd`, definition: 'etcd', input: etcd },
    { address: server, definition: 'kube-apiserver', input: apiServer },
    { address: `${host}/kube-scheduler`, definition: 'kube-scheduler', input: scheduler },
    { address: `${host}/kube-controller-manager`, definition: 'kube-controller-manager', input: manager },
  ];
}

/** The load balancer in front of several API servers. */
export function balancer(host: string, servers: readonly string[]): Process {
  const input: LoadBalancerInput = { servers };
  return { address: `${host}/haproxy`, definition: 'haproxy', input };
}

/** The cluster's name server, and the domain of its names. */
export const dns = { server: '10.96.0.10', domain: 'cluster.local' } as const;

/** Where each binary of the control plane is asked for its health, and the API server for everything. */
const binaryPorts: Readonly<Record<string, Binary['ports']>> = {
  etcd: [{ port: 2381, speaks: 'health' }],
  'kube-scheduler': [{ port: 10259, speaks: 'health' }],
  'kube-controller-manager': [{ port: 10257, speaks: 'health' }],
};

/** A control plane's processes as the images of its static pods. */
export function controlPlaneBinaries(processes: readonly Process[], securePort: number): readonly Binary[] {
  return processes.map(({ address, definition, input }) => ({
    image: `registry.k8s.io/${definition}:`,
    address,
    definition,
    input,
    ports: binaryPorts[definition] ?? [{ port: securePort, speaks: 'rest' }],
  }));
}

/** What pods of add-ons run on a node: real processes, which speak as the service accounts of their pods. */
export function addonBinaries(node: string, server: string): readonly Binary[] {
  const client = (userAgent: string): ClientConfig => ({ server, credential: { type: 'none' }, userAgent });
  const proxy: ProxyInput = { client: client('kube-proxy'), node };
  const names: DnsInput = { client: client('coredns'), domain: dns.domain };
  const metrics: MetricsInput = { client: client('metrics-server') };
  const storage: ProvisionerInput = { client: client('storage-provisioner'), provisioner: 'k8s.io/minikube-hostpath' };
  return [
    {
      image: 'registry.k8s.io/kube-proxy:',
      address: `${node}/kube-proxy`,
      definition: 'kube-proxy',
      input: proxy,
      inCluster: true,
      ports: [{ port: 10256, speaks: 'health' }],
    },
    {
      image: 'registry.k8s.io/coredns/coredns:',
      address: `${node}/coredns`,
      definition: 'coredns',
      input: names,
      inCluster: true,
      ports: [53, 8080, 8181].map((port) => ({ port, speaks: 'net' })),
    },
    {
      image: 'registry.k8s.io/metrics-server/metrics-server:',
      address: `${node}/metrics-server`,
      definition: 'metrics-server',
      input: metrics,
      inCluster: true,
      ports: [443, 4443, 10250].map((port) => ({ port, speaks: 'net' })),
    },
    {
      image: 'gcr.io/k8s-minikube/storage-provisioner:',
      address: `${node}/storage-provisioner`,
      definition: 'storage-provisioner',
      input: storage,
      inCluster: true,
      ports: [],
    },
  ];
}

/** kube-proxy as a plain process beside its kubelet. */
export function proxyProcess(node: string, server: string, atMs: number): Process {
  const input: ProxyInput = { client: { server, credential: certificate('system:kube-proxy'), userAgent: 'kube-proxy' }, node };
  return { address: `${node}/kube-proxy`, definition: 'kube-proxy', input, atMs };
}

/** What a node has, and what it can give to pods. */
export interface Machine {
  readonly cpu: string;
  readonly memory: string;
  readonly allocatableMemory?: string;
  readonly ephemeralStorage: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly runtimeVersion: string;
}

/** What a kubelet on a real machine tells besides: a hollow one knows none of it. */
function realStatus(name: string, ip: string): object {
  const handler = { recursiveReadOnlyMounts: true, userNamespaces: true };
  return {
    addresses: [
      { address: ip, type: 'InternalIP' },
      { address: name, type: 'Hostname' },
    ],
    features: { supplementalGroupsPolicy: true },
    runtimeHandlers: ['', 'runc'].map((handlerName) => ({ features: handler, name: handlerName })),
  };
}

/** What distinguishes the nodes of a cluster. */
export interface NodeSettings {
  readonly name: string;
  readonly index: number;
  readonly server: string;
  readonly ip: string;
  readonly hollow: boolean;
  readonly userAgent: string;
  readonly machine: Machine;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly { readonly key: string; readonly effect: string }[] | undefined;
  readonly binaries?: RuntimeInput['binaries'] | undefined;
  readonly atMs?: number | undefined;
}

function uuidOf(text: string): string {
  const hex = hexDigest(`boot ${text}`, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function node(settings: NodeSettings): readonly Process[] {
  const { name, hollow, machine, ip, index, atMs = 0 } = settings;
  const pages = hollow ? {} : { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const amounts = (memory: string): object => ({
    cpu: machine.cpu,
    'ephemeral-storage': machine.ephemeralStorage,
    ...pages,
    memory,
    pods: '110',
  });
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...settings.labels,
  };
  const machineId = hollow ? '' : hexDigest(name, 32);
  const annotations = hollow ? {} : { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } };
  const kubelet: KubeletInput = {
    client: { server: settings.server, credential: certificate(`system:node:${name}`, ['system:nodes']), userAgent: settings.userAgent },
    hostIp: hollow ? '' : ip,
    hollow,
    dns,
    node: {
      metadata: { labels, ...annotations },
      spec: hollow ? { providerID: `kubemark://${name}` } : (settings.taints ?? []).length > 0 ? { taints: settings.taints } : {},
      status: {
        ...(hollow ? {} : realStatus(name, ip)),
        allocatable: amounts(machine.allocatableMemory ?? machine.memory),
        capacity: amounts(machine.memory),
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        declaredFeatures: [
          'ExtendWebSocketsToKubelet',
          'InPlacePodLevelResourcesVerticalScaling',
          'InPlacePodVerticalScalingInitContainers',
          'RestartAllContainersOnContainerExits',
        ],
        nodeInfo: {
          architecture: 'amd64',
          bootID: hollow ? '' : uuidOf(name),
          containerRuntimeVersion: machine.runtimeVersion,
          kernelVersion: machine.kernelVersion,
          kubeProxyVersion: '',
          kubeletVersion: kubernetesVersion,
          machineID: machineId,
          operatingSystem: 'linux',
          osImage: machine.osImage,
          systemUUID: machineId,
        },
      },
    },
  };
  const runtime: RuntimeInput = {
    podNetwork: `10.244.${index}`,
    hostIp: ip,
    cached: ['registry.k8s.io/', 'gcr.io/'],
    hollow,
    binaries: settings.binaries ?? [],
  };
  return [
    { address: `${name}/container-runtime`, definition: 'container-runtime', input: runtime, atMs },
    { address: `${name}/kubelet`, definition: 'kubelet', input: kubelet, atMs: atMs + 1 },
  ];
}
