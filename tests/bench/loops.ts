import type { History } from '#kernel/history.ts';
import type { JournalEntry } from '#kernel/types.ts';
import { openRoomy } from './cluster.ts';

const mostEvents = 50_000_000;

/** What is read of a line of the audit log. */
interface Audited {
  readonly resource?: string;
  readonly subresource?: string;
  readonly code?: number;
  readonly response?: {
    readonly status?: {
      readonly observedGeneration?: number;
      readonly updatedReplicas?: number;
      readonly replicas?: number;
      readonly availableReplicas?: number;
    };
  };
}

const audited = (entry: JournalEntry): readonly Audited[] =>
  entry.notes.filter(({ topic }) => topic === 'audit').map(({ data }) => data as Audited);

function runScript(history: History, run: string, argv: readonly string[], stdin?: string): void {
  const message = { type: 'script.run', run, argv, ...(stdin === undefined ? {} : { stdin }) };
  history.input({ type: 'message', to: 'admin/script-runner', message });
}

function apply(history: History, replicas: number, podSpec: object): void {
  const template = { metadata: { labels: { app: 'web' } }, spec: { ...podSpec, containers: [{ name: 'nginx', image: 'nginx:1.27' }] } };
  const spec = { replicas, selector: { matchLabels: { app: 'web' } }, template };
  runScript(
    history,
    'apply',
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec }),
  );
}

/** Wall time until a condition holds. */
function until(history: History, holds: (entry: JournalEntry) => boolean): number {
  const started = performance.now();
  history.advance({ maxEvents: mostEvents, until: holds });
  return performance.now() - started;
}

/** Whether the deployment has just said that all of its pods are new ones and available. */
const rolledOut =
  (pods: number, generation: number) =>
  (entry: JournalEntry): boolean =>
    audited(entry).some(({ resource, subresource, response }) => {
      const { observedGeneration, updatedReplicas, replicas, availableReplicas } = response?.status ?? {};
      return (
        resource === 'deployments' &&
        subresource === 'status' &&
        observedGeneration === generation &&
        [updatedReplicas, replicas, availableReplicas].every((is) => is === pods)
      );
    });

function deployed(pods: number, nodes: number): History {
  const history = openRoomy(nodes);
  apply(history, pods, {});
  until(history, rolledOut(pods, 1));
  return history;
}

/** Every pod of a deployment is replaced. */
export function rollingUpdate(pods: number, nodes: number): number {
  const history = deployed(pods, nodes);
  runScript(history, 'set', ['set', 'image', 'deployment/web', 'nginx=nginx:1.28']);
  return until(history, rolledOut(pods, 2));
}

/** Every pod gets a node; each wants to be near others of its kind, and they are spread over the nodes. */
export function spread(pods: number, nodes: number): number {
  const history = openRoomy(nodes);
  const labelSelector = { matchLabels: { app: 'web' } };
  const near = { weight: 10, podAffinityTerm: { topologyKey: 'kubernetes.io/os', labelSelector } };
  apply(history, pods, {
    affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [near] } },
    topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector }],
  });
  let bound = 0;
  return until(history, (entry) => {
    bound += audited(entry).filter(({ subresource, code }) => subresource === 'binding' && code === 201).length;
    return bound >= pods;
  });
}

/** `kubectl drain` of several nodes. */
export function drain(pods: number, nodes: number, drained: number): number {
  const history = deployed(pods, nodes);
  const names = Array.from({ length: drained }, (_, index) => `node-${index + 1}`);
  runScript(history, 'drain', ['drain', ...names, '--ignore-daemonsets', '--force']);
  return until(history, ({ message, from }) => message.type === 'command.done' && from.endsWith('/drain'));
}
