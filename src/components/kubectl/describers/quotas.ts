import type { LimitRange, Namespace, Quantity, ResourceQuota } from '#api/types.generated.ts';
import { canonicalQuantity, formatQuantity, parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import { longTime } from './format.ts';
import { head } from './others.ts';

/** What a quota has to do with pods, in words (helpTextForResourceQuotaScope). */
const scopeHelp: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

const isBinary = (quantity: Quantity): boolean => /i$/.test(String(quantity));

/** What is used, in the way in which the limit is written. */
function like(used: Quantity, hard: Quantity): string {
  return isBinary(used) === isBinary(hard) ? canonicalQuantity(used) : formatQuantity(Math.ceil(parseQuantity(used)), isBinary(hard));
}

function scopeLines({ spec }: ResourceQuota, indent: string, bullet: string): string {
  const scopes = [...(spec?.scopes ?? [])].sort();
  const help = scopes.flatMap((scope) => (scopeHelp[scope] === undefined ? [] : [`${bullet}${scopeHelp[scope]}\n`]));
  return scopes.length === 0 ? '' : `${indent}Scopes:\t${scopes.join(', ')}\n${help.join('')}`;
}

function quotaRows({ status }: ResourceQuota, indent: string, shown: (used: Quantity, hard: Quantity) => string): string {
  const { hard = {}, used = {} } = status ?? {};
  const names = Object.keys(hard).sort();
  return names.map((name) => `${indent}${name}\t${shown(used[name] ?? '0', hard[name]!)}\t${canonicalQuantity(hard[name]!)}\n`).join('');
}

/** describe.go, describeQuota. */
export function describeQuota(quota: ResourceQuota & KubeObject): string {
  const { name, namespace = '' } = quota.metadata;
  return `Name:\t${name}\nNamespace:\t${namespace}\n${scopeLines(quota, '', ' * ')}Resource\tUsed\tHard\n--------\t----\t----\n${quotaRows(quota, '', like)}`;
}

/** describe.go, DescribeResourceQuotas: those of a namespace. */
function quotaList(quotas: readonly (ResourceQuota & KubeObject)[]): string {
  if (quotas.length === 0) return 'No resource quota.\n';
  const sorted = [...quotas].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const texts = sorted.map(
    (quota) =>
      `  Name:\t${quota.metadata.name}\n${scopeLines(quota, '  ', '  * ')}  Resource\tUsed\tHard\n  --------\t---\t---\n${quotaRows(quota, '  ', canonicalQuantity)}`,
  );
  return `Resource Quotas\n${texts.join('')}`;
}

const limitTitles = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];
const limitHead = (indent: string): string =>
  `${indent}${limitTitles.join('\t')}\n${indent}${limitTitles.map((title) => '-'.repeat(title.length)).join('\t')}\n`;

/** describe.go, describeLimitRangeSpec: a row for each resource of each limit. */
function limitRows({ spec }: LimitRange, indent: string): string {
  const rows = (spec?.limits ?? []).flatMap((item) => {
    const cells = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio];
    const names = [...new Set(cells.flatMap((list) => Object.keys(list ?? {})))].sort();
    return names.map((name) => {
      const amounts = cells.map((list) => (list?.[name] === undefined ? '-' : canonicalQuantity(list[name])));
      return `${indent}${[item.type, name, ...amounts].join('\t')}\n`;
    });
  });
  return rows.join('');
}

/** describe.go, describeLimitRange. */
export function describeLimitRange(range: LimitRange & KubeObject): string {
  return `Name:\t${range.metadata.name}\nNamespace:\t${range.metadata.namespace ?? ''}\n${limitHead('')}${limitRows(range, '')}`;
}

/** describe.go, DescribeLimitRanges: those of a namespace. */
function limitList(ranges: readonly LimitRange[]): string {
  if (ranges.length === 0) return 'No LimitRange resource.\n';
  return `Resource Limits\n${limitHead(' ')}${ranges.map((range) => limitRows(range, ' ')).join('')}`;
}

const conditionHead =
  'Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t------\t-------\n';

/** describe.go, describeNamespace. */
export function describeNamespace(
  namespace: Namespace & KubeObject,
  quotas: readonly (ResourceQuota & KubeObject)[],
  ranges: readonly LimitRange[],
): string {
  const conditions = (namespace.status?.conditions ?? []).map(
    (item) => `  ${[item.type, item.status, longTime(item.lastTransitionTime), item.reason ?? '', item.message ?? ''].join('\t')}\n`,
  );
  const told = conditions.length === 0 ? '' : `${conditionHead}${conditions.join('')}`;
  return `${head(namespace, false)}Status:\t${namespace.status?.phase ?? ''}\n${told}\n${quotaList(quotas)}\n${limitList(ranges)}`;
}
