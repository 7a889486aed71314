import type { ControllerRevision, Deployment, PodTemplateSpec, ReplicaSet } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { createTwoWayMergePatch } from '#api/patch/index.ts';
import { formatTime } from '#api/object.ts';
import { schemaFor } from '#api/schema/index.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { get, objectName, pathOf, type Context } from '../context.ts';
import { checked, CommandError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { describeTemplate } from '../describers/pod-template.ts';
import { alignTabs, describeTabs } from '../printers/tab-writer.ts';
import { selectorOf } from '../pods.ts';
import { call, currentTime, forEach, print, type Command } from '../operations.ts';
import { changedText, dryRunSuffix, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const causeAnnotation = 'kubernetes.io/change-cause';

/** One revision of a workload. */
interface Revision {
  readonly number: number;
  readonly cause: string;
  readonly template: PodTemplateSpec;
  readonly object: KubeObject;
}

function* revisionsOf(object: KubeObject): Command<readonly Revision[]> {
  const namespace = object.metadata.namespace ?? '';
  const deployment = object.kind === 'Deployment';
  if (!deployment && object.kind !== 'DaemonSet' && object.kind !== 'StatefulSet')
    throw new CommandError(`no history viewer has been implemented for {"${object.apiVersion.split('/')[0] ?? ''}" "${object.kind}"}`);
  const path = resourcePath(deployment ? resources.replicasets : resources.controllerrevisions, namespace);
  const list = checked(yield* call(get(path, { labelSelector: selectorOf(object) ?? '' }))).body as unknown as {
    readonly items?: readonly KubeObject[];
  };
  return (list.items ?? [])
    .filter(
      (item) => item.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === object.metadata.uid) === true,
    )
    .map((item) => (deployment ? ofReplicaSet(item) : ofControllerRevision(item)))
    .sort((a, b) => a.number - b.number);
}

function ofReplicaSet(object: KubeObject): Revision {
  const { spec } = object as ReplicaSet & KubeObject;
  const annotations = object.metadata.annotations ?? {};
  return {
    number: Number(annotations[revisionAnnotation] ?? '0'),
    cause: annotations[causeAnnotation] ?? '',
    template: spec!.template!,
    object,
  };
}

function ofControllerRevision(object: KubeObject): Revision {
  const { revision, data } = object as ControllerRevision & KubeObject;
  const { spec } = data as unknown as { readonly spec: { readonly template: PodTemplateSpec } };
  return { number: revision, cause: object.metadata.annotations?.[causeAnnotation] ?? '', template: spec.template, object };
}

/** `kubectl rollout history` (polymorphichelpers/history.go). */
export function* rolloutHistory(context: Context): Command<void> {
  const wanted = context.flags.integer('revision');
  if (wanted < 0) throw new CommandError(`revision must be a positive integer: ${wanted}`);
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  throwAll(errors);
  for (const { target, object } of found) {
    // The history viewer fetches the workload once more by its typed client.
    checked(yield* call(get(pathOf(target.resource, target.namespace, target.name))));
    const revisions = yield* revisionsOf(object);
    const name = objectName(target.resource, target.name);
    if (wanted > 0) {
      const revision = revisions.find((item) => item.number === wanted);
      if (revision === undefined) throw new CommandError(`unable to find the specified revision`);
      const text = alignTabs(`Pod Template:\n${describeTemplate(withCause(revision), 1)}`, describeTabs);
      yield* print(`${name} with revision #${wanted}\n${text}\n`);
    } else {
      const rows = revisions.map((revision) => `${revision.number}\t${revision.cause === '' ? '<none>' : revision.cause}\n`).join('');
      yield* print(`${name} \n${alignTabs(`REVISION\tCHANGE-CAUSE\n${rows}`, describeTabs)}\n`);
    }
  }
}

function withCause({ template, cause }: Revision): PodTemplateSpec {
  return cause === ''
    ? template
    : { ...template, metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [causeAnnotation]: cause } } };
}

/** `kubectl rollout undo` (polymorphichelpers/rollback.go). */
export function* rolloutUndo(context: Context): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  throwAll(errors);
  const failures = yield* forEach(found, (item) => undoOne(context, item));
  throwAll(failures);
}

function* undoOne(context: Context, { target, object }: Found): Command<void> {
  const { flags } = context;
  const name = objectName(target.resource, target.name);
  const path = pathOf(target.resource, target.namespace, target.name);
  checked(yield* call(get(path)));
  if ((object as Deployment & KubeObject).spec?.paused === true && object.kind === 'Deployment') {
    throw new CommandError(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${target.name}' and try again`,
    );
  }
  const revision = pick(yield* revisionsOf(object), flags.integer('to-revision'));
  const { 'pod-template-hash': _, ...labels } = (revision.template.metadata?.labels ?? {}) as Readonly<Record<string, string>>;
  const template =
    object.kind === 'Deployment' ? { ...revision.template, metadata: { ...revision.template.metadata, labels } } : revision.template;
  const live = (object as Deployment & KubeObject).spec?.template;
  if (live !== undefined && sameTemplate(live, template))
    return yield* print(`${name} skipped rollback (current template already matches revision ${revision.number})\n`);
  if (dryRunOf(flags) === 'client') {
    const text = alignTabs(`Pod Template:\n${describeTemplate(template, 1)}`, describeTabs);
    return yield* print(`${name} ${text} (dry run)\n`);
  }
  const query: Record<string, string> = dryRunOf(flags) === 'server' ? { dryRun: 'All' } : {};
  if (object.kind === 'Deployment') yield* patchTemplate(path, query, object, template, revision);
  else
    checked(
      yield* call({
        method: 'PATCH',
        path,
        query,
        body: (revision.object as ControllerRevision & KubeObject).data as never,
        contentType: mediaTypes.strategicMergePatch,
      }),
    );
  yield* print(`${name} rolled back${dryRunSuffix(flags)}\n`);
}

function* patchTemplate(
  path: string,
  query: Readonly<Record<string, string>>,
  object: KubeObject,
  template: unknown,
  revision: Revision,
): Command<void> {
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) if (kept.has(key)) annotations[key] = value;
  for (const [key, value] of Object.entries(revision.object.metadata.annotations ?? {})) if (!kept.has(key)) annotations[key] = value;
  const body = [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: annotations },
  ];
  checked(yield* call({ method: 'PATCH', path, query, body, contentType: mediaTypes.jsonPatch }));
}

/** Annotations that stay with the deployment when it goes back. */
const kept = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]);

function pick(revisions: readonly Revision[], wanted: number): Revision {
  if (wanted > 0) {
    const found = revisions.find((item) => item.number === wanted);
    if (found === undefined) throw new CommandError(`unable to find specified revision ${wanted} in history`);
    return found;
  }
  if (revisions.length < 2) throw new CommandError('no rollout history found for deployment');
  return revisions[revisions.length - 2]!;
}

const sameTemplate = (a: unknown, b: unknown): boolean => Object.keys(createTwoWayMergePatch(a, b, undefined)).length === 0;

/** `kubectl rollout restart`, `pause`, `resume`: a small patch of the workload. */
export function rolloutChange(verb: 'restarted' | 'paused' | 'resumed'): (context: Context) => Command<void> {
  return function* (context) {
    const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
    throwAll(errors);
    const failures = yield* forEach(found, (item) => changeOne(context, item, verb));
    throwAll(failures);
  };
}

function* changeOne(context: Context, { target, object }: Found, verb: 'restarted' | 'paused' | 'resumed'): Command<void> {
  const { flags } = context;
  const { resource } = target;
  const changed = changedObject(object, verb, yield* currentTime(), `${resource.plural}.${resource.group} ${JSON.stringify(target.name)}`);
  const patch = createTwoWayMergePatch(object, changed, schemaFor(resource));
  const path = pathOf(resource, target.namespace, target.name);
  const output = outputOf(flags, context.input.files, 'write');
  const response = yield* call({
    method: 'PATCH',
    path,
    query: writeQuery(flags, 'kubectl-rollout'),
    body: patch,
    contentType: mediaTypes.strategicMergePatch,
  });
  yield* print(changedText(resource, checked(response).body as unknown as KubeObject, verb, output, flags));
}

function changedObject(object: KubeObject, verb: string, now: number, name: string): KubeObject {
  const spec = object['spec'] as { readonly paused?: boolean; readonly template?: PodTemplateSpec };
  if (verb === 'restarted') {
    if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(object.kind)) throw new CommandError(`${name} restarting is not supported`);
    if (spec.paused === true) throw new CommandError(`can't restart paused deployment (run rollout resume first)`);
    const annotations = { ...spec.template?.metadata?.annotations, 'kubectl.kubernetes.io/restartedAt': formatTime(now) };
    return { ...object, spec: { ...spec, template: { ...spec.template, metadata: { ...spec.template?.metadata, annotations } } } };
  }
  if (object.kind !== 'Deployment') throw new CommandError(`${name} ${verb === 'paused' ? 'pausing' : 'resuming'} is not supported`);
  if (verb === 'paused') {
    if (spec.paused === true) throw new CommandError(`${name} is already paused`);
    return { ...object, spec: { ...spec, paused: true } };
  }
  if (spec.paused !== true) throw new CommandError(`${name} is not paused`);
  const { paused: _, ...others } = spec;
  return { ...object, spec: others };
}
