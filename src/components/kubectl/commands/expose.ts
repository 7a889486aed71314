import type { PodSpec } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { ApiResource, Context } from '../context.ts';
import { checked, CommandError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

const service: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
};
const exposable = ['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet'];

/** `kubectl expose` (kubectl/pkg/cmd/expose/expose.go). */
export function* exposeCommand(context: Context): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  const failures = yield* forEach(found, (item) => exposeOne(context, item));
  throwAll([...errors, ...failures]);
}

function* exposeOne(context: Context, { target, object }: Found): Command<void> {
  const { flags } = context;
  const { resource } = target;
  if (!exposable.includes(object.kind))
    throw new CommandError(`cannot expose a ${object.kind}${resource.group === '' ? '' : `.${resource.group}`}`);
  const selector = selectorFor(context, object);
  const ports = portsFor(context, object);
  const labels = flags.text('labels') === '' ? object.metadata.labels : pairs(flags.text('labels'));
  const type = flags.text('type');
  const clusterIP = flags.text('cluster-ip');
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
      name: flags.text('name') === '' ? target.name : flags.text('name'),
      ...(context.namespaceGiven ? { namespace: context.namespace } : {}),
    },
    spec: {
      ports,
      selector,
      ...(type === '' ? {} : { type }),
      ...(clusterIP === '' ? {} : { clusterIP }),
      ...(flags.text('external-ip') === '' ? {} : { externalIPs: [flags.text('external-ip')] }),
      ...(flags.text('load-balancer-ip') === '' ? {} : { loadBalancerIP: flags.text('load-balancer-ip') }),
      ...(flags.text('session-affinity') === '' ? {} : { sessionAffinity: flags.text('session-affinity') }),
    },
    status: { loadBalancer: {} },
  };
  const output = outputOf(flags, context.input.files, 'write');
  if (dryRunOf(flags) === 'client') return yield* print(changedText(service, body as unknown as KubeObject, 'exposed', output, flags));
  const path = resourcePath(resources.services, context.namespace);
  const created = checked(
    yield* call({ method: 'POST', path, query: writeQuery(flags, 'kubectl-expose'), body, contentType: mediaTypes.json }),
  ).body;
  yield* print(changedText(service, created as unknown as KubeObject, 'exposed', output, flags));
}

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));

function selectorFor(context: Context, object: KubeObject): Readonly<Record<string, string>> {
  const given = context.flags.list('selector').join(',');
  if (given !== '') return pairs(given);
  const spec = object['spec'] as {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>>; readonly matchExpressions?: readonly unknown[] };
  };
  if (object.kind === 'Pod') {
    const { labels = {} } = object.metadata;
    if (Object.keys(labels).length === 0) throw new CommandError('the pod has no labels and cannot be exposed');
    return labels;
  }
  if (object.kind === 'Service' || object.kind === 'ReplicationController')
    return (spec.selector ?? {}) as Readonly<Record<string, string>>;
  if ((spec.selector?.matchExpressions ?? []).length > 0)
    throw new CommandError(
      `couldn't convert expressions - "${JSON.stringify(spec.selector?.matchExpressions)}" to map-based selector format`,
    );
  return spec.selector?.matchLabels ?? {};
}

function portsFor(context: Context, object: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  const { flags } = context;
  const protocol = flags.text('protocol') === '' ? 'TCP' : flags.text('protocol');
  const target = flags.text('target-port');
  const known = containerPorts(object);
  const numbers = flags.text('port') === '' ? known.map((port) => port.number) : flags.text('port').split(',').map(Number);
  if (numbers.length === 0)
    throw new CommandError("couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples");
  return numbers.map((port, index) => ({
    ...(numbers.length > 1 ? { name: `port-${index + 1}` } : {}),
    port,
    protocol: known.find((other) => other.number === port)?.protocol ?? protocol,
    targetPort: target === '' ? port : /^\d+$/.test(target) ? Number(target) : target,
  }));
}

function containerPorts(object: KubeObject): readonly { readonly number: number; readonly protocol: string }[] {
  const spec = object['spec'] as {
    readonly template?: { readonly spec?: PodSpec };
    readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
  } & PodSpec;
  if (object.kind === 'Service') return (spec.ports ?? []).map((port) => ({ number: port.port, protocol: port.protocol ?? 'TCP' }));
  const containers = (object.kind === 'Pod' ? spec : spec.template?.spec)?.containers ?? [];
  return containers.flatMap((container) =>
    (container.ports ?? []).map((port) => ({ number: port.containerPort, protocol: port.protocol ?? 'TCP' })),
  );
}
