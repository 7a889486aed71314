import { parseQuantity } from '#api/quantity.ts';
import type { Node } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { get, labelSelectorOf, type Context } from '../context.ts';
import { checked, CommandError } from '../errors.ts';
import { call, callAll, print, printError, type Command } from '../operations.ts';
import { alignRows } from '../printers/tab-writer.ts';

type Usage = Readonly<Record<string, string>>;
type NodeMetrics = KubeObject & { readonly usage?: Usage };
type PodMetrics = KubeObject & { readonly containers?: readonly { readonly name: string; readonly usage?: Usage }[] };

const group = 'metrics.k8s.io';
const mebibyte = 1024 * 1024;

/** Whether somebody serves the metrics API (metricsutil/SupportedMetricsAPIVersionAvailable). */
function* requireMetrics(): Command<void> {
  const [, answer] = yield* callAll([get('/api'), get('/apis')]);
  const { groups = [] } = (answer?.body ?? {}) as { readonly groups?: readonly { readonly name: string }[] };
  if (!groups.some((item) => item.name === group)) throw new CommandError('Metrics API not available');
}

function* metricsOf<T extends KubeObject>(context: Context, plural: 'nodes' | 'pods', namespace: string): Command<readonly T[]> {
  const [name = ''] = context.args;
  const selector = labelSelectorOf(context.flags);
  const path = resourcePath({ group, version: 'v1beta1', plural }, namespace, name);
  const fields = plural === 'pods' ? context.flags.text('field-selector') : '';
  const query = { ...(selector === '' ? {} : { labelSelector: selector }), ...(fields === '' ? {} : { fieldSelector: fields }) };
  const { body } = checked(yield* call(get(path, query)));
  return name === '' ? ((body as unknown as { readonly items?: readonly T[] }).items ?? []) : [body as unknown as T];
}

const milli = (usage: Usage | undefined): number => Math.ceil(parseQuantity(usage?.['cpu'] ?? '0') * 1000);
const bytes = (usage: Usage | undefined): number => parseQuantity(usage?.['memory'] ?? '0');
const cpuText = (value: number): string => `${value}m`;
const memoryText = (value: number): string => `${Math.floor(value / mebibyte)}Mi`;
const percent = (used: number, all: number): string => (all > 0 ? `${Math.trunc((used / all) * 100)}%` : '<unknown>');

interface Row {
  readonly names: readonly string[];
  readonly cpu: number;
  readonly memory: number;
  readonly cells: readonly string[];
}

/** Rows by name, or by what is used most (metricsutil/metrics_printer.go). */
function* printRows(
  context: Context,
  columns: readonly string[],
  rows: readonly Row[],
  total: readonly (readonly string[])[] = [],
): Command<void> {
  const by = context.flags.text('sort-by');
  if (by !== '' && by !== 'cpu' && by !== 'memory') throw new CommandError('--sort-by accepts only cpu or memory');
  const compare = (a: Row, b: Row): number =>
    by === '' ? (a.names.join('/') < b.names.join('/') ? -1 : 1) : by === 'cpu' ? b.cpu - a.cpu : b.memory - a.memory;
  const sorted = [...rows].sort(compare).map(({ names, cells }) => [...names, ...cells, '']);
  const header = context.flags.boolean('no-headers') ? [] : [[...columns, '']];
  yield* print(alignRows([...header, ...sorted, ...total]).text);
}

/** `kubectl top nodes` (kubectl/pkg/cmd/top/top_node.go). */
export function* topNodes(context: Context): Command<void> {
  yield* requireMetrics();
  const metrics = yield* metricsOf<NodeMetrics>(context, 'nodes', '');
  if (metrics.length === 0) throw new CommandError('metrics not available yet');
  const { body } = checked(yield* call(get(resourcePath(resources.nodes))));
  const nodes = (body as unknown as { readonly items: readonly (KubeObject & Node)[] }).items;
  const which = context.flags.boolean('show-capacity') ? 'capacity' : 'allocatable';
  const rows = metrics.map(({ metadata, usage }): Row => {
    const all = nodes.find((node) => node.metadata.name === metadata.name)?.status?.[which] as Usage | undefined;
    const [cpu, memory] = [milli(usage), bytes(usage)];
    return {
      names: [metadata.name],
      cpu,
      memory,
      cells: [cpuText(cpu), percent(cpu, milli(all)), memoryText(memory), percent(memory, bytes(all))],
    };
  });
  yield* printRows(context, ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'], rows);
}

/** `kubectl top pods` (kubectl/pkg/cmd/top/top_pod.go). */
export function* topPods(context: Context): Command<void> {
  const { flags } = context;
  yield* requireMetrics();
  const everywhere = flags.boolean('all-namespaces');
  const metrics = yield* metricsOf<PodMetrics>(context, 'pods', everywhere ? '' : context.namespace);
  if (metrics.length === 0) {
    const { body } = checked(yield* call(get(resourcePath(resources.pods, everywhere ? '' : context.namespace))));
    if ((body as unknown as { readonly items: readonly unknown[] }).items.length > 0) throw new CommandError('metrics not available yet');
    return yield* printError(everywhere ? 'No resources found\n' : `No resources found in ${context.namespace} namespace.\n`);
  }
  const each = flags.boolean('containers');
  const rows = metrics.flatMap(({ metadata, containers = [] }): readonly Row[] => {
    const names = [...(everywhere ? [metadata.namespace ?? ''] : []), metadata.name];
    const used = containers.map(({ name, usage }) => ({ name, cpu: milli(usage), memory: bytes(usage) }));
    const parts = each ? used : [{ name: '', cpu: sum(used, 'cpu'), memory: sum(used, 'memory') }];
    return parts.map(({ name, cpu, memory }) => ({
      names: [...names, ...(each ? [name] : [])],
      cpu,
      memory,
      cells: [cpuText(cpu), memoryText(memory)],
    }));
  });
  const columns = [...(everywhere ? ['NAMESPACE'] : []), ...(each ? ['POD', 'NAME'] : ['NAME']), 'CPU(cores)', 'MEMORY(bytes)'];
  const blanks = columns.slice(0, -2).map(() => '');
  const total = [...blanks, cpuText(sum(rows, 'cpu')), memoryText(sum(rows, 'memory')), ''];
  yield* printRows(context, columns, rows, flags.boolean('sum') ? [[...blanks, '________', '________', ''], total] : []);
}

const sum = (items: readonly { readonly cpu: number; readonly memory: number }[], what: 'cpu' | 'memory'): number =>
  items.reduce((all, item) => all + item[what], 0);
