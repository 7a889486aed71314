import { useMemo, useState, type JSX, type KeyboardEvent } from 'react';
import { stringify } from 'yaml';
import { isObject } from '#base/json.ts';
import type { FieldPath } from '#session/view-port.ts';
import './document.css';

interface Line {
  readonly text: string;
  readonly path: FieldPath;
}

const isEmpty = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0);

/** A value as lines of YAML, each with the field that it is of. */
function linesOf(value: unknown, path: FieldPath = []): readonly Line[] {
  const written = (text: string, of: FieldPath): readonly Line[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => ({ text: line, path: of }));
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item, index) => {
      const lines = linesOf(item, [...path, index]);
      return lines.map((line, at) => ({ ...line, text: `${at === 0 ? '- ' : '  '}${line.text}` }));
    });
  if (!isObject(value) || isEmpty(value)) return written(stringify(value, { lineWidth: 0 }), path);
  return Object.entries(value).flatMap(([name, inner]) => {
    if (inner === undefined) return [];
    const of = [...path, name];
    if (isEmpty(inner)) return written(stringify({ [name]: inner }, { lineWidth: 0 }), of);
    const key = stringify(name, { lineWidth: 0 }).trimEnd();
    return [{ text: `${key}:`, path: of }, ...linesOf(inner, of).map((line) => ({ ...line, text: `  ${line.text}` }))];
  });
}

interface FieldsProps {
  readonly label: string;
  readonly value: unknown;
  /** The field that is chosen. */
  readonly chosen: FieldPath | undefined;
  readonly choose: (path: FieldPath) => void;
}

/** A value as YAML whose fields can be chosen: by a click, or by arrow keys and Enter. */
export function Fields({ label, value, chosen, choose }: FieldsProps): JSX.Element {
  const lines = useMemo(() => linesOf(value), [value]);
  const [at, setAt] = useState(0);
  const here = Math.min(at, lines.length - 1);
  const selected = chosen?.join(' ');
  const keys = (event: KeyboardEvent<HTMLElement>): void => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: lines.length - 1 };
    const move = moves[event.key];
    if (move !== undefined) {
      const next = Math.max(0, Math.min(lines.length - 1, move));
      setAt(next);
      (event.currentTarget.children[next] as HTMLElement).focus();
    } else if (event.key === 'Enter') choose(lines[here]!.path);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="document fields" role="listbox" aria-label={label} onKeyDown={keys}>
      {lines.map((line, index) => (
        <div
          key={index}
          role="option"
          aria-selected={line.path.join(' ') === selected}
          tabIndex={index === here ? 0 : -1}
          onClick={() => (setAt(index), choose(line.path))}
        >
          {line.text}
        </div>
      ))}
    </div>
  );
}
