import type { Toleration } from '#api/types.generated.ts';
import { lastAppliedAnnotation } from '../last-applied.ts';

/** Texts that all descriptions are made of. Lines hold tabs, which are aligned at the end (see `alignTabs`). */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A timestamp as `Tue, 24 Nov 2026 01:52:48 +0000` (RFC 1123 with a numeric zone). */
export function longTime(text: string | null | undefined): string {
  if (text === undefined || text === null) return '<unset>';
  const time = new Date(text);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${days[time.getUTCDay()]!}, ${two(time.getUTCDate())} ${months[time.getUTCMonth()]!} ${time.getUTCFullYear()} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
}

type Strings = Readonly<Record<string, string>> | undefined;

/** One line for each pair under one title; `<none>` for none. */
export function pairsLines(title: string, pairs: Strings, separator = '='): string {
  const keys = Object.keys(pairs ?? {}).sort();
  if (keys.length === 0) return `${title}:\t<none>\n`;
  return keys.map((key, index) => `${index === 0 ? `${title}:` : indentOf(title)}\t${key}${separator}${pairs![key]!}\n`).join('');
}

const indentOf = (title: string): string => /^\s*/.exec(title)![0];

/** Annotations: what kubectl apply keeps for itself is left out, and long ones stand on lines of their own. */
export function annotationLines(title: string, annotations: Strings): string {
  const keys = Object.keys(annotations ?? {})
    .filter((key) => key !== lastAppliedAnnotation)
    .sort();
  if (keys.length === 0) return `${title}:\t<none>\n`;
  return keys
    .map((key, index) => {
      const lead = index === 0 ? `${title}:` : indentOf(title);
      const value = annotations![key]!.replace(/\n$/, '');
      if (key.length + value.length + 2 <= 140 && !value.includes('\n')) return `${lead}\t${key}: ${value}\n`;
      const lines = value.split('\n').map((line) => `${indentOf(title)}\t  ${line.length > 140 ? `${line.slice(0, 140)}...` : line}\n`);
      return `${lead}\t${key}:\n${lines.join('')}`;
    })
    .join('');
}

/** Tolerations under one title (describe.go, printTolerationsMultiline). */
export function tolerationLines(title: string, tolerations: readonly Toleration[] | undefined): string {
  if (tolerations === undefined || tolerations.length === 0) return `${title}:\t<none>\n`;
  return [...tolerations]
    .sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0))
    .map((toleration, index) => `${index === 0 ? `${title}:` : indentOf(title)}\t${tolerationText(toleration)}\n`)
    .join('');
}

function tolerationText({ key = '', value = '', effect, operator, tolerationSeconds }: Toleration): string {
  let text = key;
  if (value !== '') text += `=${value}`;
  if (effect !== undefined) text += `:${effect}`;
  if (operator === 'Exists' && value === '') text += key !== '' || effect !== undefined ? ' op=Exists' : 'op=Exists';
  if (tolerationSeconds !== undefined) text += ` for ${tolerationSeconds}s`;
  return text;
}

export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);
export const orUnset = (text: string | undefined): string => (text === undefined || text === '' ? '<unset>' : text);
/** `true` as Go prints it in conditions. */
export const capital = (value: boolean): string => (value ? 'True' : 'False');
