import { objectName, type Context } from '../context.ts';
import { CommandError, throwAll } from '../errors.ts';
import type { Command } from '../operations.ts';
import { fetchTargets, targetsOf } from '../resource-builder.ts';
import { createdKind, type CreatedKind } from './creator.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath } from '#machinery/client.ts';
import type { KubeObject } from '#api/object.ts';
import { checked } from '../errors.ts';
import { call, forEach, print } from '../operations.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { changedText, outputOf } from '../printers/output.ts';

const kind: CreatedKind = {
  ...createdKind('Job'),
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
};

/** `kubectl autoscale`. */
export function* autoscaleCommand(context: Context): Command<void> {
  const { flags } = context;
  const max = flags.integer('max');
  const min = flags.integer('min');
  if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  const failures = yield* forEach(found, function* ({ target, object }) {
    const percent = flags.integer('cpu-percent');
    const name = flags.text('name') === '' ? target.name : flags.text('name');
    if (!target.resource.subresources.includes('scale'))
      throw new CommandError(`cannot autoscale a ${objectName(target.resource, target.name)}`);
    const metrics =
      percent > 0
        ? { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } }] }
        : {};
    const spec = {
      maxReplicas: max,
      ...(min > 0 ? { minReplicas: min } : {}),
      ...metrics,
      scaleTargetRef: { apiVersion: object.apiVersion, kind: object.kind, name: target.name },
    };
    const body = { apiVersion: 'autoscaling/v2', kind: kind.kind, metadata: { name }, spec };
    const output = outputOf(flags, context.input.files, 'write');
    const resource = { ...kind, singular: '', shortNames: [], categories: [], verbs: [], subresources: [] };
    const path = resourcePath(kind, context.namespace);
    const made =
      dryRunOf(flags) === 'client'
        ? body
        : checked(yield* call({ method: 'POST', path, query: writeQuery(flags, 'kubectl-autoscale'), body, contentType: mediaTypes.json }))
            .body;
    yield* print(changedText(resource, made as unknown as KubeObject, 'autoscaled', output, flags));
  });
  throwAll([...errors, ...failures]);
}
