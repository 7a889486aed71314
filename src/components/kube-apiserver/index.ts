import type { ProcessDefinition } from '#kernel/types.ts';
import { extensionsMachine } from './extensions/machine.ts';
import { identityMachine } from './identity/machine.ts';
import { inspectExtensions, inspectIdentity, inspectRequest, inspectServer } from './inspect.ts';
import { apiServerMachine } from './machine.ts';
import { requestMachine } from './request-machine.ts';

export type { ApiServerInput } from './machine.ts';
export type { ApiServerOptions } from './state.ts';
export { mayList } from './may-list.ts';
export { requestView, type RequestView } from './request-state.ts';

/** The API server and the requests in it. */
export const kubeApiServer: readonly ProcessDefinition[] = [
  { name: 'kube-apiserver', machine: apiServerMachine, inspect: inspectServer },
  { name: 'kube-apiserver/request', machine: requestMachine, inspect: inspectRequest },
  { name: 'kube-apiserver/extensions', machine: extensionsMachine, inspect: inspectExtensions },
  { name: 'kube-apiserver/identity', machine: identityMachine, inspect: inspectIdentity },
];
