import type { KubeObject } from '#api/object.ts';

/**
 * The manifests that kubeadm writes to /etc/kubernetes/manifests (cmd/kubeadm/app/phases/controlplane/manifests.go and
 * phases/etcd/local.go): the control plane as static Pods.
 */
export interface ControlPlaneSettings {
  /** The node's name: part of etcd's member name. */
  readonly node: string;
  readonly ip: string;
  /** The API server's. */
  readonly port: number;
  /** Where certificates are. */
  readonly certificates: string;
  /** The members of etcd, the node's own first. */
  readonly etcd: readonly { readonly name: string; readonly ip: string }[];
  readonly kubernetesVersion: string;
  readonly etcdVersion: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** Where kubelet looks for static Pods. */
const manifestFolder = '/etc/kubernetes/manifests';

interface Binary {
  readonly name: string;
  readonly image: string;
  readonly flags: readonly string[];
  readonly cpu: string;
  readonly memory?: string;
  readonly port: number;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly liveness: string;
  readonly readiness?: string;
  readonly volumes: readonly (readonly [name: string, path: string, type: string])[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const caVolumes = (certificates: string): Binary['volumes'] => [
  ['ca-certs', '/etc/ssl/certs', 'DirectoryOrCreate'],
  ['k8s-certs', certificates, 'DirectoryOrCreate'],
];

/** Where members of etcd keep their data: minikube has its own place for it. */
const etcdData = (certificates: string): string =>
  certificates.startsWith('/var/lib/minikube') ? '/var/lib/minikube/etcd' : '/var/lib/etcd';

function etcd(settings: ControlPlaneSettings): Binary {
  const { ip, node, certificates } = settings;
  const cluster = settings.etcd.map((member) => `${member.name}=https://${member.ip}:2380`).sort();
  const data = etcdData(certificates);
  return {
    name: 'etcd',
    image: `registry.k8s.io/etcd:${settings.etcdVersion}`,
    flags: [
      'etcd',
      `--advertise-client-urls=https://${ip}:2379`,
      `--cert-file=${certificates}/etcd/server.crt`,
      '--client-cert-auth=true',
      `--data-dir=${data}`,
      `--initial-advertise-peer-urls=https://${ip}:2380`,
      `--initial-cluster=${cluster.join(',')}`,
      `--key-file=${certificates}/etcd/server.key`,
      `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
      '--listen-metrics-urls=http://127.0.0.1:2381',
      `--listen-peer-urls=https://${ip}:2380`,
      `--name=${node}`,
      `--peer-cert-file=${certificates}/etcd/peer.crt`,
      '--peer-client-cert-auth=true',
      `--peer-key-file=${certificates}/etcd/peer.key`,
      `--peer-trusted-ca-file=${certificates}/etcd/ca.crt`,
      '--snapshot-count=10000',
      `--trusted-ca-file=${certificates}/etcd/ca.crt`,
    ],
    cpu: '100m',
    memory: '100Mi',
    port: 2381,
    scheme: 'HTTP',
    liveness: '/livez',
    readiness: '/readyz',
    volumes: [
      ['etcd-certs', `${certificates}/etcd`, 'DirectoryOrCreate'],
      ['etcd-data', data, 'DirectoryOrCreate'],
    ],
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${ip}:2379` },
  };
}

function apiServer(settings: ControlPlaneSettings): Binary {
  const { certificates, port, node } = settings;
  const servers = settings.etcd.map((member) => `https://${member.name === node ? '127.0.0.1' : member.ip}:2379`);
  return {
    name: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${settings.kubernetesVersion}`,
    flags: [
      'kube-apiserver',
      `--advertise-address=${settings.ip}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${certificates}/ca.crt`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--etcd-cafile=${certificates}/etcd/ca.crt`,
      `--etcd-certfile=${certificates}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${certificates}/apiserver-etcd-client.key`,
      `--etcd-servers=${servers.join(',')}`,
      `--secure-port=${port}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-cluster-ip-range=${settings.serviceCidr}`,
      `--tls-cert-file=${certificates}/apiserver.crt`,
      `--tls-private-key-file=${certificates}/apiserver.key`,
    ],
    cpu: '250m',
    port,
    scheme: 'HTTPS',
    liveness: '/livez',
    readiness: '/readyz',
    volumes: caVolumes(certificates),
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${settings.ip}:${port}` },
  };
}

function controllerManager(settings: ControlPlaneSettings): Binary {
  return {
    name: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${settings.kubernetesVersion}`,
    flags: [
      'kube-controller-manager',
      '--allocate-node-cidrs=true',
      '--bind-address=127.0.0.1',
      `--cluster-cidr=${settings.podCidr}`,
      '--cluster-name=mk',
      '--controllers=*,bootstrapsigner,tokencleaner',
      '--kubeconfig=/etc/kubernetes/controller-manager.conf',
      '--leader-elect=true',
      `--service-cluster-ip-range=${settings.serviceCidr}`,
      '--use-service-account-credentials=true',
    ],
    cpu: '200m',
    port: 10257,
    scheme: 'HTTPS',
    liveness: '/healthz',
    volumes: [...caVolumes(settings.certificates), ['kubeconfig', '/etc/kubernetes/controller-manager.conf', 'FileOrCreate']],
  };
}

function scheduler(settings: ControlPlaneSettings): Binary {
  return {
    name: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${settings.kubernetesVersion}`,
    flags: ['kube-scheduler', '--bind-address=127.0.0.1', '--kubeconfig=/etc/kubernetes/scheduler.conf', '--leader-elect=true'],
    cpu: '100m',
    port: 10259,
    scheme: 'HTTPS',
    liveness: '/livez',
    readiness: '/readyz',
    volumes: [['kubeconfig', '/etc/kubernetes/scheduler.conf', 'FileOrCreate']],
  };
}

function probe(
  binary: Binary,
  path: string,
  times: { readonly failureThreshold: number; readonly periodSeconds?: number; readonly initialDelaySeconds?: number },
): object {
  return { httpGet: { host: '127.0.0.1', path, port: binary.port, scheme: binary.scheme }, timeoutSeconds: 15, ...times };
}

function staticPod(binary: Binary): KubeObject {
  const container = {
    name: binary.name,
    image: binary.image,
    imagePullPolicy: 'IfNotPresent',
    command: binary.flags,
    livenessProbe: probe(binary, binary.liveness, { failureThreshold: 8, initialDelaySeconds: 10, periodSeconds: 10 }),
    ...(binary.readiness === undefined
      ? {}
      : { readinessProbe: probe(binary, binary.readiness, { failureThreshold: 3, periodSeconds: 1 }) }),
    startupProbe: probe(binary, binary.readiness === undefined ? binary.liveness : binary.readiness, {
      failureThreshold: 24,
      initialDelaySeconds: 10,
      periodSeconds: 10,
    }),
    resources: { requests: { cpu: binary.cpu, ...(binary.memory === undefined ? {} : { memory: binary.memory }) } },
    volumeMounts: binary.volumes.map(([name, mountPath]) => ({
      name,
      mountPath,
      ...(name === 'etcd-data' || name === 'etcd-certs' ? {} : { readOnly: true }),
    })),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: binary.name,
      namespace: 'kube-system',
      labels: { component: binary.name, tier: 'control-plane' },
      ...(binary.annotations === undefined ? {} : { annotations: binary.annotations }),
    },
    spec: {
      containers: [container],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes: binary.volumes.map(([name, path, type]) => ({ name, hostPath: { path, type } })),
    },
  };
}

/** The four manifests by path, as objects. */
export function staticPodManifests(settings: ControlPlaneSettings): Readonly<Record<string, KubeObject>> {
  const binaries = [etcd(settings), apiServer(settings), controllerManager(settings), scheduler(settings)];
  return Object.fromEntries(binaries.map((binary) => [`${manifestFolder}/${binary.name}.yaml`, staticPod(binary)]));
}
