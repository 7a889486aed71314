import { matchesLabels, parseLabelSelector } from '#api/selectors.ts';
import { notFound } from '#api/resources/status-errors.ts';
import type { KubeObject } from '#api/object.ts';
import type { SortedMap } from '#base/sorted-map.ts';
import type { NetOutcome } from '#protocol/net.ts';
import { nodeMetrics, podMetrics, type Store } from './scrape.ts';

const root = '/apis/metrics.k8s.io/v1beta1';

/** What is known when a question arrives. */
export interface Known {
  readonly store: Store;
  readonly pods: SortedMap<KubeObject>;
  readonly nodes: SortedMap<KubeObject>;
  /** Whether pages of all nodes have come twice. */
  readonly ready: boolean;
  readonly now: number;
}

const json = (status: number, body: object): NetOutcome => ({
  type: 'http',
  status,
  headers: [['Content-Type', 'application/json']],
  body: JSON.stringify(body),
});
const text = (status: number, body: string): NetOutcome => ({ type: 'http', status, headers: [['Content-Type', 'text/plain']], body });

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

/** pkg/api: the metrics of the objects that are asked for, and only of those that have been measured. */
export function answerTo(path: string, known: Known): NetOutcome {
  const [where = '', query = ''] = path.split('?');
  if (where === '/livez' || where === '/healthz') return text(200, 'ok');
  if (where === '/readyz')
    return known.ready ? text(200, 'ok') : text(500, '[-]metric-storage-ready failed: no metrics to serve\nreadyz check failed\n');
  if (where === root) return json(200, resources);
  const match = new RegExp(`^${root}(?:/namespaces/([^/]+))?/(pods|nodes)(?:/([^/]+))?$`).exec(where);
  if (match === null) return text(404, '404 page not found\n');
  const [, namespace = '', plural = '', name = ''] = match;
  const [objects, metricsOf] = plural === 'nodes' ? ([known.nodes, nodeMetrics] as const) : ([known.pods, podMetrics] as const);
  if (name !== '') {
    const object = objects.get(namespace === '' ? name : `${namespace}/${name}`);
    const metrics = object === undefined ? undefined : metricsOf(known.store, object, known.now);
    return metrics === undefined
      ? json(404, notFound({ group: 'metrics.k8s.io', plural }, namespace === '' ? name : `${namespace}/${name}`))
      : json(200, metrics);
  }
  const wanted = decodeURIComponent(/(?:^|&)labelSelector=([^&]*)/.exec(query)?.[1] ?? '');
  const selector = wanted === '' ? undefined : parseLabelSelector(wanted);
  const items = [...objects.prefixed(namespace === '' ? '' : `${namespace}/`)]
    .filter(([, object]) => selector === undefined || matchesLabels(selector, object.metadata.labels))
    .flatMap(([, object]) => metricsOf(known.store, object, known.now) ?? []);
  return json(200, {
    kind: plural === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {},
    items,
  });
}
