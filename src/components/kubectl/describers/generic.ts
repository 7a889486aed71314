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

const acronyms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `creationTimestamp` → `Creation Timestamp`; what is not letters alone stays (smartLabelFor). */
function labelOf(field: string): string {
  if (!/^[\p{L}-]+$/u.test(field)) return field;
  return (field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+/g) ?? [field])
    .map((word) => (acronyms.has(word.toUpperCase()) ? word.toUpperCase() : word[0]!.toUpperCase() + word.slice(1)))
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
