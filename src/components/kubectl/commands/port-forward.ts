import type { Service } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { CommandError, statusError, usageError } from '../errors.ts';
import { chance, listenOn, printError, stream, type Command, type Output, type StreamEvent, type StreamStep } from '../operations.ts';
import { podOf, type ApiPod } from '../pods.ts';
import { fetch, targetsOf } from '../resource-builder.ts';
import type { ForwardedPort } from '../state.ts';

/** `kubectl port-forward` (kubectl/pkg/cmd/portforward/portforward.go). */
export function* portForwardCommand(context: Context): Command<void> {
  const { args } = context;
  if (args.length < 2) throw usageError(context.command, 'TYPE/NAME and list of ports are required for port-forward');
  const [word = '', ...texts] = args;
  const [pod] = yield* podOf(context, word);
  if (pod === undefined) throw new CommandError('timed out waiting for the condition');
  const service = /^(?:svc|services?)\//i.test(word) ? yield* serviceOf(context, word) : undefined;
  const wanted: ForwardedPort[] = [];
  for (const text of texts) wanted.push(yield* portsOf(text, pod, service));
  if (pod.status?.phase !== 'Running')
    throw new CommandError(`unable to forward port because pod is not running. Current status=${pod.status?.phase ?? ''}`);
  const open: ForwardedPort[] = [];
  for (const ports of wanted) {
    if (yield* listenOn(ports)) open.push(ports);
    else
      yield* printError(`Unable to listen on port ${ports.port}: Listeners failed to create with the following errors: ${inUse(ports)}\n`);
  }
  if (open.length === 0) {
    const all = wanted.map(({ port, remote }) => `{${port} ${remote}}`).join(' ');
    throw new CommandError(`unable to listen on any of the requested ports: [${all}]`);
  }
  yield* forward(context, pod, open);
}

function inUse({ port }: ForwardedPort): string {
  const listeners = [`tcp4 127.0.0.1:${port}`, `tcp6 [::1]:${port}`];
  return `[${listeners.map((text) => `unable to create listener: Error listen ${text}: bind: address already in use`).join(' ')}]`;
}

function* serviceOf(context: Context, word: string): Command<KubeObject> {
  const [target] = yield* targetsOf(context, [word]);
  return yield* fetch(target!);
}

/** `LOCAL:REMOTE`; of a service, the remote port is the one that its pods have (translateServicePortToTargetPort). */
function* portsOf(text: string, pod: ApiPod, service: KubeObject | undefined): Command<ForwardedPort> {
  const [first = '', second] = text.split(':');
  const remoteText = second ?? first;
  const remote = service === undefined ? numberOf(remoteText, pod) : targetOf(service as Service & KubeObject, remoteText, pod);
  const localText = second === undefined ? (/^\d+$/.test(first) ? first : String(remote)) : first === '' ? '0' : first;
  const local = parsePort(localText, 'local');
  if (remote === 0) throw new CommandError('remote port must be > 0');
  if (local !== 0) return { port: local, remote };
  return { port: 32_768 + Math.floor((yield* chance()) * 28_232), remote };
}

function parsePort(text: string, which: string): number {
  if (!/^\d+$/.test(text))
    throw new CommandError(`error parsing ${which} port '${text}': strconv.ParseUint: parsing "${text}": invalid syntax`);
  if (Number(text) > 65_535)
    throw new CommandError(`error parsing ${which} port '${text}': strconv.ParseUint: parsing "${text}": value out of range`);
  return Number(text);
}

/** A port of a pod by its name (convertPodNamedPortToNumber). */
function numberOf(text: string, pod: ApiPod): number {
  if (/^\d+$/.test(text)) return parsePort(text, 'remote');
  const ports = (pod.spec?.containers ?? []).flatMap((item) => item.ports ?? []);
  const found = ports.find((item) => item.name === text)?.containerPort;
  if (found === undefined) throw new CommandError(`Pod '${pod.metadata.name}' does not have a named port '${text}'`);
  return found;
}

function targetOf({ metadata, spec }: Service & KubeObject, text: string, pod: ApiPod): number {
  const port = spec?.ports?.find((item) => (/^\d+$/.test(text) ? item.port === Number(text) : item.name === text));
  if (port === undefined)
    throw new CommandError(
      /^\d+$/.test(text)
        ? `Service ${metadata.name} does not have a service port ${text}`
        : `Service '${metadata.name}' does not have a named port '${text}'`,
    );
  if (spec?.clusterIP === 'None') return port.port;
  const { targetPort = port.port } = port;
  return typeof targetPort === 'number' ? targetPort : numberOf(targetPort, pod);
}

interface Forwarding {
  readonly error: CommandError | undefined;
}

/** Stays until it is interrupted, or a connection cannot be made (client-go/tools/portforward). */
function* forward(context: Context, pod: ApiPod, ports: readonly ForwardedPort[]): Command<void> {
  const given = context.flags.list('address');
  const addresses = given.length === 0 || given.includes('localhost') ? ['127.0.0.1', '[::1]'] : given;
  const greeting = ports
    .flatMap(({ port, remote }) => addresses.map((address) => `Forwarding from ${address}:${port} -> ${remote}\n`))
    .join('');
  const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'portforward');
  const end = yield* stream<Forwarding>(
    { method: 'POST', path, upgrade: true },
    { error: undefined },
    undefined,
    (state, event, now) => react(state, event, { pod, ports, greeting, now }),
    { type: 'connections' },
  );
  throw end.error ?? new CommandError('lost connection to pod');
}

interface Surroundings {
  readonly pod: ApiPod;
  readonly ports: readonly ForwardedPort[];
  readonly greeting: string;
  readonly now: number;
}

function react(state: Forwarding, event: StreamEvent, around: Surroundings): StreamStep<Forwarding> {
  switch (event.type) {
    case 'response':
      if (event.response.status >= 400) return { state: { error: statusError(event.response) }, done: true };
      return { state, print: [{ stream: 'stdout', text: around.greeting }] };
    case 'frames': {
      const refused = event.frames.find((frame) => frame.stream === 'answer' && frame.outcome.type === 'failed');
      if (refused?.stream !== 'answer') return { state };
      return { state, print: [refusal(refused.port, around)], done: true };
    }
    case 'end':
    case 'unanswered':
      return { state, done: true };
    default:
      return { state };
  }
}

/** What klog prints of a connection that nobody takes in the pod (containerd's words in it). */
function refusal(remote: number, { pod, ports, now }: Surroundings): Output {
  const { port } = ports.find((item) => item.remote === remote) ?? { port: remote };
  const time = new Date(now).toISOString();
  const stamp = `E${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}000`;
  const why = `failed to execute portforward in network namespace: failed to connect to localhost:${remote} inside namespace: dial tcp4 127.0.0.1:${remote}: connect: connection refused`;
  const uid = pod.metadata.uid ?? '';
  return {
    stream: 'stderr',
    text: `${stamp}       1 portforward.go:424] "Unhandled Error" err="an error occurred forwarding ${port} -> ${remote}: error forwarding port ${remote} to pod ${pod.metadata.name}, uid : ${uid}: ${why}"\n`,
  };
}
