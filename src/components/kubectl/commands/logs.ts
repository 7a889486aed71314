import { isObject } from '#base/json.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { labelSelectorOf } from '../context.ts';
import { checked, CommandError, statusError, StatusError } from '../errors.ts';
import { call, print, printError, stream, type Command, type StreamEvent, type StreamStep } from '../operations.ts';
import { podOf, podTarget, type ApiPod } from '../pods.ts';
import { fetchAll } from '../resource-builder.ts';

/** `kubectl logs` (kubectl/pkg/cmd/logs/logs.go). */
export function* logsCommand(context: Context): Command<void> {
  const { flags, args } = context;
  const selector = labelSelectorOf(flags);
  if (args.length === 0 && selector === '')
    throw new CommandError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
    );
  if (selector !== '' && args.length > 0) throw new CommandError('only a selector (-l) or a POD name is allowed');
  const pods =
    selector === ''
      ? yield* named(context, args[0]!)
      : ((yield* fetchAll(podTarget(context.namespace, '').resource, context.namespace, {
          labelSelector: selector,
          limit: '500',
        })) as readonly ApiPod[]);
  if (selector !== '' && pods.length === 0) return yield* printError(`No resources found in ${context.namespace} namespace.\n`);
  const chosen = selector === '' && !flags.boolean('all-pods') ? pods.slice(0, 1) : pods;
  if (args[0]?.includes('/') === true && pods.length > 1 && chosen.length === 1)
    yield* printError(`Found ${pods.length} pods, using pod/${chosen[0]!.metadata.name}\n`);
  for (const pod of chosen) {
    const given = args[1] ?? flags.text('container');
    for (const container of yield* containersOf(context, pod, given))
      yield* logOf(context, pod, container, selector === '' ? undefined : 10);
  }
}

function* named(context: Context, word: string): Command<readonly ApiPod[]> {
  try {
    return yield* podOf(context, word);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound' && !word.includes('/'))
      throw new CommandError(`error from server (NotFound): ${error.message} in namespace ${JSON.stringify(context.namespace)}`);
    throw error;
  }
}

const defaultContainer = 'kubectl.kubernetes.io/default-container';

/** Names of all containers of a pod: init containers first. */
function containerNames(pod: ApiPod): readonly string[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((container) => container.name);
}

/** The container that is meant where none is named; says which where there are several (podcmd.FindOrDefaultContainerByName). */
export function* chooseContainer(pod: ApiPod, given: string): Command<string> {
  const known = containerNames(pod);
  if (given !== '') {
    if (!known.includes(given))
      throw new CommandError(`container ${given} is not valid for pod ${pod.metadata.name} out of: ${outOf(pod)}`);
    return given;
  }
  const annotated = pod.metadata.annotations?.[defaultContainer];
  if (annotated !== undefined && known.includes(annotated)) return annotated;
  const first = pod.spec!.containers[0]!.name;
  if (known.length > 1) yield* printError(`Defaulted container ${JSON.stringify(first)} out of: ${outOf(pod)}\n`);
  return first;
}

function outOf(pod: ApiPod): string {
  const main = (pod.spec?.containers ?? []).map((container) => container.name);
  return [...main, ...(pod.spec?.initContainers ?? []).map((container) => `${container.name} (init)`)].join(', ');
}

function* containersOf(context: Context, pod: ApiPod, given: string): Command<readonly string[]> {
  if (context.flags.boolean('all-containers')) return containerNames(pod);
  return [yield* chooseContainer(pod, given)];
}

interface Following {
  readonly error: CommandError | undefined;
}

function* logOf(context: Context, pod: ApiPod, container: string, standardTail: number | undefined): Command<void> {
  const { flags } = context;
  const tail = flags.integer('tail');
  const follow = flags.boolean('follow');
  const query: Record<string, string> = { container };
  if (follow) query['follow'] = 'true';
  if (flags.boolean('previous')) query['previous'] = 'true';
  if (flags.boolean('timestamps')) query['timestamps'] = 'true';
  if (flags.changed('tail') ? tail >= 0 : standardTail !== undefined)
    query['tailLines'] = String(flags.changed('tail') ? tail : standardTail);
  if (flags.duration('since')) query['sinceSeconds'] = String(Math.ceil(flags.duration('since')! / 1000));
  if (flags.text('since-time') !== '') query['sinceTime'] = flags.text('since-time');
  if (flags.integer('limit-bytes') > 0) query['limitBytes'] = flags.text('limit-bytes');
  const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'log');
  const prefix = flags.boolean('prefix') ? `[pod/${pod.metadata.name}/${container}] ` : '';
  if (!follow) return yield* print(prefixed(textOf(checked(yield* call({ method: 'GET', path, query })).body), prefix));
  const end = yield* stream<Following>({ method: 'GET', path, query }, { error: undefined }, undefined, (state, event) =>
    react(state, event, prefix),
  );
  if (end.error !== undefined) throw end.error;
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : isObject(body) ? JSON.stringify(body) : '');
const prefixed = (text: string, prefix: string): string => (prefix === '' ? text : text.replace(/^(?=.)/gm, prefix));

function react(state: Following, event: StreamEvent, prefix: string): StreamStep<Following> {
  switch (event.type) {
    case 'response':
      if (event.response.status >= 400) return { state: { error: statusError(event.response) }, done: true };
      return {
        state,
        print: [{ stream: 'stdout', text: prefixed(textOf(event.response.body), prefix) }].filter((output) => output.text !== '') as never,
      };
    case 'text':
      return { state, print: [{ stream: 'stdout', text: prefixed(event.text, prefix) }] };
    case 'events':
    case 'frames':
      return { state };
    case 'end':
    case 'timeout':
    case 'unanswered':
      return { state, done: true };
  }
}
