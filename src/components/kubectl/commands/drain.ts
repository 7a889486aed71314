import { goDuration } from '#base/duration.ts';
import type { Pod } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { get, objectName, type Context } from '../context.ts';
import { checked, CommandError, statusError, throwAll } from '../errors.ts';
import { dryRunOf } from '../dry-run.ts';
import { call, currentTime, print, printError, sleep, type Command } from '../operations.ts';
import { dryRunSuffix } from '../printers/output.ts';
import { parseLabelSelector, matchesLabels } from '#api/selectors.ts';
import type { Found } from '../resource-builder.ts';
import { cordon, nodesOf } from './nodes.ts';

type ApiPod = Pod & KubeObject;
const pollMs = 1000;
const retryEvictionMs = 5000;

/** `kubectl drain` (kubectl/pkg/drain). */
export function* drainCommand(context: Context): Command<void> {
  const found = yield* nodesOf(context);
  for (const item of found) yield* cordon(context, item, true);
  const errors: CommandError[] = [];
  for (const item of found) {
    try {
      yield* drainOne(context, item);
      yield* print(`${objectName(item.target.resource, item.target.name)} drained${dryRunSuffix(context.flags)}\n`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push(
        new CommandError(
          `unable to drain node ${JSON.stringify(item.target.name)} due to error: ${error.message}, continuing command...\nThere are pending nodes to be drained:\n ${item.target.name}\n${error.describe()}`,
        ),
      );
    }
  }
  throwAll(errors);
}

interface Verdicts {
  readonly evict: readonly ApiPod[];
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

/** Which pods may go, and what stands against the others (drain/filters.go). */
function judge(context: Context, pods: readonly ApiPod[]): Verdicts {
  const { flags } = context;
  const evict: ApiPod[] = [];
  const warnings = new Map<string, string[]>();
  const problems = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, text: string, pod: ApiPod): void =>
    void map.set(text, [...(map.get(text) ?? []), `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`]);
  const selector = parseLabelSelector(flags.text('pod-selector'));
  for (const pod of pods) {
    if (!matchesLabels(selector, pod.metadata.labels)) continue;
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) continue;
    let fine = true;
    if (owner?.kind === 'DaemonSet' && !finished) {
      if (flags.boolean('ignore-daemonsets')) note(warnings, 'ignoring DaemonSet-managed Pods', pod);
      else note(problems, 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)', pod);
      continue;
    }
    if (pod.spec?.volumes?.some((volume) => volume.emptyDir !== undefined) === true && !finished) {
      if (flags.boolean('delete-emptydir-data')) note(warnings, 'deleting Pods with local storage', pod);
      else {
        note(problems, 'cannot delete Pods with local storage (use --delete-emptydir-data to override)', pod);
        fine = false;
      }
    }
    if (owner === undefined && !finished) {
      if (flags.boolean('force')) note(warnings, 'deleting Pods that declare no controller', pod);
      else {
        note(
          problems,
          'cannot delete cannot delete Pods that declare no controller (use --force to override)'.replace('cannot delete cannot', 'cannot'),
          pod,
        );
        fine = false;
      }
    }
    if (fine) evict.push(pod);
  }
  return { evict, warnings, problems };
}

const told = (map: ReadonlyMap<string, readonly string[]>): string =>
  [...map].map(([text, pods]) => `${text}: ${pods.join(', ')}`).join('; ');

function* drainOne(context: Context, { target }: Found): Command<void> {
  const { flags } = context;
  const query = { fieldSelector: `spec.nodeName=${target.name}`, limit: flags.text('chunk-size') };
  const list = checked(yield* call(get('/api/v1/pods', query))).body as unknown as { readonly items?: readonly ApiPod[] };
  const { evict, warnings, problems } = judge(context, list.items ?? []);
  if (problems.size > 0) throw new CommandError(told(problems));
  if (warnings.size > 0) yield* printError(`Warning: ${told(warnings)}\n`);
  if (evict.length === 0 || dryRunOf(flags) === 'client') {
    for (const pod of evict) yield* print(`evicting pod ${pod.metadata.namespace}/${pod.metadata.name} (dry run)\n`);
    return;
  }
  const useEviction = !flags.boolean('disable-eviction');
  if (useEviction) checked(yield* call(get('/api/v1')));
  const deadline = flags.duration('timeout') ? (yield* currentTime()) + flags.duration('timeout')! : undefined;
  let waiting: readonly ApiPod[] = [];
  let toAsk: readonly ApiPod[] = evict;
  const errors: CommandError[] = [];
  for (;;) {
    const asked = yield* removePods(context, toAsk, useEviction, deadline);
    errors.push(...asked.errors);
    if (dryRunOf(flags) === 'server') break;
    waiting = yield* waitForPods(context, [...waiting, ...asked.accepted], asked.refused, deadline);
    toAsk = asked.refused;
    if (waiting.length === 0 && toAsk.length === 0) break;
  }
  throwAll(errors);
}

interface Asked {
  readonly accepted: readonly ApiPod[];
  /** Those that a budget protects: they are asked for again. */
  readonly refused: readonly ApiPod[];
  readonly errors: readonly CommandError[];
}

/** Asks for each pod's removal (evictPods, deletePods). */
function* removePods(context: Context, pods: readonly ApiPod[], useEviction: boolean, deadline: number | undefined): Command<Asked> {
  const [accepted, refused, errors]: [ApiPod[], ApiPod[], CommandError[]] = [[], [], []];
  const grace = context.flags.integer('grace-period');
  const server = dryRunOf(context.flags) === 'server';
  const deleteOptions = { ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), ...(server ? { dryRun: ['All'] } : {}) };
  for (const pod of pods) {
    const { name, namespace = '' } = pod.metadata;
    const path = resourcePath(resources.pods, namespace, name);
    const what = `pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}`;
    yield* print(`${useEviction ? 'evicting' : 'deleting'} pod ${namespace}/${name}${dryRunSuffix(context.flags)}\n`);
    if (deadline !== undefined && (yield* currentTime()) >= deadline) {
      errors.push(
        new CommandError(`error when evicting ${what}: global timeout reached: ${goDuration(context.flags.duration('timeout')!)}`),
      );
      continue;
    }
    const response = useEviction
      ? yield* call({
          method: 'POST',
          path: `${path}/eviction`,
          body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions },
        })
      : yield* call({ method: 'DELETE', path, body: deleteOptions });
    if (response.status === 429) {
      yield* printError(`error when evicting ${what} (will retry after 5s): ${statusError(response).message}\n`);
      refused.push(pod);
    } else if (response.status < 400) accepted.push(pod);
    else if (response.status !== 404) errors.push(new CommandError(`error when evicting ${what}: ${statusError(response).message}`));
  }
  return { accepted, refused, errors };
}

/** Waits until the asked ones are gone, or until it is time to ask again for the refused; which of them are left (waitForDelete). */
function* waitForPods(
  context: Context,
  asked: readonly ApiPod[],
  refused: readonly ApiPod[],
  deadline: number | undefined,
): Command<readonly ApiPod[]> {
  const retryAt = (yield* currentTime()) + retryEvictionMs;
  let left = asked;
  for (;;) {
    const remaining: ApiPod[] = [];
    for (const pod of left) {
      const { name, namespace = '', uid } = pod.metadata;
      const response = yield* call(get(resourcePath(resources.pods, namespace, name)));
      const gone = response.status === 404 || (checked(response).body as unknown as KubeObject).metadata.uid !== uid;
      if (gone) yield* print(`pod/${name} ${context.flags.boolean('disable-eviction') ? 'deleted' : 'evicted'}\n`);
      else remaining.push(pod);
    }
    left = remaining;
    if (left.length === 0 && refused.length === 0) return [];
    const now = yield* currentTime();
    if (refused.length > 0 && now >= retryAt) return left;
    if (left.length > 0 && deadline !== undefined && now >= deadline)
      throw new CommandError(`drain did not complete within ${context.flags.text('timeout')}`);
    yield* sleep(pollMs);
  }
}
