import type { ProcessDefinition } from '#kernel/types.ts';
import { inspectController, inspectManager } from './inspect.ts';
import { managerMachine } from './machine.ts';
import { controllerMachine } from './worker-machine.ts';

export type { ManagerInput } from './state.ts';

/** The controller manager and its control loops. */
export const kubeControllerManager: readonly ProcessDefinition[] = [
  { name: 'kube-controller-manager', machine: managerMachine, inspect: inspectManager },
  { name: 'kube-controller-manager/controller', machine: controllerMachine, inspect: inspectController },
];
