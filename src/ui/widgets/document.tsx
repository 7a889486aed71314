import { diffLines } from 'diff';
import { useMemo, type JSX } from 'react';
import { stringify } from 'yaml';
import './document.css';

const longest = 60_000;

/** A value as YAML; what is very long is cut. */
function toYaml(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.length > longest ? `${text.slice(0, longest)}\n# …\n` : text;
}

/** A value, readable. */
export function Yaml({ value }: { readonly value: unknown }): JSX.Element {
  const text = useMemo(() => toYaml(value), [value]);
  return (
    <pre className="document" tabIndex={0}>
      {text}
    </pre>
  );
}

const around = 2;

/** What became of a value: lines that went and lines that came, with a little of what stayed. */
export function Difference({ before, after }: { readonly before: unknown; readonly after: unknown }): JSX.Element {
  const parts = useMemo(() => diffLines(toYaml(before), toYaml(after)), [before, after]);
  return (
    <pre className="document difference" tabIndex={0}>
      {parts.map((part, index) => {
        const lines = part.value.replace(/\n$/, '').split('\n');
        const kind = part.added ? 'added' : part.removed ? 'removed' : 'same';
        const shown = kind === 'same' ? shorten(lines, index > 0, index < parts.length - 1) : lines;
        return shown.map((line, at) => (
          <span key={`${index} ${at}`} className={kind}>
            {kind === 'added' ? '+ ' : kind === 'removed' ? '- ' : '  '}
            {line}
          </span>
        ));
      })}
    </pre>
  );
}

/** Unchanged lines next to a change stay; the rest is left out. */
function shorten(lines: readonly string[], changeBefore: boolean, changeAfter: boolean): readonly string[] {
  const head = changeBefore ? lines.slice(0, around) : [];
  const tail = changeAfter ? lines.slice(-around) : [];
  if (head.length + tail.length >= lines.length) return lines;
  return [...head, ...(head.length > 0 || tail.length > 0 ? ['…'] : []), ...tail];
}
