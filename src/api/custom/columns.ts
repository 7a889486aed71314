import { findValues, valueText } from '../jsonpath/index.ts';
import type { KubeObject } from '../object.ts';
import { ageOf } from '../resources/duration.ts';
import type { Column } from '../resources/index.ts';
import type { CustomResourceColumnDefinition } from '../types.generated.ts';

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 };
const ageColumn: CustomResourceColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** The columns of a definition: the name, and what it asks for or else the age (registry/customresource/tableconvertor). */
export function columnsOf(definitions: readonly CustomResourceColumnDefinition[] | undefined): {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: number): readonly (string | number | boolean | null)[];
} {
  const own = definitions === undefined || definitions.length === 0 ? [ageColumn] : definitions;
  return {
    columns: [nameColumn, ...own.map(({ name, type, format = '', priority = 0 }) => ({ name, type, format, priority }))],
    cells: (object, now) => [object.metadata.name, ...own.map((column) => cellOf(column, object, now))],
  };
}

function cellOf({ type, jsonPath }: CustomResourceColumnDefinition, object: KubeObject, now: number): string | number | boolean | null {
  const values = found(jsonPath, object);
  const value = values[0];
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return values.map(valueText).join(' ');
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now);
    default:
      return null;
  }
}

/** What a path leads to; nothing where it cannot be followed. */
export function found(path: string, object: KubeObject): readonly unknown[] {
  try {
    return findValues(path, object);
  } catch {
    return [];
  }
}
