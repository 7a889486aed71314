import { absolute, type FileSystem } from '../files.ts';

/** A piece of an expanded word. What was quoted is no pattern. */
export interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

export const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
const magic = /[*?[]/;

/** A pattern of the shell as the source of an expression. @param any what `*` and `?` stand for */
export function patternSource(pieces: readonly Piece[], any = '[^]'): string {
  return pieces.map((piece) => (piece.quoted ? escaped(piece.text) : unquotedSource(piece.text, any))).join('');
}

function unquotedSource(text: string, any: string): string {
  return text.replace(/\[(!|\^)?(\]?[^\]]*)\]|[^]/g, (item, not: string | undefined, set: string | undefined) => {
    if (item === '*') return `${any}*`;
    if (item === '?') return any;
    if (set === undefined) return escaped(item);
    const inside = set.replace(/\[:(\w+):\]?/g, (_, name: string) => classes[name] ?? '').replace(/[\\\]]/g, '\\$&');
    return `[${not === undefined ? '' : '^'}${inside}]`;
  });
}
const classes: Readonly<Record<string, string>> = {
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \t\n',
};

/** An expression; what is none (`[z-a]`) matches nothing. */
export function safeExpression(source: string, flags = ''): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    return /(?!)/;
  }
}

export const matches = (pieces: readonly Piece[], text: string): boolean => safeExpression(`^(?:${patternSource(pieces)})$`).test(text);

/** `${NAME%pattern}` and its kin: the text without its shortest or longest beginning or end that matches. */
export function trimmed(text: string, pieces: readonly Piece[], operator: string): string {
  const expression = safeExpression(`^(?:${patternSource(pieces)})$`);
  const atEnd = operator.startsWith('%');
  const longest = operator.length === 2;
  for (let step = 0; step <= text.length; step++) {
    const length = longest ? text.length - step : step;
    const candidate = atEnd ? text.slice(text.length - length) : text.slice(0, length);
    if (expression.test(candidate)) return atEnd ? text.slice(0, text.length - length) : text.slice(length);
  }
  return text;
}

/** `${NAME/pattern/replacement}`; with `//` all of them. */
export function replaced(text: string, pieces: readonly Piece[], replacement: string, all: boolean): string {
  const source = patternSource(pieces);
  return source === '' ? text : text.replace(safeExpression(source, all ? 'g' : ''), () => replacement);
}

/** The files that a word matches; the word itself where there are none. */
export function filesMatching(pieces: readonly Piece[], files: FileSystem, cwd: string): readonly string[] {
  const plain = textOf(pieces);
  if (!pieces.some((piece) => !piece.quoted && magic.test(piece.text))) return [plain];
  const components: Piece[][] = [[]];
  for (const piece of pieces) {
    const [first = '', ...rest] = piece.text.split('/');
    components[components.length - 1]!.push({ ...piece, text: first });
    for (const text of rest) components.push([{ ...piece, text }]);
  }
  let found: readonly string[] = [''];
  for (const [index, component] of components.entries()) {
    const prefix = (before: string): string => (index === 0 ? '' : `${before}/`);
    if (!component.some((piece) => !piece.quoted && magic.test(piece.text))) {
      found = found.map((before) => prefix(before) + textOf(component));
      continue;
    }
    const expression = safeExpression(`^(?:${patternSource(component, '[^/]')})$`);
    const hidden = textOf(component).startsWith('.');
    found = found.flatMap((before) =>
      files
        .list(absolute(cwd, prefix(before) === '' ? '.' : prefix(before)))
        .filter((name) => expression.test(name) && name.startsWith('.') === hidden)
        .map((name) => prefix(before) + name),
    );
  }
  const existing = found.filter((path) => files.exists(absolute(cwd, path)));
  return existing.length > 0 ? existing : [plain];
}
