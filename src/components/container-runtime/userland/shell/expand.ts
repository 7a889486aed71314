import type { FileSystem } from '../files.ts';
import type { Node, Part, Word } from './ast.ts';
import { evaluate } from './arithmetic.ts';
import { filesMatching, replaced, textOf, trimmed, type Piece } from './pattern.ts';
import type { Substituted } from './state.ts';

/** What an expansion sees of its shell, and may change. */
export interface Scope {
  /** A variable, a parameter or a special one (`?`, `#`, …). */
  readonly get: (name: string) => string | undefined;
  readonly set: (name: string, value: string) => void;
  /** The items of an array. */
  readonly items: (name: string) => readonly string[] | undefined;
  readonly parameters: readonly string[];
  readonly files: FileSystem;
  readonly cwd: string;
  readonly globs: boolean;
  /** `set -u` */
  readonly strict: boolean;
  /** Words like `{1..3}` are several. */
  readonly braces: boolean;
}

type Parameter = Extract<Part, { readonly type: 'parameter' }>;

/** Thrown where the output of a substitution is not there yet. */
export class SubstitutionNeeded {
  constructor(readonly body: Node) {}
}

/** Ends the shell: `${NAME:?message}`, an unset variable with `set -u`. */
export class ExpansionError extends Error {}

/**
 * Expands the words of one command. Substitutions that have run are given by their results, in the order in which they
 * are met; at the first one without a result it is thrown. Then the whole command is expanded again: what it sets is
 * only kept when all is there, so the order of results is always the same.
 */
export class Expander {
  private next = 0;
  private readonly assigned = new Map<string, string>();
  private pieces: Piece[] | undefined;
  private fields: Piece[][] = [];

  constructor(
    private readonly scope: Scope,
    private readonly results: readonly Substituted[],
  ) {}

  /** The exit code of the last substitution, where there was one. */
  get status(): number | undefined {
    return this.next === 0 ? undefined : this.results[this.next - 1]!.status;
  }

  /** The arguments that words become. */
  words(words: readonly Word[]): readonly string[] {
    const { scope } = this;
    return words.flatMap((word) =>
      (scope.braces ? alternatives(word) : [word]).flatMap((item) =>
        this.split(item).flatMap((field) => (scope.globs ? filesMatching(field, scope.files, scope.cwd) : [textOf(field)])),
      ),
    );
  }

  /** Lets the words that follow see an assignment of the same command. */
  assign(name: string, value: string): void {
    this.assigned.set(name, value);
  }

  private get(name: string): string | undefined {
    return this.assigned.get(name) ?? this.scope.get(name);
  }

  /** A word as one text: it is not split, and no pattern. */
  text(word: Word): string {
    return textOf(this.whole(word));
  }

  /** A word as a pattern. */
  whole(word: Word): readonly Piece[] {
    return word.flatMap((part, index) =>
      this.values(part, index === 0).flatMap((value, at) => [
        ...(at === 0 ? [] : [{ text: ' ', quoted: part.quoted }]),
        { text: value, quoted: part.quoted },
      ]),
    );
  }

  arithmetic(expression: Word): number {
    return this.evaluate(this.text(expression));
  }

  private evaluate(text: string): number {
    return evaluate(text, { get: (name) => this.get(name), set: this.scope.set });
  }

  private split(word: Word): readonly (readonly Piece[])[] {
    this.fields = [];
    this.pieces = undefined;
    for (const [index, part] of word.entries()) this.addPart(part, index === 0);
    this.endField();
    return this.fields;
  }

  private addPart(part: Part, first: boolean): void {
    // The word of `${NAME:-word}` may be several, and quoted in part.
    const chosen = part.type === 'parameter' && !part.quoted && /^:?[-+]$/.test(part.operator) ? this.defaultWord(part) : undefined;
    if (chosen !== undefined) {
      for (const [index, inner] of chosen.entries()) {
        if (inner.type === 'text' && !inner.quoted) this.addSplit(inner.text);
        else this.addPart(inner, index === 0);
      }
      return;
    }
    const values = this.values(part, first);
    for (const [index, value] of values.entries()) {
      if (index > 0) this.endField();
      if (part.quoted || part.type === 'text') this.append(value, part.quoted);
      else this.addSplit(value);
    }
  }

  private append(text: string, quoted: boolean): void {
    if (text === '' && !quoted) return;
    (this.pieces ??= []).push({ text, quoted });
  }

  private endField(): void {
    if (this.pieces !== undefined) this.fields.push(this.pieces);
    this.pieces = undefined;
  }

  private addSplit(text: string): void {
    const ifs = this.get('IFS') ?? ' \t\n';
    if (ifs === '') return this.append(text, false);
    for (const [index, field] of splitAt(text, ifs, Number.POSITIVE_INFINITY).entries()) {
      if (index > 0) this.endField();
      if (field === undefined) this.endField();
      else if (field === '') this.pieces ??= [];
      else this.append(field, false);
    }
  }

  /** The values of a part: several only for `$@` and `$*`. */
  private values(part: Part, first: boolean): readonly string[] {
    switch (part.type) {
      case 'text':
        return [first && !part.quoted ? part.text.replace(/^~(?=\/|$)/, () => this.get('HOME') ?? '~') : part.text];
      case 'arithmetic':
        return [String(this.arithmetic(part.expression))];
      case 'command': {
        const result = this.results[this.next];
        if (result === undefined) throw new SubstitutionNeeded(part.body);
        this.next++;
        return [result.text];
      }
      case 'parameter':
        return this.several(part) ?? [this.parameter(part)];
    }
  }

  /** The values of `$@`, of `$*` without quotes, and of `${array[@]}`. */
  private several({ name, index, operator, quoted }: Parameter): readonly string[] | undefined {
    if (operator !== '') return undefined;
    const all = index === undefined ? name : this.text(index);
    if (all !== '@' && (all !== '*' || quoted)) return undefined;
    return index === undefined ? this.scope.parameters : this.itemsOf(name);
  }

  private itemsOf(name: string): readonly string[] {
    const value = this.get(name);
    return this.scope.items(name) ?? (value === undefined ? [] : [value]);
  }

  private value({ name, index }: Parameter): string | undefined {
    if (index !== undefined) {
      const text = this.text(index);
      return text === '@' || text === '*' ? this.itemsOf(name).join(' ') : this.itemsOf(name).at(this.evaluate(text));
    }
    if (name !== '@' && name !== '*') return this.get(name);
    const { parameters } = this.scope;
    return parameters.length === 0 ? undefined : parameters.join((this.get('IFS') ?? ' ').slice(0, 1));
  }

  /** The word of `${NAME:-word}` or `${NAME:+word}` where it counts. */
  private defaultWord(part: Parameter): Word | undefined {
    const { operator, word } = part;
    const value = this.value(part);
    const missing = value === undefined || (operator.startsWith(':') && value === '');
    return missing === operator.endsWith('-') ? word : undefined;
  }

  private parameter(part: Parameter): string {
    const { name, operator, word } = part;
    const value = this.value(part);
    const missing = value === undefined || (operator.startsWith(':') && value === '');
    switch (operator) {
      case ':-':
      case '-':
        return missing ? this.text(word) : value;
      case ':+':
      case '+':
        return missing ? '' : this.text(word);
      case ':=':
      case '=': {
        if (!missing) return value;
        const text = this.text(word);
        this.scope.set(name, text);
        return text;
      }
      case ':?':
      case '?':
        if (missing) throw new ExpansionError(`${name}: ${this.text(word) || 'parameter not set'}`);
        return value;
      default:
        if (value === undefined && this.scope.strict && !/^[@*]$/.test(name)) throw new ExpansionError(`${name}: parameter not set`);
        return this.changed(part, value ?? '');
    }
  }

  private changed({ name, index, operator, word }: Parameter, value: string): string {
    switch (operator) {
      case 'length':
        return String(
          index !== undefined ? this.itemsOf(name).length : name === '@' || name === '*' ? this.scope.parameters.length : value.length,
        );
      case '%':
      case '%%':
      case '#':
      case '##':
        return trimmed(value, this.whole(word), operator);
      case '/':
      case '//': {
        const [pattern, replacement] = halves(this.whole(word));
        return replaced(value, pattern, textOf(replacement), operator === '//');
      }
      case '^^':
        return value.toUpperCase();
      case ',,':
        return value.toLowerCase();
      case ':': {
        const [from = '0', length] = this.text(word).split(':');
        const start = this.evaluate(from);
        const begin = start < 0 ? Math.max(0, value.length + start) : start;
        const count = length === undefined ? value.length : this.evaluate(length);
        return value.slice(begin, count < 0 ? value.length + count : begin + count);
      }
      default:
        return value;
    }
  }
}

/** `pattern/replacement`, at the first slash that is not quoted. */
function halves(pieces: readonly Piece[]): readonly [readonly Piece[], readonly Piece[]] {
  for (const [index, piece] of pieces.entries()) {
    const slash = piece.quoted ? -1 : piece.text.indexOf('/');
    if (slash >= 0)
      return [
        [...pieces.slice(0, index), { ...piece, text: piece.text.slice(0, slash) }],
        [{ ...piece, text: piece.text.slice(slash + 1) }, ...pieces.slice(index + 1)],
      ];
  }
  return [pieces, []];
}

/** Splits at the characters of IFS: blanks among them count once, others each. Undefined stands for an end at the edge. @param limit how many fields at most */
export function splitAt(text: string, ifs: string, limit: number): readonly (string | undefined)[] {
  const blank = (char: string): boolean => /\s/.test(char) && ifs.includes(char);
  const fields: (string | undefined)[] = [];
  let at = 0;
  const skip = (): boolean => {
    const from = at;
    while (at < text.length && blank(text[at]!)) at++;
    return at > from;
  };
  if (skip()) fields.push(undefined);
  let field = '';
  while (at < text.length) {
    const char = text[at]!;
    if (!ifs.includes(char) || fields.filter((item) => item !== undefined).length + 1 >= limit) {
      field += char;
      at++;
      continue;
    }
    skip();
    if (at < text.length && ifs.includes(text[at]!) && !blank(text[at]!)) {
      at++;
      skip();
    }
    fields.push(field);
    field = '';
    if (at >= text.length) {
      fields.push(undefined);
      return fields;
    }
  }
  if (field !== '') fields.push(field);
  return fields;
}

/** `a{1..3}` and `a{b,c}` of bash: the words that it stands for. */
function alternatives(word: Word): readonly Word[] {
  for (const [index, part] of word.entries()) {
    const match = part.type === 'text' && !part.quoted ? /^(.*?)\{(?:(-?\d+)\.\.(-?\d+)|([^{}]*,[^{}]*))\}(.*)$/s.exec(part.text) : null;
    if (match === null) continue;
    const [, before = '', from, to, list, after = ''] = match;
    const values = list?.split(',') ?? range(Number(from), Number(to));
    const text = (value: string): Part => ({ type: 'text', text: value, quoted: false });
    return values.flatMap((value) => alternatives([...word.slice(0, index), text(before + value + after), ...word.slice(index + 1)]));
  }
  return [word];
}

function range(from: number, to: number): readonly string[] {
  const length = Math.min(10_000, Math.abs(to - from) + 1);
  return Array.from({ length }, (_, index) => String(from + (to >= from ? index : -index)));
}
