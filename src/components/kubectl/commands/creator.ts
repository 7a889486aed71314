import type { KubeObject } from '#api/object.ts';
import { resourcePath } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { checked, CommandError, StatusError } from '../errors.ts';
import { dryRunOf, validationOf, writeQuery } from '../dry-run.ts';
import { call, print, type Command } from '../operations.ts';
import { changedText, outputOf, type Output } from '../printers/output.ts';
import { withLastApplied } from '../last-applied.ts';
import type { ManifestObject } from '../manifests.ts';

/** A kind that `kubectl create` can make from flags: typed clients know the path, so nothing is discovered. */
export interface CreatedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const kinds: Readonly<Record<string, readonly [group: string, plural: string, namespaced?: false]>> = {
  Namespace: ['', 'namespaces', false],
  ConfigMap: ['', 'configmaps'],
  Secret: ['', 'secrets'],
  Service: ['', 'services'],
  ServiceAccount: ['', 'serviceaccounts'],
  ResourceQuota: ['', 'resourcequotas'],
  Pod: ['', 'pods'],
  Deployment: ['apps', 'deployments'],
  Job: ['batch', 'jobs'],
  CronJob: ['batch', 'cronjobs'],
  Ingress: ['networking.k8s.io', 'ingresses'],
  PodDisruptionBudget: ['policy', 'poddisruptionbudgets'],
  Role: ['rbac.authorization.k8s.io', 'roles'],
  RoleBinding: ['rbac.authorization.k8s.io', 'rolebindings'],
  ClusterRole: ['rbac.authorization.k8s.io', 'clusterroles', false],
  ClusterRoleBinding: ['rbac.authorization.k8s.io', 'clusterrolebindings', false],
  PriorityClass: ['scheduling.k8s.io', 'priorityclasses', false],
};

/** The kind of that name. */
export function createdKind(kind: string, version = 'v1'): CreatedKind {
  const [group, plural, namespaced = true] = kinds[kind]!;
  return { group, version, plural, kind, namespaced };
}

/** What is being made, before it has its kind. */
export type Body = Readonly<Record<string, unknown>> & { readonly metadata: Readonly<Record<string, unknown>> };

/** The object with its kind, and its namespace where `-n` gave one. */
function objectOf(context: Context, kind: CreatedKind, body: Body): KubeObject {
  const namespace = kind.namespaced && context.namespaceGiven ? { namespace: context.namespace } : {};
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return { apiVersion, kind: kind.kind, ...body, metadata: { ...body.metadata, ...namespace } } as unknown as KubeObject;
}

/** How errors of a creation are told: `error: failed to create deployment: …`, or as the server says them. */
export type Failure = (message: string) => CommandError;

/** Sends a new object, or only shows it, as `--dry-run` and `-o` say. */
export function* createObject(context: Context, kind: CreatedKind, body: Body, failure?: Failure): Command<void> {
  const { flags } = context;
  const output: Output = outputOf(flags, context.input.files, 'write');
  const plain = objectOf(context, kind, body);
  const object = flags.boolean('save-config') ? (withLastApplied(plain as ManifestObject) as KubeObject) : plain;
  const created = dryRunOf(flags) === 'client' ? object : yield* send(context, kind, object, failure);
  yield* print(
    changedText({ ...kind, singular: '', shortNames: [], categories: [], verbs: [], subresources: [] }, created, 'created', output, flags),
  );
}

function* send(context: Context, kind: CreatedKind, object: KubeObject, failure: Failure | undefined): Command<KubeObject> {
  const path = resourcePath(kind, kind.namespaced ? context.namespace : '');
  try {
    const query = writeQuery(context.flags, 'kubectl-create', validationOf(context.flags));
    return checked(yield* call({ method: 'POST', path, query, body: object })).body as unknown as KubeObject;
  } catch (error) {
    if (failure !== undefined && error instanceof StatusError) throw failure(error.message);
    throw error;
  }
}

/** The one NAME argument of a create command. Throws in kubectl's words. */
export function nameOf(context: Context): string {
  const count = context.dashAt < 0 ? context.args.length : context.dashAt;
  if (count !== 1) throw new CommandError(`exactly one NAME is required, got ${count}\nSee '${context.command} -h' for help and examples`);
  return context.args[0]!;
}

/** Throws unless the flag is there. */
export function requireFlag(context: Context, ...names: readonly string[]): void {
  const missing = names.filter((name) => !context.flags.changed(name));
  if (missing.length > 0) throw new CommandError(`required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set`);
}
