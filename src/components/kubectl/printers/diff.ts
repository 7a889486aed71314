const contextLines = 3;

type Edit = readonly [mark: ' ' | '-' | '+', line: string];

/** What `diff -u -N` prints of two texts; nothing where they are equal. */
export function unifiedDiff(oldName: string, newName: string, before: string, after: string): string {
  if (before === after) return '';
  const edits = editsOf(linesOf(before), linesOf(after));
  const changed = edits.flatMap(([mark], index) => (mark === ' ' ? [] : [index]));
  const hunks: [number, number][] = [];
  for (const index of changed) {
    const last = hunks[hunks.length - 1];
    if (last !== undefined && index - contextLines <= last[1]) last[1] = index + contextLines + 1;
    else hunks.push([Math.max(0, index - contextLines), index + contextLines + 1]);
  }
  return `diff -u -N ${oldName} ${newName}\n--- ${oldName}\n+++ ${newName}\n${hunks.map(([from, to]) => hunkText(edits, from, Math.min(to, edits.length))).join('')}`;
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

function hunkText(edits: readonly Edit[], from: number, to: number): string {
  const before = edits.slice(0, from);
  const part = edits.slice(from, to);
  const count = (list: readonly Edit[], without: string): number => list.filter(([mark]) => mark !== without).length;
  const range = (without: string): string => {
    const length = count(part, without);
    const start = count(before, without) + (length === 0 ? 0 : 1);
    return length === 1 ? String(start) : `${start},${length}`;
  };
  return `@@ -${range('+')} +${range('-')} @@\n${part.map(([mark, line]) => `${mark}${line}\n`).join('')}`;
}

/** The longest common subsequence decides which lines stay. */
function editsOf(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const lengths: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push([' ', a[i]!]);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) edits.push(['-', a[i++]!]);
    else edits.push(['+', b[j++]!]);
  }
  return edits;
}
