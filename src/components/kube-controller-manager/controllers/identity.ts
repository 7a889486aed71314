import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type Caches, type ControllerDefinition, type SyncContext, type Sync } from '../controller.ts';

/** What every namespace gets: its default service account, and the certificate with which to recognise the API server. */
const rootCa = 'kube-root-ca.crt';
const certificate = '-----BEGIN CERTIFICATE-----\nMIIBorrery\n-----END CERTIFICATE-----\n';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Makes sure of an object in a namespace; one that is being emptied refuses it, and that is the end of it. */
function* inNamespace(
  context: SyncContext,
  namespace: string,
  plural: 'serviceaccounts' | 'configmaps',
  body: { readonly metadata: { readonly name: string } },
): Sync {
  if (
    lookUp(context.caches, 'namespaces', namespace) === undefined ||
    lookUp(context.caches, plural, `${namespace}/${body.metadata.name}`) !== undefined
  )
    return done;
  const answer = yield* call({ method: 'POST', path: resourcePath(resources[plural], namespace), body });
  return ok(answer) || answer.status === 409 || answer.status === 403 ? done : retry;
}

const isActive = (context: SyncContext, namespace: string): boolean =>
  lookUp(context.caches, 'namespaces', namespace)?.metadata.deletionTimestamp === undefined;

const lost =
  (name: string) =>
  (change: { readonly type: string; readonly object: KubeObject }): readonly string[] =>
    change.type !== 'add' && change.object.metadata.name === name ? [change.object.metadata.namespace ?? ''] : [];
const everyNamespace = ({ object }: { readonly object: KubeObject }): readonly string[] => [object.metadata.name];

/** pkg/controller/serviceaccount/serviceaccounts_controller.go */
export const serviceaccount: ControllerDefinition = {
  name: 'service-account-controller',
  workers: 1,
  eventSource: 'service-account-controller',
  handlers: { namespaces: everyNamespace, serviceaccounts: lost('default') },
  sync: (key, context) =>
    inNamespace(context, isActive(context, key) ? key : '', 'serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: key },
    } as never),
};

/** pkg/controller/certificates/rootcacertpublisher/publisher.go */
export const rootCaPublisher: ControllerDefinition = {
  name: 'root-ca-cert-publisher',
  workers: 1,
  eventSource: 'root-ca-cert-publisher',
  handlers: {
    namespaces: (change) =>
      change.type === 'delete' || change.object.metadata.deletionTimestamp !== undefined ? [] : everyNamespace(change),
    configmaps: lost(rootCa),
  },
  sync: (key, context) =>
    inNamespace(context, key, 'configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: rootCa, annotations: { 'kubernetes.io/description': description } },
      data: { 'ca.crt': certificate },
    } as never),
};

export type { Caches };
