/**
 * Aligned columns, as Go's text/tabwriter makes them: a cell is text that ends in a tab, and a column is a run of
 * neighbouring lines that have a cell there. The last part of a line is no cell.
 */
export interface TabOptions {
  readonly minWidth: number;
  readonly padding: number;
}

/** kubectl describe's columns. */
export const describeTabs: TabOptions = { minWidth: 0, padding: 2 };

/** Lays text with tabs out. */
export function alignTabs(text: string, { minWidth, padding }: TabOptions): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const out: string[] = new Array<string>(lines.length);
  const widths: number[] = [];

  const write = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      out[i] = lines[i]!.map((cell, column) =>
        column < widths.length ? cell.padEnd(cell.length + Math.max(0, widths[column]! - width(cell))) : cell,
      ).join('');
    }
  };
  const format = (from: number, to: number): void => {
    const column = widths.length;
    let start = from;
    for (let i = from; i < to; i++) {
      if (column >= lines[i]!.length - 1) continue;
      write(start, i);
      start = i;
      let widest = minWidth;
      for (; i < to && column < lines[i]!.length - 1; i++) widest = Math.max(widest, width(lines[i]![column]!) + padding);
      widths.push(widest);
      format(start, i);
      widths.pop();
      start = i;
      i--;
    }
    write(start, to);
  };
  format(0, lines.length);
  return out.join('\n');
}

/** Width in characters, not code units. */
function width(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const tablePadding = 3;
const tableMinWidth = 6;

/** Rows of a table as kubectl get prints them; `remembered` are the widths of what has been printed before. */
export function alignRows(
  rows: readonly (readonly string[])[],
  remembered: readonly number[] = [],
): { readonly text: string; readonly widths: readonly number[] } {
  const widths: number[] = [...remembered];
  for (const row of rows) {
    for (let i = 0; i < row.length - 1; i++) widths[i] = Math.max(widths[i] ?? tableMinWidth, width(row[i]!) + tablePadding);
  }
  const text = rows
    .map((row) => `${row.map((cell, i) => (i < row.length - 1 ? cell + ' '.repeat(widths[i]! - width(cell)) : cell)).join('')}\n`)
    .join('');
  return { text, widths };
}
