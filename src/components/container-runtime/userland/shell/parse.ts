import type { Assignment, Node, Redirection, Sequence, Word } from './ast.ts';
import { Tokens, type Mutable, type Operator } from './tokens.ts';
import { ShellSyntaxError } from './words.ts';

const redirections: Readonly<Partial<Record<Operator, { readonly type: Redirection['type']; readonly descriptor: number }>>> = {
  '<': { type: 'read', descriptor: 0 },
  '>': { type: 'write', descriptor: 1 },
  '>|': { type: 'write', descriptor: 1 },
  '>>': { type: 'append', descriptor: 1 },
  '>&': { type: 'duplicate', descriptor: 1 },
  '<&': { type: 'duplicate', descriptor: 0 },
  '<<': { type: 'text', descriptor: 0 },
  '<<-': { type: 'text', descriptor: 0 },
  '<<<': { type: 'text', descriptor: 0 },
};
/** Words that end a list of commands. */
const closing = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);

/** A parser by recursive descent of "Shell Command Language", 2.10 Shell Grammar. */
class Parser extends Tokens {
  protected inside(text: string, at: number): { readonly body: Node; readonly end: number } {
    const inner = new Parser(text, at, this.bash);
    return { body: inner.substitution(), end: inner.at };
  }

  /** Commands up to the end of the text. */
  script(): Node {
    const node = this.list();
    if (!this.ended) throw this.unexpected();
    return node;
  }

  /** Commands up to a closing parenthesis. */
  substitution(): Node {
    const node = this.list();
    if (this.text[this.at] !== ')') throw this.unexpected(')');
    return node;
  }

  /** Commands joined by `;`, `&` and newlines. */
  private list(): Sequence {
    const items: Node[] = [];
    for (;;) {
      this.skipNewlines();
      const operator = this.operator();
      if (this.ended || operator === ')' || operator === ';;' || closing.has(this.keyword() ?? '')) break;
      let item = this.andOr();
      const separator = this.operator();
      if (separator === '&') {
        this.accept('&');
        item = { type: 'background', node: item };
      } else if (separator === ';' || separator === '\n') this.accept(separator);
      else if (separator !== ')' && separator !== ';;' && !this.ended && !closing.has(this.keyword() ?? '')) throw this.unexpected();
      items.push(item);
    }
    if (this.ended) this.readDocuments();
    return { type: 'sequence', items };
  }

  /** A list that may not be empty. */
  private body(): Node {
    const list = this.list();
    if (list.items.length === 0) throw this.unexpected();
    return list;
  }

  private andOr(): Node {
    const first = this.pipeline();
    const parts: { when: 'always' | 'success' | 'failure'; node: Node }[] = [{ when: 'always', node: first }];
    for (;;) {
      const when = this.accept('&&') ? 'success' : this.accept('||') ? 'failure' : undefined;
      if (when === undefined) return parts.length === 1 ? first : { type: 'and-or', parts };
      this.skipNewlines();
      parts.push({ when, node: this.pipeline() });
    }
  }

  private pipeline(): Node {
    if (this.acceptKeyword('!')) return { type: 'not', node: this.pipeline() };
    const stages = [this.command()];
    while (this.accept('|')) {
      this.skipNewlines();
      stages.push(this.command());
    }
    return stages.length === 1 ? stages[0]! : { type: 'pipeline', stages };
  }

  private command(): Node {
    const node = this.compound();
    if (node === undefined) return this.simple();
    if (node.type === 'function') return node;
    const found: Redirection[] = [];
    for (let item = this.redirection(); item !== undefined; item = this.redirection()) found.push(...item);
    return found.length === 0 ? node : { type: 'redirected', node, redirections: found };
  }

  private compound(): Node | undefined {
    if (this.bash && this.operator() === '(' && this.text.startsWith('((', this.at)) {
      const reader = this.reader(this.text, this.at);
      const expression = reader.doubleParentheses(this.at + 2);
      if (expression !== undefined) {
        this.at = reader.at;
        return { type: 'arithmetic', expression };
      }
    }
    if (this.accept('(')) {
      const node = this.body();
      if (!this.accept(')')) throw this.unexpected(')');
      return { type: 'subshell', node };
    }
    const keyword = this.keyword();
    switch (keyword) {
      case '{': {
        this.acceptKeyword('{');
        const node = this.body();
        this.expect('}');
        return node;
      }
      case 'if':
        return this.conditional();
      case 'while':
      case 'until':
        return this.loop(keyword);
      case 'for':
        return this.forLoop();
      case 'case':
        return this.caseCommand();
      case 'function':
        this.acceptKeyword('function');
        return this.functionDefinition();
      case undefined:
      case '[[':
        return /^[A-Za-z_][\w-]*[ \t]*\([ \t]*\)/.test(this.text.slice(this.at, this.at + 128)) ? this.functionDefinition() : undefined;
      default:
        if (keyword === 'in') return undefined;
        throw this.unexpected();
    }
  }

  private functionDefinition(): Node {
    this.skipBlanks();
    const name = /^[A-Za-z_][\w-]*/.exec(this.text.slice(this.at))?.[0];
    if (name === undefined) throw this.unexpected();
    this.at += name.length;
    if (this.accept('(') && !this.accept(')')) throw this.unexpected(')');
    this.skipNewlines();
    return { type: 'function', name, body: this.command() };
  }

  private conditional(): Node {
    const clauses: { condition: Node; body: Node }[] = [];
    let word = 'if';
    while (this.acceptKeyword(word)) {
      const condition = this.body();
      this.expect('then');
      clauses.push({ condition, body: this.body() });
      word = 'elif';
    }
    const otherwise = this.acceptKeyword('else') ? this.body() : undefined;
    this.expect('fi');
    return { type: 'if', clauses, otherwise };
  }

  private loop(keyword: 'while' | 'until'): Node {
    this.acceptKeyword(keyword);
    const condition = this.body();
    this.expect('do');
    const body = this.body();
    this.expect('done');
    return { type: 'loop', until: keyword === 'until', condition, body };
  }

  private forLoop(): Node {
    this.acceptKeyword('for');
    this.skipBlanks();
    const name = /^[A-Za-z_]\w*/.exec(this.text.slice(this.at))?.[0];
    if (name === undefined) throw new ShellSyntaxError('bad for loop variable');
    this.at += name.length;
    this.skipNewlines();
    let words: Word[] | undefined;
    if (this.acceptKeyword('in')) {
      words = [];
      while (this.operator() === undefined && !this.ended) words.push(this.word());
    }
    this.accept(';');
    this.skipNewlines();
    this.expect('do');
    const body = this.body();
    this.expect('done');
    return { type: 'for', name, words, body };
  }

  private caseCommand(): Node {
    this.acceptKeyword('case');
    const word = this.word();
    this.skipNewlines();
    this.expect('in');
    const clauses: { patterns: Word[]; body: Node }[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.acceptKeyword('esac')) return { type: 'case', word, clauses };
      this.accept('(');
      const patterns = [this.word()];
      while (this.accept('|')) patterns.push(this.word());
      if (!this.accept(')')) throw this.unexpected(')');
      clauses.push({ patterns, body: this.list() });
      if (!this.accept(';;')) {
        this.expect('esac');
        return { type: 'case', word, clauses };
      }
    }
  }

  private simple(): Node {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const found: Redirection[] = [];
    this.skipBlanks();
    const line = this.text.slice(0, this.at).split('\n').length;
    for (;;) {
      const redirection = this.redirection();
      if (redirection !== undefined) {
        found.push(...redirection);
        continue;
      }
      if (this.operator() !== undefined || this.ended) break;
      const start = this.at;
      const assignment = words.length > 0 ? null : /^([A-Za-z_]\w*)(\+?)=/.exec(this.text.slice(this.at, this.at + 128));
      if (assignment === null) {
        words.push(this.word());
        if (words.length === 1 && this.text.slice(start, this.at) === '[[') words.push(...this.conditionWords());
        continue;
      }
      this.at += assignment[0].length;
      if (this.bash && this.text[this.at] === '(') {
        assignments.push({ name: assignment[1]!, append: assignment[2] === '+', value: [], items: this.arrayItems() });
        continue;
      }
      const empty = this.ended || /[\s;&|<>()]/.test(this.text[this.at]!);
      assignments.push({ name: assignment[1]!, append: assignment[2] === '+', value: empty ? [] : this.word() });
    }
    if (words.length + assignments.length + found.length === 0) throw this.unexpected();
    return { type: 'simple', assignments, words, redirections: found, line };
  }

  /** `(word …)` after an assignment's sign. */
  private arrayItems(): readonly Word[] {
    const items: Word[] = [];
    this.accept('(');
    this.skipNewlines();
    while (!this.accept(')')) {
      items.push(this.word());
      this.skipNewlines();
    }
    return items;
  }

  /** The inside of `[[ … ]]`, where operators are words too. */
  private conditionWords(): readonly Word[] {
    const words: Word[] = [];
    for (;;) {
      const operator = this.operator();
      if (this.ended || operator === ';' || operator === '\n') throw this.unexpected(']]');
      if (operator === undefined) {
        const word = this.word();
        words.push(word);
        if (word.length === 1 && word[0]!.type === 'text' && word[0]!.text === ']]') return words;
      } else {
        this.at += operator.length;
        words.push([{ type: 'text', text: operator, quoted: false }]);
      }
    }
  }

  private redirection(): readonly Redirection[] | undefined {
    this.skipBlanks();
    const digit = /^\d(?=[<>])/.exec(this.text.slice(this.at, this.at + 2))?.[0];
    const start = this.at;
    if (digit !== undefined) this.at++;
    const operator = this.operator();
    if (operator === '&>' || operator === '&>>') {
      this.accept(operator);
      const target = this.word();
      return [
        { type: operator === '&>' ? 'write' : 'append', descriptor: 1, target },
        { type: 'duplicate', descriptor: 2, target: [{ type: 'text', text: '1', quoted: false }] },
      ];
    }
    const kind = operator === undefined ? undefined : redirections[operator];
    if (kind === undefined || operator === undefined) {
      this.at = start;
      return undefined;
    }
    this.accept(operator);
    const written = this.word();
    const redirection: Mutable<Redirection> = {
      type: kind.type,
      descriptor: digit === undefined ? kind.descriptor : Number(digit),
      target: written,
    };
    if (operator === '<<<') redirection.target = [...written, { type: 'text', text: '\n', quoted: true }];
    else if (operator === '<<' || operator === '<<-') {
      const end = written.map((part) => (part.type === 'text' ? part.text : '')).join('');
      this.documents.push({
        redirection,
        end,
        expand: written.every((part) => part.type !== 'text' || !part.quoted),
        strip: operator === '<<-',
      });
    }
    return [redirection];
  }
}

export type Parsed = { readonly node: Node } | { readonly error: string; readonly unfinished: boolean };

/** Parses a script. */
export function parseScript(text: string, bash = false): Parsed {
  try {
    return { node: new Parser(text, 0, bash).script() };
  } catch (error) {
    if (error instanceof ShellSyntaxError) return { error: `syntax error: ${error.message}`, unfinished: error.unfinished };
    throw error;
  }
}
