import { kubernetesVersion } from '#api/version.ts';
import { definitions } from './definitions.ts';
import { addonManifests } from './manifests/addons.ts';
import { staticPodManifests } from './manifests/static-pods.ts';
import { addonBinaries, controlPlane, controlPlaneBinaries, dns, node, proxyProcess, type Machine, type NodeSettings } from './parts.ts';
import type { Cluster, ClusterOptions } from './types.ts';
import { firstTerminal, openTerminal, usersWith } from './users.ts';

export type { Cluster, ClusterOptions } from './types.ts';

/** Where virtual time begins: runs of one seed are the same on any day. */
const epochMs = Date.UTC(2026, 5, 1, 9, 0, 0);
const latency = { localMs: 0.25, remoteMs: 0.5, sharedMs: 0 } as const;
const maxNodes = 1000;
/** The add-ons are applied after 9 s; then come their images, probes and endpoints. */
const upAfterMs = 28_000;
const etcdVersion = '3.6.16';

/** What kubemark's nodes say of themselves (pkg/kubemark). */
const hollowMachine: Machine = {
  cpu: '1',
  memory: '3840Mi',
  ephemeralStorage: '0',
  osImage: 'Debian GNU/Linux 7 (wheezy)',
  kernelVersion: '3.16.0-0.bpo.4-amd64',
  runtimeVersion: 'fakeRuntime://0.1.0',
};
/** The workers of the recordings with real kubelets. */
const recordedMachine: Machine = {
  cpu: '2',
  memory: '24684092Ki',
  allocatableMemory: '24632892Ki',
  ephemeralStorage: '20Gi',
  osImage: 'Debian GNU/Linux 12 (bookworm)',
  kernelVersion: '6.12.0',
  runtimeVersion: 'containerd://2.3.7',
};
const learnersMachine: Machine = {
  cpu: '4',
  memory: '8Gi',
  ephemeralStorage: '100Gi',
  osImage: 'Debian GNU/Linux 13 (trixie)',
  kernelVersion: '6.12.0',
  runtimeVersion: 'containerd://2.3.7',
};

type Shape = (options: ClusterOptions) => Cluster;
const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `node-${index + 1}`);

/** The recorded cluster: the control plane beside it as plain processes, three workers with hollow kubelets. */
const oracle =
  (hollow: boolean): Shape =>
  ({ seed, nodes = 3 }) => {
    const host = 'control-plane';
    const server = `${host}/kube-apiserver`;
    const names = numbered(nodes);
    const users = usersWith('admin', 'kubernetes-admin');
    const terminal = firstTerminal(users, server);
    const settings = (name: string, index: number): NodeSettings => ({
      name,
      index,
      server,
      ip: `172.18.0.${index + 3}`,
      hollow,
      userAgent: hollow ? 'hollow-kubelet' : 'kubelet',
      machine: hollow ? hollowMachine : recordedMachine,
      atMs: 8000,
    });
    return {
      world: {
        seed,
        epochMs,
        definitions,
        latency,
        hosts: [{ name: host }, { name: 'admin' }, ...names.map((name) => ({ name }))],
        processes: [
          ...controlPlane({ host, ip: '172.18.0.2', port: 6443 }),
          ...names.flatMap((name, index) => node(settings(name, index))),
          ...(hollow ? [] : names.map((name) => proxyProcess(name, server, 9000))),
          { address: 'admin/script-runner', definition: 'script-runner', input: { client: terminal.input.client } },
          terminal,
        ],
      },
      hosts: [
        { name: host, role: 'control-plane' },
        { name: 'admin', role: 'client' },
        ...names.map((name) => ({ name, role: 'worker' as const })),
      ],
      users,
      upAfterMs,
      openTerminal: (user, world) => openTerminal(users, server, user, world),
      addNode: (existing) => addNode(existing, settings),
    };
  };

function addNode(existing: readonly string[], settings: (name: string, index: number) => NodeSettings): ReturnType<Cluster['addNode']> {
  let number = 1;
  while (existing.includes(`node-${number}`)) number++;
  const name = `node-${number}`;
  return { type: 'add-host', host: { name }, processes: node({ ...settings(name, number), atMs: 0 }) };
}

/** What learners see first: everything on one node, the control plane as static pods. */
const minikube: Shape = ({ seed, nodes = 0 }) => {
  const host = 'minikube';
  const server = `${host}/kube-apiserver`;
  const ip = '192.168.49.2';
  const processes = controlPlane({ host, ip, port: 8443 });
  const manifests = staticPodManifests({
    node: host,
    ip,
    kubernetesVersion,
    etcdVersion: `${etcdVersion}-0`,
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/12',
  });
  const settings = (name: string, index: number): NodeSettings => ({
    name,
    index,
    server,
    ip: `192.168.49.${index + 2}`,
    hollow: false,
    userAgent: 'kubelet',
    machine: learnersMachine,
    binaries: addonBinaries(name, server),
  });
  const workers = numbered(nodes);
  const users = usersWith('alice', 'minikube-user');
  const terminal = firstTerminal(users, server);
  const addons = addonManifests({ kubernetesVersion, dnsIp: dns.server, storageProvisioner: true });
  return {
    world: {
      seed,
      epochMs,
      definitions,
      latency,
      hosts: [{ name: host, disk: manifests }, { name: 'alice' }, { name: 'installer' }, ...workers.map((name) => ({ name }))],
      processes: [
        ...node({
          ...settings(host, 0),
          labels: { 'node-role.kubernetes.io/control-plane': '' },
          binaries: [...controlPlaneBinaries(processes, 8443), ...addonBinaries(host, server)],
        }),
        ...workers.flatMap((name, index) => node({ ...settings(name, index + 1), atMs: 6000 })),
        terminal,
        {
          address: 'installer/script-runner',
          definition: 'script-runner',
          input: {
            client: terminal.input.client,
            script: [
              {
                afterMs: 9000,
                run: 'addons',
                argv: ['apply', '-f', '-'],
                stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: addons }),
              },
            ],
          },
        },
      ],
    },
    hosts: [
      { name: host, role: 'control-plane' },
      { name: 'alice', role: 'client' },
      ...workers.map((name) => ({ name, role: 'worker' as const })),
    ],
    users,
    upAfterMs,
    openTerminal: (user, world) => openTerminal(users, server, user, world),
    addNode: (existing) => addNode(existing, settings),
  };
};

const shapes: Readonly<Record<string, Shape>> = {
  minikube,
  cluster: (options) => minikube({ ...options, nodes: options.nodes ?? 3 }),
  oracle: oracle(true),
  'oracle-real': oracle(false),
};

/** The names of the shapes there are. */
export const shapeNames: readonly string[] = Object.keys(shapes);

/** A cluster of a shape; undefined where there is no such shape or the number of nodes makes no sense. */
export function openCluster(options: ClusterOptions): Cluster | undefined {
  const { nodes } = options;
  if (nodes !== undefined && (!Number.isInteger(nodes) || nodes < 0 || nodes > maxNodes)) return undefined;
  return shapes[options.shape]?.(options);
}
