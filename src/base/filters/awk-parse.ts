import { ProgramError } from './interpreters.ts';

/** An expression of awk. */
export type Expression =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'pattern'; readonly source: string }
  | Place
  | { readonly type: 'assign'; readonly place: Place; readonly operator: string; readonly value: Expression }
  | { readonly type: 'step'; readonly place: Place; readonly by: number; readonly before: boolean }
  | { readonly type: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly type: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'choice'; readonly condition: Expression; readonly chosen: Expression; readonly otherwise: Expression }
  | { readonly type: 'in'; readonly key: Expression; readonly array: string }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** What can be assigned to. */
export type Place =
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'field'; readonly index: Expression }
  | { readonly type: 'element'; readonly array: string; readonly keys: readonly Expression[] };

export type Statement =
  | { readonly type: 'expression'; readonly value: Expression }
  | { readonly type: 'print'; readonly values: readonly Expression[]; readonly formatted: boolean }
  | { readonly type: 'block'; readonly body: readonly Statement[] }
  | { readonly type: 'if'; readonly condition: Expression; readonly chosen: Statement; readonly otherwise: Statement | undefined }
  | {
      readonly type: 'loop';
      readonly first: Statement | undefined;
      readonly condition: Expression | undefined;
      readonly next: Statement | undefined;
      readonly body: Statement;
      /** The condition is asked after the body. */
      readonly after: boolean;
    }
  | { readonly type: 'each'; readonly name: string; readonly array: string; readonly body: Statement }
  | { readonly type: 'delete'; readonly array: string; readonly keys: readonly Expression[] | undefined }
  | { readonly type: 'leave'; readonly word: 'next' | 'break' | 'continue' | 'exit'; readonly value: Expression | undefined };

export interface Rule {
  /** `BEGIN`, `END`, a condition, or undefined for every line. */
  readonly when: 'BEGIN' | 'END' | Expression | undefined;
  /** Undefined prints the line. */
  readonly body: Statement | undefined;
}

interface Token {
  readonly type: 'number' | 'string' | 'pattern' | 'name' | 'function' | 'operator' | 'newline' | 'end';
  readonly text: string;
}

const operators = ['&&', '||', '==', '!=', '<=', '>=', '++', '--', '+=', '-=', '*=', '/=', '%=', '^=', '!~', ...'{}()[];,+-*/%^!<>=~?:$'];
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\', '/': '/', r: '\r' };
const unescaped = (text: string): string => text.replace(/\\(.)/g, (all, char: string) => escapes[char] ?? all);

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /[ \t\r]+|\\\n|#[^\n]*|(\n)|(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)|"((?:[^"\\]|\\[^])*)"|([A-Za-z_]\w*)(\()?/y;
  for (let at = 0; at < text.length;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    // A slash begins a pattern where no operand stands before it.
    const last = tokens[tokens.length - 1];
    const operand =
      last !== undefined && (last.type === 'number' || last.type === 'string' || last.type === 'name' || /^[)\]$]$/.test(last.text));
    const slash = text[at] === '/' && !operand ? /^\/((?:[^/\\\n]|\\.)*)\//.exec(text.slice(at)) : null;
    if (match !== null) {
      const [all, newline, number, string, name, call] = match;
      if (newline !== undefined) tokens.push({ type: 'newline', text: '\n' });
      else if (number !== undefined) tokens.push({ type: 'number', text: number });
      else if (string !== undefined) tokens.push({ type: 'string', text: unescaped(string) });
      else if (name !== undefined) tokens.push({ type: call === undefined ? 'name' : 'function', text: name });
      at += all.length - (call === undefined ? 0 : 1);
    } else if (slash !== null) {
      tokens.push({ type: 'pattern', text: slash[1]!.replaceAll('\\/', '/') });
      at += slash[0].length;
    } else {
      const operator = operators.find((item) => text.startsWith(item, at));
      if (operator === undefined) throw new ProgramError(`syntax error at ${text.slice(at, at + 10)}`);
      tokens.push({ type: 'operator', text: operator });
      at += operator.length;
    }
  }
  return [...tokens, { type: 'end', text: 'end of program' }];
}

const comparisons = ['<', '<=', '==', '!=', '>', '>='];
const additive = ['+', '-'];
const multiplicative = ['*', '/', '%'];

/** A parser by recursive descent of awk (POSIX, awk, "Grammar"), without functions of one's own and files. */
class Parser {
  private at = 0;
  /** In `print a > b` the sign is no comparison but names a file. */
  private printing = false;
  private readonly tokens: readonly Token[];

  constructor(text: string) {
    this.tokens = tokensOf(text);
  }

  private get token(): Token {
    return this.tokens[this.at]!;
  }

  private is(text: string): boolean {
    return this.token.text === text && ['operator', 'name', 'function', 'newline'].includes(this.token.type);
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw new ProgramError(`syntax error at ${this.token.text}: ${text} expected`);
  }

  private skipNewlines(): void {
    while (this.accept('\n') || this.accept(';'));
  }

  program(): readonly Rule[] {
    const rules: Rule[] = [];
    for (this.skipNewlines(); this.token.type !== 'end'; this.skipNewlines()) {
      const edge = this.accept('BEGIN') ? 'BEGIN' : this.accept('END') ? 'END' : undefined;
      const when = edge ?? (this.is('{') ? undefined : this.expression());
      rules.push({ when, body: this.is('{') ? this.block() : undefined });
    }
    return rules;
  }

  private block(): Statement {
    this.expect('{');
    const body: Statement[] = [];
    for (this.skipNewlines(); !this.accept('}'); this.skipNewlines()) body.push(this.statement());
    return { type: 'block', body };
  }

  /** A statement after a condition. */
  private inner(): Statement {
    while (this.accept('\n'));
    return this.accept(';') ? { type: 'block', body: [] } : this.statement();
  }

  private statement(): Statement {
    if (this.is('{')) return this.block();
    if (this.accept('if')) {
      this.expect('(');
      const condition = this.expression();
      this.expect(')');
      const chosen = this.inner();
      const back = this.at;
      this.skipNewlines();
      if (this.accept('else')) return { type: 'if', condition, chosen, otherwise: this.inner() };
      this.at = back;
      return { type: 'if', condition, chosen, otherwise: undefined };
    }
    if (this.accept('while')) {
      this.expect('(');
      const condition = this.expression();
      this.expect(')');
      return { type: 'loop', first: undefined, condition, next: undefined, body: this.inner(), after: false };
    }
    if (this.accept('do')) {
      const body = this.inner();
      this.skipNewlines();
      this.expect('while');
      this.expect('(');
      const condition = this.expression();
      this.expect(')');
      return { type: 'loop', first: undefined, condition, next: undefined, body, after: true };
    }
    if (this.accept('for')) return this.forLoop();
    return this.simple();
  }

  private forLoop(): Statement {
    this.expect('(');
    const [name, word, array] = this.tokens.slice(this.at, this.at + 3);
    if (name?.type === 'name' && word?.text === 'in' && array !== undefined) {
      this.at += 3;
      this.expect(')');
      return { type: 'each', name: name.text, array: array.text, body: this.inner() };
    }
    const first = this.is(';') ? undefined : this.simple();
    this.expect(';');
    const condition = this.is(';') ? undefined : this.expression();
    this.expect(';');
    const next = this.is(')') ? undefined : this.simple();
    this.expect(')');
    return { type: 'loop', first, condition, next, body: this.inner(), after: false };
  }

  private simple(): Statement {
    const word = this.token.text;
    if (this.accept('print') || this.accept('printf')) {
      const parenthesized = this.is('(');
      this.printing = true;
      const values = this.ends() ? [] : this.list();
      this.printing = false;
      if (this.is('>') || this.is('|')) throw new ProgramError('print cannot write to files and programs here');
      // `print (a, b)` has its list in parentheses.
      const first = values[0];
      const inside = parenthesized && values.length === 1 && first?.type === 'call' && first.name === '' ? first.args : values;
      return { type: 'print', values: inside, formatted: word === 'printf' };
    }
    if (this.accept('next') || this.accept('break') || this.accept('continue') || this.accept('exit'))
      return { type: 'leave', word: word as 'next', value: word === 'exit' && !this.ends() ? this.expression() : undefined };
    if (this.accept('delete')) {
      const array = this.token.text;
      this.at++;
      return { type: 'delete', array, keys: this.accept('[') ? this.keys() : undefined };
    }
    return { type: 'expression', value: this.expression() };
  }

  private ends(): boolean {
    return this.token.type === 'end' || this.token.type === 'newline' || this.is(';') || this.is('}');
  }

  private list(): readonly Expression[] {
    const values = [this.expression()];
    while (this.accept(',')) {
      while (this.accept('\n'));
      values.push(this.expression());
    }
    return values;
  }

  private keys(): readonly Expression[] {
    const keys = this.list();
    this.expect(']');
    return keys;
  }

  private expression(): Expression {
    const left = this.ternary();
    const operator = this.token.text;
    if (this.token.type !== 'operator' || !/^[-+*/%^]?=$/.test(operator)) return left;
    if (left.type !== 'variable' && left.type !== 'field' && left.type !== 'element') throw new ProgramError(`syntax error at ${operator}`);
    this.at++;
    return { type: 'assign', place: left, operator: operator.slice(0, -1), value: this.expression() };
  }

  private ternary(): Expression {
    const condition = this.or();
    if (!this.accept('?')) return condition;
    const chosen = this.expression();
    this.expect(':');
    return { type: 'choice', condition, chosen, otherwise: this.expression() };
  }

  private binary(operand: () => Expression, accepted: readonly string[]): Expression {
    let left = operand();
    while (this.token.type === 'operator' && accepted.includes(this.token.text) && !(this.printing && this.is('>'))) {
      const operator = this.token.text;
      this.at++;
      while (this.accept('\n'));
      left = { type: 'binary', operator, left, right: operand() };
    }
    return left;
  }

  private or(): Expression {
    return this.binary(() => this.and(), ['||']);
  }

  private and(): Expression {
    return this.binary(() => this.membership(), ['&&']);
  }

  private membership(): Expression {
    let key = this.binary(() => this.binary(() => this.concatenation(), comparisons), ['~', '!~']);
    while (this.accept('in')) {
      key = { type: 'in', key, array: this.token.text };
      this.at++;
    }
    return key;
  }

  private concatenation(): Expression {
    let left = this.sum();
    while (
      ['number', 'string', 'function'].includes(this.token.type) ||
      (this.token.type === 'name' && this.token.text !== 'in') ||
      this.is('$') ||
      this.is('(') ||
      this.is('!')
    )
      left = { type: 'binary', operator: ' ', left, right: this.sum() };
    return left;
  }

  private sum(): Expression {
    return this.binary(() => this.binary(() => this.unary(), multiplicative), additive);
  }

  private unary(): Expression {
    for (const operator of ['!', '-', '+']) if (this.accept(operator)) return { type: 'unary', operator, operand: this.unary() };
    const left = this.postfix();
    return this.accept('^') ? { type: 'binary', operator: '^', left, right: this.unary() } : left;
  }

  private postfix(): Expression {
    const by = this.accept('++') ? 1 : this.accept('--') ? -1 : 0;
    const operand = this.primary();
    const isPlace = operand.type === 'variable' || operand.type === 'field' || operand.type === 'element';
    if (by !== 0 && isPlace) return { type: 'step', place: operand, by, before: true };
    if (isPlace && this.accept('++')) return { type: 'step', place: operand, by: 1, before: false };
    if (isPlace && this.accept('--')) return { type: 'step', place: operand, by: -1, before: false };
    return operand;
  }

  private primary(): Expression {
    const { type, text } = this.token;
    this.at++;
    switch (type) {
      case 'number':
        return { type: 'number', value: Number(text) };
      case 'string':
        return { type: 'string', value: text };
      case 'pattern':
        return { type: 'pattern', source: text };
      case 'function': {
        this.expect('(');
        const args = this.is(')') ? [] : this.list();
        this.expect(')');
        return { type: 'call', name: text, args };
      }
      case 'name':
        if (text === 'length') return { type: 'call', name: 'length', args: [] };
        return this.accept('[') ? { type: 'element', array: text, keys: this.keys() } : { type: 'variable', name: text };
      default:
        return this.bracketed(text);
    }
  }

  private bracketed(text: string): Expression {
    if (text === '$') {
      const sign = this.accept('-');
      const index = this.primary();
      return { type: 'field', index: sign ? { type: 'unary', operator: '-', operand: index } : index };
    }
    if (text !== '(') throw new ProgramError(`syntax error at ${text}`);
    const { printing } = this;
    this.printing = false;
    const values = this.list();
    this.printing = printing;
    this.expect(')');
    const [first] = values;
    return values.length === 1 ? first! : { type: 'call', name: '', args: values };
  }
}

/** Parses a program. It throws a ProgramError. */
export const parseAwk = (text: string): readonly Rule[] => new Parser(text).program();
