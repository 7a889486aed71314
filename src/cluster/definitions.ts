import type { ProcessDefinition } from '#kernel/types.ts';
import { containerRuntime } from '#components/container-runtime/index.ts';
import { coreDns } from '#components/coredns/index.ts';
import { etcd } from '#components/etcd/index.ts';
import { etcdctl } from '#components/etcdctl/index.ts';
import { externalClient } from '#components/external-client/index.ts';
import { haproxy } from '#components/haproxy/index.ts';
import { kubeApiServer } from '#components/kube-apiserver/index.ts';
import { kubeControllerManager } from '#components/kube-controller-manager/index.ts';
import { kubeScheduler } from '#components/kube-scheduler/index.ts';
import { kubeProxy } from '#components/kube-proxy/index.ts';
import { kubectl } from '#components/kubectl/index.ts';
import { kubelet } from '#components/kubelet/index.ts';
import { metricsServer } from '#components/metrics-server/index.ts';
import { prober } from '#components/prober/index.ts';
import { scriptRunner } from '#components/script-runner/index.ts';
import { storageProvisioner } from '#components/storage-provisioner/index.ts';
import { terminal } from '#components/terminal/index.ts';

/** Every binary that a cluster can run. */
export const definitions: readonly ProcessDefinition[] = [
  etcd,
  ...kubeApiServer,
  ...haproxy,
  kubeScheduler,
  ...kubeControllerManager,
  ...kubelet,
  kubeProxy,
  coreDns,
  storageProvisioner,
  metricsServer,
  containerRuntime,
  kubectl,
  etcdctl,
  terminal,
  scriptRunner,
  externalClient,
  prober,
];
