import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { annotationLines, pairsLines } from './format.ts';

const shortMetadata = new Set(['name', 'namespace', 'labels', 'annotations', 'managedFields']);

/** Any object, field by field (describe.go, genericDescriber). */
export function describeGeneric(object: KubeObject): string {
  const { metadata, apiVersion, kind, ...fields } = object;
  const more = Object.fromEntries(Object.entries(metadata).filter(([key]) => !shortMetadata.has(key)));
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace ?? ''}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    tree({ apiVersion, kind, metadata: more, ...fields }, 0),
  ].join('');
}

/** `creationTimestamp` → `Creation Timestamp` (smartLabelFor). */
function labelOf(field: string): string {
  if (field.startsWith('-') || /[-/.]/.test(field)) return field;
  const known: Readonly<Record<string, string>> = {
    api: 'API',
    uid: 'UID',
    ip: 'IP',
    url: 'URL',
    osb: 'OSB',
    id: 'ID',
    cpu: 'CPU',
    dns: 'DNS',
  };
  return (field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^A-Za-z0-9]+/g) ?? [field])
    .map((word) => known[word.toLowerCase()] ?? word[0]!.toUpperCase() + word.slice(1))
    .join(' ');
}

function tree(value: Readonly<Record<string, unknown>>, level: number): string {
  const indent = '  '.repeat(level);
  return Object.keys(value)
    .sort()
    .map((key) => {
      const item = value[key];
      const label = labelOf(key);
      if (isObject(item)) return `${indent}${label}:\n${tree(item, level + 1)}`;
      if (Array.isArray(item)) return `${indent}${label}:\n${items(item as readonly unknown[], level + 1)}`;
      return item === undefined ? '' : `${indent}${label}:\t${scalar(item)}\n`;
    })
    .join('');
}

function items(list: readonly unknown[], level: number): string {
  const indent = '  '.repeat(level);
  return list
    .map((item) =>
      isObject(item)
        ? tree(item, level)
        : Array.isArray(item)
          ? items(item as readonly unknown[], level + 1)
          : `${indent}${scalar(item)}\n`,
    )
    .join('');
}

const scalar = (value: unknown): string => (value === null ? '<nil>' : String(value));
