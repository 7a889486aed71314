import { noPage, pageResponse } from './respond.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';

type Page = Omit<HttpResponse, 'type' | 'id'>;

const healthChecks = [
  'ping',
  'log',
  'loopback-serving-certificate',
  'etcd',
  'etcd-readiness',
  'informer-sync',
  'poststarthook/start-apiserver-admission-initializer',
  'poststarthook/generic-apiserver-start-informers',
  'poststarthook/priority-and-fairness-config-consumer',
  'poststarthook/priority-and-fairness-filter',
  'poststarthook/storage-object-count-tracker-hook',
  'poststarthook/start-apiextensions-informers',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/peer-endpoint-reconciler-controller',
  'poststarthook/start-cluster-authentication-info-controller',
  'poststarthook/start-kube-apiserver-identity-lease-controller',
  'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
  'poststarthook/storage-readiness',
  'poststarthook/start-legacy-token-tracking-controller',
  'poststarthook/start-service-ip-repair-controllers',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-status-local-available-controller',
  'poststarthook/apiservice-status-remote-available-controller',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration',
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
  'shutdown',
];

/** Checks that only one of the pages has, or that one has not. */
const onlyReady = new Set(['shutdown', 'informer-sync', 'etcd-readiness']);
const neverReady = new Set(['loopback-serving-certificate']);
/** What asks etcd: the others hold as soon as a server serves at all. */
const asksEtcd = new Set(['etcd', 'etcd-readiness']);

/** How long a check waits for etcd (storagebackend.DefaultHealthcheckTimeout). */
export const healthTimeoutMs = 2000;
/** What is read to see whether etcd answers. */
export const healthKey = '/registry/health';

const text = (body: string, status = 200): Page => ({
  status,
  contentType: status === 200 ? 'text/plain' : 'text/plain; charset=utf-8',
  body,
});

/** What of a server's health a path asks for: all checks of a page, or one. */
interface Asked {
  readonly page: string;
  readonly checks: readonly string[];
  readonly single: boolean;
}

function askedBy({ request }: RequestState): Asked | undefined {
  const [, page = '', ...rest] = request.path.replace(/\/$/, '').split('/');
  if (!['healthz', 'livez', 'readyz'].includes(page)) return undefined;
  const all = healthChecks.filter((check) => !(page === 'readyz' ? neverReady : onlyReady).has(check));
  const name = rest.join('/');
  return name === '' ? { page, checks: all, single: false } : { page, checks: all.filter((check) => check === name), single: true };
}

const excluded = ({ request }: RequestState): readonly string[] =>
  request.query['exclude'] === undefined ? [] : [request.query['exclude']];

/** Whether a request asks for health, and whether etcd has to be asked for it. */
export function healthNeeds(state: RequestState): 'etcd' | 'nothing' | undefined {
  const asked = askedBy(state);
  if (asked === undefined) return undefined;
  return asked.checks.some((check) => asksEtcd.has(check) && !excluded(state).includes(check)) ? 'etcd' : 'nothing';
}

/**
 * The answer (apiserver/pkg/server/healthz/healthz.go).
 * @param stopping whether the server has been told to end
 * @param error what is wrong with etcd; undefined where nothing is
 */
export function healthResponse(state: RequestState, stopping: boolean, error?: string): HttpResponse {
  const { page, checks, single } = askedBy(state)!;
  const problem = (check: string): string | undefined =>
    asksEtcd.has(check) ? error : check === 'shutdown' && stopping ? 'process is shutting down' : undefined;
  const failing = (check: string): boolean => problem(check) !== undefined;
  if (single) {
    const [check] = checks;
    if (check === undefined) return pageResponse(state, noPage);
    return pageResponse(state, failing(check) ? text(`internal server error: ${problem(check) ?? ''}\n`, 500) : text('ok'));
  }
  const skipped = excluded(state);
  const lines = checks.map((check) => {
    if (skipped.includes(check)) return `[+]${check} excluded: ok\n`;
    return failing(check) ? `[-]${check} failed: reason withheld\n` : `[+]${check} ok\n`;
  });
  if (checks.some((check) => failing(check) && !skipped.includes(check)))
    return pageResponse(state, text(`${lines.join('')}${page} check failed\n`, 500));
  if (state.request.query['verbose'] === undefined) return pageResponse(state, text('ok'));
  const unknown = skipped.filter((check) => !checks.includes(check));
  const warning =
    unknown.length === 0
      ? ''
      : `warn: some health checks cannot be excluded: no matches for ${unknown.map((check) => `"${check}"`).join(',')}\n`;
  return pageResponse(state, text(`${lines.join('')}${warning}${page} check passed\n`));
}
