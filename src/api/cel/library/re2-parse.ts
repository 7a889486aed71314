import { fail } from './types.ts';

/** The syntax of RE2 (regexp/syntax): no look-around and no back references, so that a match takes linear time. */

/** Whether a character is one of a set. */
export type CharTest = (char: string) => boolean;
export type Assertion = 'begin-text' | 'end-text' | 'begin-line' | 'end-line' | 'word' | 'no-word';
export type Regex =
  | { readonly type: 'char'; readonly test: CharTest }
  | { readonly type: 'assert'; readonly assertion: Assertion }
  | { readonly type: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly type: 'choice'; readonly parts: readonly Regex[] }
  | { readonly type: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number; readonly greedy: boolean };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const maxRepeat = 1000;
const maxDepth = 250;
const escapes: Readonly<Record<string, string>> = { a: '\x07', f: '\f', t: '\t', n: '\n', r: '\r', v: '\v' };
const perl: Readonly<Record<string, CharTest>> = {
  d: (char) => char >= '0' && char <= '9',
  w: (char) => /^[0-9A-Za-z_]$/.test(char),
  s: (char) => /^[\t\n\f\r ]$/.test(char),
};
const posix: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /[\0-\x7f]/,
  blank: /[\t ]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};
const not =
  (test: CharTest): CharTest =>
  (char) =>
    !test(char);
const isUpper = (char: string): boolean => char !== char.toLowerCase();

/** Either case of a character, where case does not matter. */
const folded = (test: CharTest, { i }: Flags): CharTest =>
  i ? (char) => test(char.toLowerCase()) || test(char.toUpperCase()) || test(char) : test;

class Parser {
  private at = 0;
  private depth = 0;
  private flags: Flags = { i: false, m: false, s: false, U: false };
  private readonly source: readonly string[];
  constructor(text: string) {
    this.source = [...text];
  }

  private wrong(message: string, part: string): never {
    return fail(`error parsing regexp: ${message}: \`${part}\``);
  }

  private rest(from = this.at): string {
    return this.source.slice(from).join('');
  }

  /** What comes next, as far as anything but a quoted literal may reach. */
  private peek(): string {
    return this.source.slice(this.at, this.at + 100).join('');
  }

  private take(text: string): boolean {
    if (!this.peek().startsWith(text)) return false;
    this.at += [...text].length;
    return true;
  }

  parse(): Regex {
    const regex = this.choice();
    if (this.at < this.source.length) this.wrong('unexpected )', this.rest(0));
    return regex;
  }

  private choice(): Regex {
    if (++this.depth > maxDepth) this.wrong('expression nests too deeply', this.rest(0));
    const parts = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      parts.push(this.sequence());
    }
    this.depth--;
    return parts.length === 1 ? parts[0]! : { type: 'choice', parts };
  }

  private sequence(): Regex {
    const parts: Regex[] = [];
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      const atom = this.atom();
      if (atom !== undefined) parts.push(...this.repeated(atom));
    }
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts };
  }

  /** What stands before a repetition, with all of it; a literal of several characters repeats the last one only. */
  private repeated(atoms: readonly Regex[]): readonly Regex[] {
    const last = atoms.at(-1);
    const start = this.at;
    const range = this.repetition();
    if (range === undefined) return atoms;
    if (last === undefined) this.wrong('missing argument to repetition operator', this.source.slice(start, this.at).join(''));
    const lazy = this.take('?');
    const text = this.source.slice(start, this.at).join('');
    const more = this.at;
    if (this.repetition() !== undefined)
      this.wrong('invalid nested repetition operator', `${text}${this.source.slice(more, this.at).join('')}`);
    return [...atoms.slice(0, -1), { type: 'repeat', part: last, ...range, greedy: lazy === this.flags.U }];
  }

  private repetition(): { readonly min: number; readonly max: number } | undefined {
    const char = this.source[this.at];
    if (char === '*' || char === '+' || char === '?') {
      this.at++;
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : Infinity };
    }
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.peek());
    if (match === null) return undefined;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (min > maxRepeat || (max !== Infinity && (max > maxRepeat || max < min))) this.wrong('invalid repeat count', match[0]);
    this.at += match[0].length;
    return { min, max };
  }

  /** One character, class, group or assertion; undefined for flags, which only change what follows. */
  private atom(): readonly Regex[] | undefined {
    const char = this.source[this.at]!;
    const one = (test: CharTest): readonly Regex[] => [{ type: 'char', test: folded(test, this.flags) }];
    const assertion = (kind: Assertion): readonly Regex[] => [{ type: 'assert', assertion: kind }];
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return one(this.charClass());
      case '*':
      case '+':
      case '?':
        return [];
      case '\\':
        return this.escape(one, assertion);
      case '.':
        this.at++;
        return [{ type: 'char', test: this.flags.s ? () => true : (item) => item !== '\n' }];
      case '^':
        this.at++;
        return assertion(this.flags.m ? 'begin-line' : 'begin-text');
      case '$':
        this.at++;
        return assertion(this.flags.m ? 'end-line' : 'end-text');
      default:
        this.at++;
        return one((item) => item === char);
    }
  }

  private group(): readonly Regex[] | undefined {
    const start = this.at;
    const before = this.flags;
    this.at++;
    if (this.take('?') && !/^P?<\w+>/.test(this.peek())) {
      const match = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.peek());
      if (match === null) this.wrong('invalid or unsupported Perl syntax', this.source.slice(start, this.at + 1).join(''));
      const [text, on = '', off = '', end] = match!;
      for (const [names, value] of [
        [on, true],
        [off, false],
      ] as const)
        for (const name of names) this.flags = { ...this.flags, [name]: value };
      this.at += text.length;
      if (end === ')') return undefined;
    } else this.at += /^P?<\w+>/.exec(this.source[start + 1] === '?' ? this.peek() : '')?.[0].length ?? 0;
    const inner = this.choice();
    if (!this.take(')')) this.wrong('missing closing )', this.rest(0));
    this.flags = before;
    return [inner];
  }

  private escape(one: (test: CharTest) => readonly Regex[], assertion: (kind: Assertion) => readonly Regex[]): readonly Regex[] {
    const kinds: Readonly<Record<string, Assertion>> = { A: 'begin-text', z: 'end-text', b: 'word', B: 'no-word' };
    const next = this.source[this.at + 1];
    if (next !== undefined && kinds[next] !== undefined) {
      this.at += 2;
      return assertion(kinds[next]);
    }
    if (this.take('\\Q')) {
      const found = this.source.findIndex((char, index) => index >= this.at && char === '\\' && this.source[index + 1] === 'E');
      const literal = this.source.slice(this.at, found < 0 ? undefined : found);
      this.at += literal.length + (found < 0 ? 0 : 2);
      return literal.flatMap((char) => one((item) => item === char));
    }
    return one(this.charEscape());
  }

  /** An escape that stands for one character or a class of them. */
  private charEscape(): CharTest {
    const start = this.at;
    const next = this.source[this.at + 1];
    if (next === undefined) this.wrong('trailing backslash at end of expression', '');
    const kind = perl[next!.toLowerCase()];
    if (kind !== undefined && /[dwsDWS]/.test(next!)) {
      this.at += 2;
      return isUpper(next!) ? not(kind) : kind;
    }
    const property = /^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/.exec(this.peek());
    if (property !== null) {
      this.at += property[0].length;
      const test = unicodeClass(property[3] ?? property[4]!) ?? this.wrong('invalid character class range', property[0]);
      return (property[1] === 'P') !== (property[2] === '^') ? not(test) : test;
    }
    const code = /^\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))|^\\(0[0-7]{0,2}|[1-7][0-7]{2})/.exec(this.peek());
    if (code !== null) {
      const value = code[3] === undefined ? parseInt(code[1] ?? code[2]!, 16) : parseInt(code[3], 8);
      this.at += code[0].length;
      if (value > 0x10ffff) this.wrong('invalid escape sequence', code[0]);
      const wanted = String.fromCodePoint(value);
      return (char) => char === wanted;
    }
    this.at += 2;
    const literal = escapes[next!] ?? (/^[\x21-\x7e]$/.test(next!) && !/[0-9A-Za-z]/.test(next!) ? next! : undefined);
    if (literal === undefined) this.wrong('invalid escape sequence', this.source.slice(start, this.at).join(''));
    return (char) => char === literal;
  }

  private charClass(): CharTest {
    const start = this.at;
    this.at++;
    const negated = this.take('^');
    const tests: CharTest[] = [];
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      if (this.at >= this.source.length) this.wrong('missing closing ]', this.rest(start));
      tests.push(this.classItem());
    }
    this.at++;
    const fold = this.flags;
    const test: CharTest = (char) => tests.some((item) => folded(item, fold)(char));
    return negated ? not(test) : test;
  }

  private classItem(): CharTest {
    const named = /^\[:(\^?)(\w+):\]/.exec(this.peek());
    if (named !== null) {
      const pattern = posix[named[2]!];
      if (pattern === undefined) this.wrong('invalid character class range', named[0]);
      this.at += named[0].length;
      const test: CharTest = (char) => char.length === 1 && pattern!.test(char);
      return named[1] === '^' ? not(test) : test;
    }
    const start = this.at;
    const low = this.classChar();
    if (typeof low !== 'string') return low;
    if (this.source[this.at] !== '-' || this.source[this.at + 1] === ']' || this.source[this.at + 1] === undefined)
      return (char) => char === low;
    this.at++;
    const high = this.classChar();
    if (typeof high !== 'string' || high.codePointAt(0)! < low.codePointAt(0)!)
      this.wrong('invalid character class range', this.source.slice(start, this.at).join(''));
    const [from, to] = [low.codePointAt(0)!, (high as string).codePointAt(0)!];
    return (char) => char.codePointAt(0)! >= from && char.codePointAt(0)! <= to;
  }

  /** A character of a class, or what an escape stands for. */
  private classChar(): string | CharTest {
    const char = this.source[this.at]!;
    if (char !== '\\') {
      this.at++;
      return char;
    }
    const before = this.at;
    const test = this.charEscape();
    const text = this.source.slice(before, this.at).join('');
    if (/^\\[dwsDWSpP]/.test(text)) return test;
    // An escape of one character: it is found again by its own test.
    const code = /^\\x\{?([0-9a-fA-F]+)/.exec(text) ?? /^\\([0-7]+)$/.exec(text);
    if (code !== null) return String.fromCodePoint(parseInt(code[1]!, text[1] === 'x' ? 16 : 8));
    return escapes[text[1]!] ?? text[1]!;
  }
}

function unicodeClass(name: string): CharTest | undefined {
  for (const property of [name, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u');
      return (char) => pattern.test(char);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** A pattern taken apart; fails with Go's words. */
export function parseRegex(text: string): Regex {
  return new Parser(text).parse();
}
