import type { Json } from '#base/json.ts';
import { ApiServer, type Question } from '../support/api-server.ts';

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}

const pods = '/api/v1/namespaces/default/pods';
const pod = (index: number): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `pod-${index}`, namespace: 'default', labels: { app: `app-${index % 10}`, index: String(index) } },
  spec: { containers: [{ name: 'main', image: 'nginx:1.27', env: [{ name: 'A', value: '1' }] }] },
});

/** Microseconds for one of many. */
function each(count: number, act: (index: number) => void): number {
  const started = performance.now();
  for (let index = 0; index < count; index++) act(index);
  return ((performance.now() - started) * 1000) / count;
}

const must = (server: ApiServer, asked: Question, status: number): void => {
  const answer = server.ask(asked);
  if (answer?.status !== status)
    throw new Error(`${asked.method} ${asked.path}: ${answer?.status ?? 'no answer'} ${JSON.stringify(answer?.body).slice(0, 200)}`);
};
const write = (method: Question['method'], path: string, body: Json, contentType: string, query = {}): Question => ({
  method,
  path,
  body,
  contentType,
  query,
});

/** Times of a server that holds so many pods, in microseconds, by operation. */
function measure(count: number): Readonly<Record<string, number>> {
  const server = new ApiServer();
  must(
    server,
    write(
      'POST',
      '/api/v1/namespaces/default/serviceaccounts',
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
      'application/json',
    ),
    201,
  );
  const create = each(count, (index) => must(server, write('POST', pods, pod(index), 'application/json'), 201));
  const some = Math.min(count, 500);
  const times = {
    get: each(some, (index) => must(server, { method: 'GET', path: `${pods}/pod-${index}` }, 200)),
    'list with a selector': each(10, (index) =>
      must(server, { method: 'GET', path: pods, query: { labelSelector: `app=app-${index}` } }, 200),
    ),
    create,
    'strategic patch': each(some, (index) =>
      must(
        server,
        write('PATCH', `${pods}/pod-${index}`, { metadata: { labels: { new: String(index) } } }, 'application/strategic-merge-patch+json'),
        200,
      ),
    ),
    'server-side apply': each(some, (index) =>
      must(
        server,
        write(
          'PATCH',
          `${pods}/pod-${index}`,
          { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { owner: 'me' } } },
          'application/apply-patch+yaml',
          { fieldManager: 'me', force: 'true' },
        ),
        200,
      ),
    ),
  };
  for (let watch = 0; watch < 1000; watch++)
    must(server, { method: 'GET', path: pods, query: { watch: 'true', resourceVersion: '999999999', timeoutSeconds: '3600' } }, 200);
  const fanOut = each(5, (index) => {
    must(server, write('POST', pods, pod(count + index), 'application/json'), 201);
    server.world.runUntil(server.world.now + 100);
  });
  return { ...times, 'fan-out to 1000 watchers': fanOut };
}

/** The same done to plain data, as plainly as it can be: what no server could be faster than by much. */
function plain(count: number): Readonly<Record<string, number>> {
  const store = new Map<string, string>();
  const create = each(count, (index) => void store.set(`pod-${index}`, JSON.stringify(pod(index))));
  const objects = [...store.values()].map(
    (text) => JSON.parse(text) as { readonly metadata: { readonly labels: Readonly<Record<string, string>> } },
  );
  const change = (index: number, labels: object): void => {
    const object = JSON.parse(store.get(`pod-${index}`)!) as { readonly metadata: { readonly labels: object } };
    store.set(
      `pod-${index}`,
      JSON.stringify({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }),
    );
  };
  const some = Math.min(count, 500);
  const watchers = Array.from({ length: 1000 }, (): unknown[] => []);
  return {
    get: each(some, (index) => void JSON.parse(store.get(`pod-${index}`)!)),
    'list with a selector': each(10, (index) => void objects.filter((item) => item.metadata.labels['app'] === `app-${index}`)),
    create,
    'strategic patch': each(some, (index) => change(index, { new: String(index) })),
    'server-side apply': each(some, (index) => change(index, { owner: 'me' })),
    'fan-out to 1000 watchers': each(5, (index) => watchers.forEach((watcher) => watcher.push(JSON.parse(store.get(`pod-${index}`)!)))),
  };
}

/** What the API server alone takes for a request, with 1,000 and with 10,000 pods: no cost may grow with what is not asked for. */
export function apiServerRows(): readonly Row[] {
  measure(200);
  const [small, large, baseline] = [measure(1000), measure(10_000), plain(10_000)];
  return Object.keys(large).map((name) => {
    const growth = large[name]! / small[name]!;
    const items = name.startsWith('list') ? `per item ${(growth / 10).toFixed(2)}` : growth.toFixed(2);
    return {
      name: `${name}, 10,000 pods`,
      value: large[name]!,
      unit: 'µs',
      note: `${(large[name]! / baseline[name]!).toFixed(0)} × plain data; ${items} × that with 1,000 pods`,
    };
  });
}
