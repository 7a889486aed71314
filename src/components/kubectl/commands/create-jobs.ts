import type { CronJob } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Command } from '../operations.ts';
import { fetch, targetsOf } from '../resource-builder.ts';
import { createdKind, createObject, nameOf, requireFlag } from './creator.ts';

const commandOf = (context: Context): readonly string[] =>
  context.dashAt < 0 ? context.args.slice(1) : context.args.slice(context.dashAt);

/** `kubectl create job` (create_job.go), from an image or from a cron job. */
export function* createJob(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  const from = flags.text('from');
  const image = flags.text('image');
  if ((from === '') === (image === '')) throw new CommandError('either --image or --from must be specified');
  const failure = (message: string): CommandError => new CommandError(`failed to create job: ${message}`);
  if (from === '') {
    const command = commandOf(context);
    const container = { ...(command.length > 0 ? { command } : {}), image, name, resources: {} };
    const spec = { template: { metadata: {}, spec: { containers: [container], restartPolicy: 'Never' } } };
    return yield* createObject(context, createdKind('Job'), { metadata: { name }, spec, status: {} }, failure);
  }
  if (commandOf(context).length > 0) throw new CommandError('cannot specify --from and command');
  const [target] = yield* targetsOf(context, [from]);
  const cronJob = (yield* fetch(target!)) as CronJob & KubeObject;
  if (cronJob.kind !== 'CronJob') throw new CommandError(`from must be an existing cronjob`);
  yield* createObject(context, createdKind('Job'), { ...jobOf(name, cronJob), status: {} }, failure);
}

function jobOf(
  name: string,
  { apiVersion, kind, metadata, spec }: CronJob & KubeObject,
): { readonly metadata: Readonly<Record<string, unknown>>; readonly spec: unknown } {
  const template = spec?.jobTemplate;
  const labels = template?.metadata?.labels;
  return {
    metadata: {
      name,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...template?.metadata?.annotations },
      ...(labels === undefined ? {} : { labels }),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }],
    },
    spec: template?.spec ?? {},
  };
}

/** `kubectl create cronjob`. */
export function* createCronJob(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  requireFlag(context, 'image', 'schedule');
  const command = commandOf(context);
  const container = { ...(command.length > 0 ? { command } : {}), image: flags.text('image'), name, resources: {} };
  const restartPolicy = flags.text('restart') === '' ? 'OnFailure' : flags.text('restart');
  const jobTemplate = { metadata: { name }, spec: { template: { metadata: {}, spec: { containers: [container], restartPolicy } } } };
  yield* createObject(
    context,
    createdKind('CronJob'),
    { metadata: { name }, spec: { jobTemplate, schedule: flags.text('schedule') }, status: {} },
    (message) => new CommandError(`failed to create cronjob: ${message}`),
  );
}
