import { addNode, highlyAvailable, minikube } from './kubeadm.ts';
import { controlPlane, node, proxyProcess, type Machine, type NodeSettings } from './parts.ts';
import { startProbers } from './probers.ts';
import { common, numbered, timing } from './settings.ts';
import type { Cluster, ClusterOptions } from './types.ts';
import { firstTerminal, openTerminal, usersWith } from './users.ts';

export { stopProbers } from './probers.ts';
export type { Cluster, ClusterOptions } from './types.ts';

const maxNodes = 1000;
/** More masters than this nobody runs: each write would wait for too many. */
const maxMasters = 7;

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

type Shape = (options: ClusterOptions) => Cluster;

/** The recorded cluster: the control plane beside it as plain processes, three workers with hollow kubelets. */
const oracle =
  (hollow: boolean): Shape =>
  ({ seed, nodes = 3 }) => {
    const host = 'control-plane';
    const server = `${host}/kube-apiserver`;
    const names = numbered(nodes);
    const users = usersWith('admin', 'kubernetes-admin');
    const terminal = firstTerminal(users, server, {});
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
        ...common,
        hosts: [{ name: host }, { name: 'admin' }, ...names.map((name) => ({ name }))],
        processes: [
          ...controlPlane({ host, ip: '172.18.0.2', port: 6443, etcd: [{ name: host, ip: '172.18.0.2' }] }),
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
      upAfterMs: timing.upAfterMs,
      openTerminal: (user, world) => openTerminal(users, server, user, world, {}),
      startProbers: (world) =>
        startProbers(world, { admin: 'admin', masters: [host], client: { ...terminal.input.client, userAgent: 'prober' } }),
      addNode: (existing) => addNode(existing, settings),
    };
  };

const shapes: Readonly<Record<string, Shape>> = {
  minikube,
  cluster: (options) => minikube({ ...options, nodes: options.nodes ?? 3 }),
  ha: highlyAvailable,
  oracle: oracle(true),
  'oracle-real': oracle(false),
};

/** The names of the shapes there are. */
export const shapeNames: readonly string[] = Object.keys(shapes);

/** A cluster of a shape; undefined where there is no such shape or a number makes no sense. */
export function openCluster(options: ClusterOptions): Cluster | undefined {
  const { nodes, masters } = options;
  if (nodes !== undefined && (!Number.isInteger(nodes) || nodes < 0 || nodes > maxNodes)) return undefined;
  if (masters !== undefined && (!Number.isInteger(masters) || masters < 1 || masters > maxMasters)) return undefined;
  return shapes[options.shape]?.(options);
}
