import type { LabelSelector } from './types.generated.ts';

/** One term of a label selector. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}
export type Selector = readonly Requirement[];
type Labels = Readonly<Record<string, string>> | undefined;

/** Parses `a=b,c!=d,e in (f,g),h,!i` (apimachinery/pkg/labels). Throws an Error with upstream's words. */
export function parseLabelSelector(text: string): Selector {
  const terms = text.trim() === '' ? [] : splitTerms(text);
  return terms.map(parseTerm).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(raw: string): Requirement {
  const term = raw.trim();
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const values = set[3]!.split(',').map((value) => value.trim());
    return { key: checkKey(set[1]!), operator: set[2] === 'in' ? 'In' : 'NotIn', values: [...values].sort() };
  }
  const equal = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(term);
  if (equal !== null) {
    const operator = equal[2] === '!=' ? 'NotIn' : equal[2] === '>' ? 'Gt' : equal[2] === '<' ? 'Lt' : 'In';
    return { key: checkKey(equal[1]!), operator, values: [equal[3]!] };
  }
  if (term.startsWith('!')) return { key: checkKey(term.slice(1).trim()), operator: 'DoesNotExist', values: [] };
  if (/[\s()=]/.test(term) || term === '') throw new Error(`unable to parse requirement: found '${term}', expected: identifier`);
  return { key: checkKey(term), operator: 'Exists', values: [] };
}

function checkKey(key: string): string {
  if (!/^([a-z0-9A-Z.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(key))
    throw new Error(
      `unable to parse requirement: <nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    );
  return key;
}

const selectors = new WeakMap<LabelSelector, Selector>();

/** A metav1.LabelSelector; the empty one matches everything, none matches nothing. */
export function labelSelectorFromObject(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined) return undefined;
  let parsed = selectors.get(selector);
  if (parsed === undefined) {
    const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({
      key,
      operator: 'In',
      values: [value],
    }));
    const expressions = (selector.matchExpressions ?? []).map((item): Requirement => ({
      key: item.key,
      operator: item.operator as Requirement['operator'],
      values: item.values ?? [],
    }));
    parsed = [...labels, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    selectors.set(selector, parsed);
  }
  return parsed;
}

function meets(requirement: Requirement, labels: Labels): boolean {
  const value = labels?.[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(requirement.values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(requirement.values[0]);
  }
}

export function matchesLabels(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  for (const requirement of selector) if (!meets(requirement, labels)) return false;
  return true;
}

/** A selector as kubectl and the API write it. */
export function formatLabelSelector(selector: Selector | undefined): string {
  if (selector === undefined || selector.length === 0) return selector === undefined ? '<none>' : '';
  return selector.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]!}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]!}` : `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]!}`;
    case 'Lt':
      return `${key}<${values[0]!}`;
  }
}

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Parses `a=b,c!=d` (apimachinery/pkg/fields). Throws an Error with upstream's words. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term.trim());
      if (match === null) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
      return { field: match[1]!, equal: match[2] !== '!=', value: match[3]! };
    });
}

export function matchesFields(terms: readonly FieldTerm[], fields: Readonly<Record<string, string>>): boolean {
  return terms.every(({ field, equal, value }) => ((fields[field] ?? '') === value) === equal);
}
