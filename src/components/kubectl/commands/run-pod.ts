import { isObject, type Json } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { applyMergePatch, applyStrategicMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import { attachToNewPod } from './run-attach.ts';
import type { ApiResource, Context } from '../context.ts';
import { checked, CommandError, usageError } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { discover } from '../discovery.ts';
import { call, print, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';

const podResource: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
};

/** `kubectl run` (kubectl/pkg/cmd/run/run.go). */
export function* runPod(context: Context): Command<void> {
  const { flags } = context;
  const count = context.dashAt < 0 ? context.args.length : context.dashAt;
  if (count === 0) throw usageError(context.command, 'NAME is required for run');
  const image = flags.text('image');
  if (image === '') throw new CommandError('required flag(s) "image" not set');
  if (
    !/^[a-z0-9][a-z0-9._-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]+)?$/i.test(image) ||
    /[A-Z]/.test(image.replace(/:[^/]*$/, '').replace(/^[^/]*[.:][^/]*\//, ''))
  ) {
    throw new CommandError(`Invalid image name "${image}": invalid reference format`);
  }
  if (!['Always', 'OnFailure', 'Never', ''].includes(flags.text('restart')))
    throw usageError(context.command, `invalid restart policy: ${flags.text('restart')}`);
  if (flags.boolean('rm') && !flags.boolean('attach') && !flags.boolean('stdin'))
    throw new CommandError('--rm should only be used for attached containers');
  if (flags.boolean('expose') && !flags.changed('port')) throw usageError(context.command, '--port must be set when exposing a service');
  const output = outputOf(flags, context.input.files, 'write');
  const pod = withOverrides(context, podOf(context, context.args[0]!, image));
  yield* discover();
  const created = dryRunOf(flags) === 'client' ? pod : yield* createPod(context, pod);
  if (flags.boolean('expose')) yield* exposePod(context, pod, output);
  if (flags.boolean('attach') || flags.boolean('stdin')) return yield* attachToNewPod(context, created);
  yield* print(changedText(podResource, created, 'created', output, flags));
}

function* createPod(context: Context, pod: KubeObject): Command<KubeObject> {
  const path = resourcePath(resources.pods, context.namespace);
  return checked(yield* call({ method: 'POST', path, query: writeQuery(context.flags, 'kubectl-run'), body: pod }))
    .body as unknown as KubeObject;
}

function podOf(context: Context, name: string, image: string): KubeObject {
  const { flags } = context;
  const labels =
    flags.list('labels').length > 0
      ? Object.fromEntries(flags.list('labels').map((pair) => pair.split('=') as [string, string]))
      : { run: name };
  const rest = context.dashAt < 0 ? context.args.slice(1) : context.args.slice(context.dashAt);
  const env = flags.list('env').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new CommandError(`invalid env: ${pair}`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  const annotations = Object.fromEntries(
    flags.list('annotations').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const container = {
    ...(rest.length === 0 ? {} : flags.boolean('command') ? { command: rest } : { args: rest }),
    ...(env.length > 0 ? { env } : {}),
    image,
    ...(flags.text('image-pull-policy') === '' ? {} : { imagePullPolicy: flags.text('image-pull-policy') }),
    name,
    ...(flags.changed('port') ? { ports: [{ containerPort: flags.integer('port') }] } : {}),
    resources: {},
    ...(flags.boolean('stdin') ? { stdin: true, ...(flags.boolean('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
    ...(flags.boolean('tty') ? { tty: true } : {}),
    ...(flags.boolean('privileged') ? { securityContext: { privileged: true } } : {}),
  };
  const restartPolicy = flags.text('restart') === '' ? 'Always' : flags.text('restart');
  const metadata = {
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    labels,
    name,
    ...(context.namespaceGiven ? { namespace: context.namespace } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy },
    status: {},
  };
}

/** `--overrides`: JSON laid over what the flags made. */
function withOverrides(context: Context, pod: KubeObject): KubeObject {
  const text = context.flags.text('overrides');
  if (text === '') return pod;
  let patch: Json;
  try {
    patch = JSON.parse(text) as Json;
  } catch {
    throw new CommandError(`invalid character in JSON patch: ${text}`);
  }
  if (!isObject(patch)) throw new CommandError('overrides must be a JSON object');
  const strategic = context.flags.text('override-type') === 'strategic';
  return (
    strategic ? applyStrategicMergePatch(pod, patch, schemaFor({ group: '', version: 'v1', kind: 'Pod' })) : applyMergePatch(pod, patch)
  ) as KubeObject;
}

/** `--expose`: a service of the same name. */
function* exposePod(context: Context, pod: KubeObject, output: Parameters<typeof changedText>[3]): Command<void> {
  const port = context.flags.integer('port');
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: pod.metadata.name },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: pod.metadata.labels },
    status: { loadBalancer: {} },
  };
  const service = { ...podResource, kind: 'Service', plural: 'services', singular: 'service' };
  const dry = dryRunOf(context.flags) === 'client';
  const created = dry
    ? body
    : checked(
        yield* call({
          method: 'POST',
          path: resourcePath(resources.services, context.namespace),
          query: writeQuery(context.flags, 'kubectl-run'),
          body,
        }),
      ).body;
  yield* print(changedText(service, created as unknown as KubeObject, 'created', output, context.flags));
  if (output.type === 'yaml') yield* print('---\n');
}
