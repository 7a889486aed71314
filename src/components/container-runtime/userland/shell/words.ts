import type { Node, Part, Word } from './ast.ts';

/** The shell's complaint about a text. `unfinished`: more text might make it right. */
export class ShellSyntaxError extends Error {
  constructor(
    message: string,
    readonly unfinished = false,
  ) {
    super(message);
  }
}

const plain = (text: string, quoted: boolean): Part => ({ type: 'text', text, quoted });
const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
/** The longest first. */
const operators = [':-', ':=', ':?', ':+', '%%', '##', '//', '^^', ',,', '%', '#', '/', '-', '=', '?', '+', ':'];

/** Reads words from a text, as "Shell Command Language", 2.2 and 2.6, describes them. */
export class WordReader {
  constructor(
    readonly text: string,
    public at: number,
    /** Parses the inside of `$(…)` up to its parenthesis, and says where that is. */
    private readonly commands: (text: string, at: number) => { readonly body: Node; readonly end: number },
  ) {}

  /** A word, up to a blank or an operator. */
  word(): Word {
    return this.until((char) => /[\s;&|<>()]/.test(char), false);
  }

  /** The inside of a here-document: only expansions and `\` before them mean anything. */
  document(): Word {
    return this.until(() => false, true);
  }

  /** @param braces quotes in a quoted `${…}` only end and begin the quoting */
  private until(ends: (char: string) => boolean, quoted: boolean, braces = false): Word {
    const parts: Part[] = [];
    for (let char = this.text[this.at]; char !== undefined && !ends(char); char = this.text[this.at]) {
      if (braces && quoted && char === '"') {
        this.at++;
        continue;
      }
      const found = quoted ? this.quotedPiece(char) : this.piece(char);
      for (const part of found) add(parts, part);
    }
    return parts;
  }

  private piece(char: string): readonly Part[] {
    switch (char) {
      case '\\': {
        const next = this.text[this.at + 1];
        this.at += 2;
        return next === '\n' ? [] : [plain(next ?? '\\', true)];
      }
      case "'":
        return [this.singleQuotes()];
      case '"': {
        this.at++;
        const inside = this.until((next) => next === '"', true);
        if (this.text[this.at] === undefined) throw new ShellSyntaxError('unterminated quoted string', true);
        this.at++;
        return inside.length === 0 ? [plain('', true)] : inside;
      }
      default:
        if (char === '$' && this.text[this.at + 1] === "'") return [this.escapedQuotes()];
        return [this.expansion(false) ?? this.character(char, false)];
    }
  }

  private quotedPiece(char: string): readonly Part[] {
    if (char === '\\' && /["\\$`\n]/.test(this.text[this.at + 1] ?? '')) {
      const next = this.text[this.at + 1]!;
      this.at += 2;
      return next === '\n' ? [] : [plain(next, true)];
    }
    return [this.expansion(true) ?? this.character(char, true)];
  }

  private character(char: string, quoted: boolean): Part {
    this.at++;
    return plain(char, quoted);
  }

  private singleQuotes(): Part {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) throw new ShellSyntaxError('unterminated quoted string', true);
    const part = plain(this.text.slice(this.at + 1, end), true);
    this.at = end + 1;
    return part;
  }

  /** `$'a\tb'` */
  private escapedQuotes(): Part {
    const match = /^\$'((?:[^'\\]|\\[^])*)'/.exec(this.text.slice(this.at));
    if (match === null) throw new ShellSyntaxError('unterminated quoted string', true);
    this.at += match[0].length;
    return plain(
      match[1]!.replace(/\\([^])/g, (all, char: string) => escapes[char] ?? all),
      true,
    );
  }

  /** What begins with `$` or a backquote; undefined where that is an ordinary character. */
  private expansion(quoted: boolean): Part | undefined {
    const { text, at } = this;
    if (text[at] === '`') return this.backquotes(quoted);
    if (text[at] !== '$') return undefined;
    if (text.startsWith('$((', at)) {
      const arithmetic = this.arithmetic(quoted);
      if (arithmetic !== undefined) return arithmetic;
    }
    if (text[at + 1] === '(') {
      const { body, end } = this.commands(text, at + 2);
      this.at = end + 1;
      return { type: 'command', body, quoted };
    }
    if (text[at + 1] === '{') return this.braces(quoted);
    const name = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(text.slice(at, at + 128))?.[1];
    if (name === undefined) return undefined;
    this.at += name.length + 1;
    return { type: 'parameter', name, operator: '', word: [], quoted };
  }

  private backquotes(quoted: boolean): Part {
    const match = /^`((?:[^`\\]|\\[^])*)`/.exec(this.text.slice(this.at));
    if (match === null) throw new ShellSyntaxError('EOF in backquote substitution', true);
    this.at += match[0].length;
    const inside = match[1]!.replace(quoted ? /\\([`\\$"])/g : /\\([`\\$])/g, '$1');
    return { type: 'command', body: this.commands(`${inside})`, 0).body, quoted };
  }

  /** `$((…))`; undefined where it is a substitution that begins with a subshell. */
  private arithmetic(quoted: boolean): Part | undefined {
    const expression = this.doubleParentheses(this.at + 3);
    return expression && { type: 'arithmetic', expression, quoted };
  }

  /** An expression up to its `))`; undefined where none closes it. */
  doubleParentheses(from: number): Word | undefined {
    let depth = 0;
    for (let at = from; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '(') depth++;
      else if (char === ')' && depth > 0) depth--;
      else if (char === ')') {
        if (this.text[at + 1] !== ')') return undefined;
        this.at = at + 2;
        return new WordReader(this.text.slice(from, at), 0, this.commands).document();
      }
    }
    throw new ShellSyntaxError("missing '))'", true);
  }

  private braces(quoted: boolean): Part {
    this.at += 2;
    const length = /^#([A-Za-z_]\w*|[0-9@*])(\[[@*]\])?\}/.exec(this.text.slice(this.at, this.at + 128));
    if (length !== null) {
      this.at += length[0].length;
      const index: Word | undefined = length[2] === undefined ? undefined : [plain('@', false)];
      return { type: 'parameter', name: length[1]!, ...(index && { index }), operator: 'length', word: [], quoted };
    }
    const name = /^([A-Za-z_]\w*|\d+|[@*#?$!-])/.exec(this.text.slice(this.at, this.at + 128))?.[1];
    if (name === undefined) throw new ShellSyntaxError('bad substitution');
    this.at += name.length;
    const index = this.index();
    const operator = operators.find((item) => this.text.startsWith(item, this.at)) ?? '';
    this.at += operator.length;
    // Quotes around the whole make no pattern of `%`, `#` or `/` a plain text.
    const word = this.until((char) => char === '}', quoted && !/^[%#/^,]/.test(operator), true);
    if (this.text[this.at] !== '}') throw new ShellSyntaxError('missing }', true);
    if (operator === '' && word.length > 0) throw new ShellSyntaxError('bad substitution');
    this.at++;
    return { type: 'parameter', name, ...(index && { index }), operator, word, quoted };
  }

  /** `[…]` after a name: which item of an array. */
  private index(): Word | undefined {
    if (this.text[this.at] !== '[') return undefined;
    this.at++;
    const word = this.until((char) => char === ']', true);
    this.at++;
    return word;
  }
}

/** Appends a part; texts of one kind become one. */
function add(parts: Part[], part: Part): void {
  const last = parts[parts.length - 1];
  if (part.type === 'text' && last?.type === 'text' && last.quoted === part.quoted)
    parts[parts.length - 1] = plain(last.text + part.text, part.quoted);
  else parts.push(part);
}
