import { canonicalQuantity, quantityError, tryParseQuantity } from '#api/quantity.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Command } from '../operations.ts';
import { createdKind, createObject, nameOf, requireFlag, type Body, type Failure } from './creator.ts';

const failed =
  (what: string): Failure =>
  (message) =>
    new CommandError(`failed to create ${what}: ${message}`);

/** `kubectl create namespace`. */
export function* createNamespace(context: Context): Command<void> {
  yield* createObject(context, createdKind('Namespace'), { metadata: { name: nameOf(context) }, spec: {}, status: {} });
}

/** `kubectl create serviceaccount`. */
export function* createServiceAccount(context: Context): Command<void> {
  yield* createObject(context, createdKind('ServiceAccount'), { metadata: { name: nameOf(context) } }, failed('serviceaccount'));
}

/** The last part of an image's name, as a container's. */
function containerName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last
    .replace(/[:@].*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** `kubectl create deployment` (create_deployment.go). */
export function* createDeployment(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  requireFlag(context, 'image');
  const images = flags.list('image');
  const command = context.dashAt < 0 ? [] : context.args.slice(context.dashAt);
  if (images.length > 1 && command.length > 0) throw new CommandError('cannot specify multiple --image options and command');
  if (flags.integer('replicas') < 0) throw new CommandError(`invalid replicas: ${flags.text('replicas')}`);
  const port = flags.integer('port');
  const used = new Map<string, number>();
  const containers = images.map((image, index) => {
    const base = containerName(image);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    return {
      name: count === 0 ? base : `${base}-${count}`,
      image,
      ...(command.length > 0 ? { command } : {}),
      ...(flags.changed('port') && port >= 0 && index === 0 ? { ports: [{ containerPort: port }] } : {}),
      resources: {},
    };
  });
  const labels = { app: name };
  const spec = {
    replicas: flags.integer('replicas'),
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
    strategy: {},
  };
  yield* createObject(context, createdKind('Deployment'), { metadata: { name, labels }, spec, status: {} }, failed('deployment'));
}

/** The amounts of `--hard`, as far as a client can read them (create_quota.go, populateResourceListV1). */
function hardLimits(text: string): Readonly<Record<string, string>> {
  const pairs = text === '' ? [] : text.split(',');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', amount, ...more] = pair.split('=');
      if (amount === undefined || more.length > 0) throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      if (tryParseQuantity(amount) === undefined) throw new CommandError(quantityError);
      return [name, canonicalQuantity(amount)];
    }),
  );
}

/** `kubectl create quota`. */
export function* createQuota(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  const hard = hardLimits(flags.text('hard'));
  const scopes = flags.text('scopes') === '' ? [] : flags.text('scopes').split(',');
  if (scopes.includes('')) throw new CommandError('invalid resource quota scope ""');
  const spec = { ...(Object.keys(hard).length > 0 ? { hard } : {}), ...(scopes.length > 0 ? { scopes } : {}) };
  yield* createObject(context, createdKind('ResourceQuota'), { metadata: { name }, spec, status: {} }, failed('quota'));
}

/** `kubectl create priorityclass`. */
export function* createPriorityClass(context: Context): Command<void> {
  const { flags } = context;
  const body: Body = {
    metadata: { name: nameOf(context) },
    value: flags.integer('value'),
    ...(flags.boolean('global-default') ? { globalDefault: true } : {}),
    ...(flags.text('description') === '' ? {} : { description: flags.text('description') }),
    preemptionPolicy: flags.text('preemption-policy'),
  };
  yield* createObject(context, createdKind('PriorityClass'), body, failed('priorityclass'));
}

/** `kubectl create poddisruptionbudget`. */
export function* createPdb(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  const minimum = flags.text('min-available');
  const maximum = flags.text('max-unavailable');
  if (flags.list('selector').length === 0) throw new CommandError('a selector must be specified');
  if (minimum === '' && maximum === '') throw new CommandError('one of min-available or max-unavailable must be specified');
  if (minimum !== '' && maximum !== '') throw new CommandError('min-available and max-unavailable cannot be both specified');
  const number = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);
  const matchLabels = Object.fromEntries(
    flags
      .list('selector')
      .join(',')
      .split(',')
      .map((pair) => pair.split('=') as [string, string]),
  );
  const spec = { ...(minimum === '' ? { maxUnavailable: number(maximum) } : { minAvailable: number(minimum) }), selector: { matchLabels } };
  yield* createObject(
    context,
    createdKind('PodDisruptionBudget'),
    { metadata: { name }, spec, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } },
    failed('poddisruptionbudgets'),
  );
}

/** `kubectl create service clusterip|nodeport|loadbalancer|externalname` (create_service.go). */
export function createService(type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'): (context: Context) => Command<void> {
  return function* (context) {
    const { flags } = context;
    const name = nameOf(context);
    const labels = { app: name };
    const ports = flags.list('tcp').map((text) => servicePort(text, flags.integer('node-port')));
    if (type === 'ExternalName') requireFlag(context, 'external-name');
    else if (ports.length === 0 && !(type === 'ClusterIP' && flags.text('clusterip') === 'None'))
      throw new CommandError('at least one tcp port specifier must be provided');
    const headless = type === 'ClusterIP' && flags.text('clusterip') !== '' ? { clusterIP: flags.text('clusterip') } : {};
    const spec = {
      ...(ports.length > 0 ? { ports } : {}),
      selector: labels,
      ...headless,
      type,
      ...(type === 'ExternalName' ? { externalName: flags.text('external-name') } : {}),
    };
    yield* createObject(
      context,
      createdKind('Service'),
      { metadata: { name, labels }, spec, status: { loadBalancer: {} } },
      failed(`${type} service`),
    );
  };
}

function servicePort(text: string, nodePort: number): Readonly<Record<string, unknown>> {
  const [port = '', target = port] = text.split(':');
  if (!/^\d+$/.test(port)) throw new CommandError(`invalid service port: ${text}`);
  const name = text.includes(':') ? `${port}-${target}` : port;
  return {
    name,
    port: Number(port),
    protocol: 'TCP',
    targetPort: /^\d+$/.test(target) ? Number(target) : target,
    ...(nodePort > 0 ? { nodePort } : {}),
  };
}

const backendOf = (name: string, port: string): object => ({
  service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
});

/** `kubectl create ingress`: rules as `host/path=service:port[,tls[=secret]]`. */
export function* createIngress(context: Context): Command<void> {
  const { flags } = context;
  const name = nameOf(context);
  const rules = new Map<string, unknown[]>();
  const tls: unknown[] = [];
  const [defaultService = '', defaultPort = ''] = flags.text('default-backend').split(':');
  for (const rule of flags.list('rule')) {
    const match = /^([^/=]*)(\/[^=]*)?=([^:,]+):([^,]+)(?:,(.*))?$/.exec(rule);
    if (match === null) throw new CommandError(`rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
    const [, host = '', path = '/', service = '', port = '', options = ''] = match;
    const exact = !path.endsWith('*');
    const backend = backendOf(service, port);
    rules.set(host, [...(rules.get(host) ?? []), { path: path.replace(/\*$/, '') || '/', pathType: exact ? 'Exact' : 'Prefix', backend }]);
    if (/^tls/.test(options))
      tls.push({
        ...(host === '' ? {} : { hosts: [host] }),
        ...(options.includes('=') ? { secretName: options.slice(options.indexOf('=') + 1) } : {}),
      });
  }
  const spec = {
    ...(flags.text('class') === '' ? {} : { ingressClassName: flags.text('class') }),
    ...(defaultService === '' ? {} : { defaultBackend: backendOf(defaultService, defaultPort) }),
    ...(tls.length > 0 ? { tls } : {}),
    ...(rules.size === 0 ? {} : { rules: [...rules].map(([host, paths]) => ({ ...(host === '' ? {} : { host }), http: { paths } })) }),
  };
  const annotations = Object.fromEntries(flags.list('annotation').map((pair) => [pair.replace(/=.*$/s, ''), pair.replace(/^[^=]*=?/, '')]));
  const metadata = { ...(Object.keys(annotations).length === 0 ? {} : { annotations }), name };
  yield* createObject(context, createdKind('Ingress'), { metadata, spec, status: { loadBalancer: {} } }, failed('ingress'));
}
