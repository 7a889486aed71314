import { isObject } from '#base/json.ts';
import { matchLabelColumns } from './label-columns.ts';

/** A metav1.Table as the server sends it. */
export interface Table {
  readonly columnDefinitions?: readonly { readonly name: string; readonly type: string; readonly priority?: number }[] | null;
  readonly rows?: readonly TableRow[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}
export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: unknown;
}

/** What decides how a table looks. */
export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  /** `pod/` before each name; undefined without. */
  readonly kindPrefix: string | undefined;
}

type Columns = NonNullable<Table['columnDefinitions']>;

/** The header of a table. */
export function headerOf(columns: Columns, options: TableOptions, withEvent = false): readonly string[] {
  return [
    ...(withEvent ? ['EVENT'] : []),
    ...(options.withNamespace ? ['NAMESPACE'] : []),
    ...columns.filter((column) => options.wide || (column.priority ?? 0) === 0).map((column) => column.name.toUpperCase()),
    ...matchLabelColumns(options.labelColumns),
    ...(options.showLabels ? ['LABELS'] : []),
  ];
}

/** One row of a table as texts. */
export function rowOf(columns: Columns, row: TableRow, options: TableOptions, event?: string): readonly string[] {
  const metadata = isObject(row.object) && isObject(row.object['metadata']) ? row.object['metadata'] : {};
  const labels = isObject(metadata['labels']) ? (metadata['labels'] as Readonly<Record<string, string>>) : {};
  const cells = columns.flatMap((column, index) => {
    if (!options.wide && (column.priority ?? 0) !== 0) return [];
    const text = cellText(row.cells[index]);
    return [index === 0 && options.kindPrefix !== undefined ? options.kindPrefix + text : text];
  });
  return [
    ...(event === undefined ? [] : [event]),
    ...(options.withNamespace ? [typeof metadata['namespace'] === 'string' ? metadata['namespace'] : ''] : []),
    ...cells,
    ...options.labelColumns.map((label) => labels[label] ?? ''),
    ...(options.showLabels ? [formatLabels(labels)] : []),
  ];
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const broken = text.search(/[\f\n\r]/);
  return broken < 0 ? text : `${text.slice(0, broken)}...`;
}

/** `a=b,c=d` in order, `<none>` for none (labels.FormatLabels). */
function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return '<none>';
  return entries
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
