import type { PolicyRule } from './types.generated.ts';

/** Rules of roles: what one covers of another, and how they are written (component-helpers/auth/rbac/validation, pkg/registry/rbac/validation). */

/** A rule as rules of one verb, one resource and at most one name each. */
export function breakdownRule(rule: PolicyRule): readonly PolicyRule[] {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } = rule;
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          names.map((name) => ({
            apiGroups: [group],
            resources: [resource],
            verbs: [verb],
            ...(name === undefined ? {} : { resourceNames: [name] }),
          })),
        ),
      ),
    ),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] }))),
  ];
}

const has = (list: readonly string[], wanted: readonly string[] | undefined): boolean =>
  list.includes('*') || (wanted ?? []).every((item) => list.includes(item));

function resourcesCover(owned: readonly string[], wanted: readonly string[]): boolean {
  return (
    has(owned, wanted) ||
    wanted.every((item) => owned.includes(item) || (item.includes('/') && owned.includes(`*/${item.split('/').slice(1).join('/')}`)))
  );
}

const urlCovers = (owned: string, wanted: string): boolean =>
  owned === wanted || (owned.endsWith('*') && wanted.startsWith(owned.replace(/\*+$/, '')));

/** Whether a rule allows all that a broken down one does. */
function ruleCovers(owner: PolicyRule, wanted: PolicyRule): boolean {
  const { resourceNames: names = [], nonResourceURLs: urls = [] } = owner;
  return (
    has(owner.verbs, wanted.verbs) &&
    has(owner.apiGroups ?? [], wanted.apiGroups) &&
    resourcesCover(owner.resources ?? [], wanted.resources ?? []) &&
    (wanted.nonResourceURLs ?? []).every((url) => urls.some((own) => urlCovers(own, url))) &&
    (names.length === 0 || ((wanted.resourceNames ?? []).length > 0 && wanted.resourceNames!.every((name) => names.includes(name))))
  );
}

/** What of some rules others do not cover, broken down. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(breakdownRule).filter((rule) => !owned.some((owner) => ruleCovers(owner, rule)));
}

/** Rules of one resource each that differ by verb only become one (kubectl/pkg/util/rbac, CompactRules). */
export function compactRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const others: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    if (rule.apiGroups?.length !== 1 || rule.resources?.length !== 1 || (rule.resourceNames ?? []).length > 1) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []]);
    const known = simple.get(key);
    simple.set(key, known === undefined ? rule : { ...known, verbs: [...known.verbs, ...rule.verbs] });
  }
  return [...others, ...simple.values()];
}

/** A rule in one line, without what it does not say (apis/rbac/v1/helpers.go, CompactString). */
export function compactString(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts.flatMap(([name, list]) => ((list ?? []).length === 0 ? [] : [`${name}:${quotedList(list!)}`])).join(', ')}}`;
}

/** Go's %q of a list of texts. */
export const quotedList = (list: readonly string[]): string => `[${list.map((item) => JSON.stringify(item)).join(' ')}]`;

/** What kubectl sorts rules by: the text of the generated message. */
export function ruleText({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  const [v, g, r, n, u] = [verbs, apiGroups, resources, resourceNames, nonResourceURLs].map((list) => `[${list.join(' ')}]`);
  return `&PolicyRule{Verbs:${v},APIGroups:${g},Resources:${r},ResourceNames:${n},NonResourceURLs:${u},}`;
}
