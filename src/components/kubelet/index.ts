import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { kubeletMachine } from './machine.ts';
import type { KubeletState } from './state.ts';
import { podWorkerMachine } from './pod-worker.ts';
import type { PodWorkerState } from './worker-state.ts';

export type { KubeletInput } from './state.ts';

function inspectKubelet(state: KubeletState): Inspection {
  const pods = [...(state.pods?.store.values() ?? [])];
  return {
    summary: state.registered ? `${pods.length} pods` : 'registering',
    health: state.registered ? 'good' : 'waiting',
    sections: [
      {
        type: 'table',
        title: 'Pods',
        columns: ['pod', 'phase'],
        rows: pods.map((pod) => [
          `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`,
          (pod['status'] as { readonly phase?: string } | undefined)?.phase ?? '',
        ]),
      },
      { type: 'table', title: 'Static pods', columns: ['pod'], rows: [...state.static.keys()].map((key) => [key]) },
    ],
  };
}

function inspectWorker(state: PodWorkerState): Inspection {
  return {
    summary: state.pod?.metadata.name ?? '',
    health: 'good',
    sections: [
      {
        type: 'table',
        title: 'Containers',
        columns: ['name', 'state', 'restarts'],
        rows: state.containers.map((item) => [item.name, item.error?.reason ?? item.status?.state ?? 'creating', String(item.restarts)]),
      },
    ],
  };
}

/** The kubelet and its pod workers. */
export const kubelet: readonly ProcessDefinition[] = [
  { name: 'kubelet', machine: kubeletMachine, inspect: inspectKubelet },
  { name: 'kubelet/pod-worker', machine: podWorkerMachine, inspect: inspectWorker },
];
