/** A piece of a word. What was not quoted is split at blanks after its expansion, and may be a pattern of file names. */
export type Part =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'variable'; readonly name: string; readonly quoted: boolean }
  | { readonly type: 'command'; readonly line: string; readonly quoted: boolean };
export type Word = readonly Part[];

/** `stream` is 1 for output, 2 for errors, 3 for both (`&>`). The target of a here-document is its delimiter. */
export interface Redirection {
  readonly type: 'read' | 'write' | 'append' | 'here-document' | 'here-string';
  readonly stream: 1 | 2 | 3;
  readonly target: Word;
}

export interface Stage {
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
  /** `2>&1` */
  readonly mergeErrors: boolean;
}

/** Stages joined by `|`, and what the exit code before must have been for them to run. */
export interface Pipeline {
  readonly when: 'always' | 'success' | 'failure';
  readonly stages: readonly Stage[];
}

/** How a here-document ends, whether its text is expanded, and whether leading tabs are dropped (`<<-`). */
export interface HereDocument {
  readonly end: string;
  readonly expand: boolean;
  readonly strip: boolean;
}

/** What a text still lacks before it can be run. */
export type Incompleteness =
  | ({ readonly type: 'heredoc' } & HereDocument)
  /** A quote, a `$(`, or what has to follow a `\`, `|`, `&&` or `||`. */
  | { readonly type: 'more' };

type Token =
  | { readonly type: 'word'; readonly word: Word }
  | { readonly type: 'operator'; readonly text: '|' | '&&' | '||' | ';' | '\n' }
  | { readonly type: 'redirection'; readonly redirection: Omit<Redirection, 'target'>; readonly strip: boolean; readonly text: string }
  | { readonly type: 'merge' };

const redirections: readonly (readonly [text: string, type: Redirection['type'], stream: Redirection['stream']])[] = [
  ['&>>', 'append', 3],
  ['&>', 'write', 3],
  ['2>>', 'append', 2],
  ['2>', 'write', 2],
  ['1>>', 'append', 1],
  ['1>', 'write', 1],
  ['>>', 'append', 1],
  ['>', 'write', 1],
  ['<<<', 'here-string', 1],
  ['<<-', 'here-document', 1],
  ['<<', 'here-document', 1],
  ['<', 'read', 1],
];
const operators = ['&&', '||', '|', ';', '\n'] as const;

/** The text ended inside of something. */
class Unfinished extends Error {}
class SyntaxProblem extends Error {}

const unexpected = (token: string): SyntaxProblem =>
  new SyntaxProblem(`bash: syntax error near unexpected token \`${token === '\n' ? 'newline' : token}'`);

/** Reads tokens from a text, as "Shell Command Language", 2.3 Token Recognition, describes it. */
class Scanner {
  private at = 0;
  private word: Part[] | undefined;
  readonly tokens: Token[] = [];

  constructor(private readonly text: string) {}

  scan(): readonly Token[] {
    while (this.at < this.text.length) if (!this.operator()) this.character();
    this.endWord();
    return this.tokens;
  }

  private endWord(): void {
    if (this.word !== undefined) this.tokens.push({ type: 'word', word: this.word });
    this.word = undefined;
  }

  private add(part: Part): void {
    this.word ??= [];
    const last = this.word[this.word.length - 1];
    if (part.type === 'text' && last?.type === 'text' && last.quoted === part.quoted)
      this.word[this.word.length - 1] = { ...last, text: last.text + part.text };
    else this.word.push(part);
  }

  /** Consumes an operator or a redirection, where one stands here. */
  private operator(): boolean {
    const rest = this.text.slice(this.at, this.at + 4);
    if (rest === '2>&1') {
      if (this.word !== undefined) return false;
      this.at += 4;
      this.tokens.push({ type: 'merge' });
      return true;
    }
    // `a2>b` is the word `a2` and a redirection: a digit counts only at the beginning of a word.
    const found = redirections.find(([text]) => rest.startsWith(text) && (!/^\d/.test(text) || this.word === undefined));
    if (found !== undefined) {
      const [text, type, stream] = found;
      if (text.endsWith('>') && rest.startsWith(`${text}&`)) throw new SyntaxProblem('bash: only 2>&1 joins two streams in this terminal');
      this.endWord();
      this.at += text.length;
      this.tokens.push({ type: 'redirection', redirection: { type, stream }, strip: text === '<<-', text });
      return true;
    }
    const operator = operators.find((text) => rest.startsWith(text));
    if (operator === undefined) return false;
    this.endWord();
    this.at += operator.length;
    this.tokens.push({ type: 'operator', text: operator });
    return true;
  }

  private character(): void {
    const { text } = this;
    const character = text[this.at]!;
    if (/\s/.test(character)) {
      this.at++;
      this.endWord();
    } else if (character === '#' && this.word === undefined) {
      const end = text.indexOf('\n', this.at);
      this.at = end < 0 ? text.length : end;
    } else if (character === '&') throw new SyntaxProblem('bash: background jobs (&) are not in this terminal: open another one');
    else if (character === '(' || character === ')') throw unexpected(character);
    else if (character === '\\') this.escape();
    else if (character === "'") {
      const end = text.indexOf("'", this.at + 1);
      if (end < 0) throw new Unfinished();
      this.add({ type: 'text', text: text.slice(this.at + 1, end), quoted: true });
      this.at = end + 1;
    } else if (character === '"') this.doubleQuotes();
    else if (!this.expansion(false)) {
      this.add({ type: 'text', text: character, quoted: false });
      this.at++;
    }
  }

  private escape(): void {
    const next = this.text[this.at + 1];
    if (next === undefined) throw new Unfinished();
    if (next !== '\n') this.add({ type: 'text', text: next, quoted: true });
    this.at += 2;
  }

  private doubleQuotes(): void {
    this.at++;
    this.add({ type: 'text', text: '', quoted: true });
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) throw new Unfinished();
      if (character === '"') break;
      if (character === '\\' && /["\\$`\n]/.test(this.text[this.at + 1] ?? '')) this.escape();
      else if (!this.expansion(true)) {
        this.add({ type: 'text', text: character, quoted: true });
        this.at++;
      }
    }
    this.at++;
  }

  /** Consumes `$NAME`, `${NAME}`, `$?`, `$(…)` or a text in backquotes, where one stands here. */
  private expansion(quoted: boolean): boolean {
    const { text } = this;
    if (text[this.at] === '`') {
      const end = text.indexOf('`', this.at + 1);
      if (end < 0) throw new Unfinished();
      this.add({ type: 'command', line: text.slice(this.at + 1, end), quoted });
      this.at = end + 1;
      return true;
    }
    if (text.startsWith('$(', this.at)) {
      const end = closingParenthesis(text, this.at + 2);
      this.add({ type: 'command', line: text.slice(this.at + 2, end), quoted });
      this.at = end + 1;
      return true;
    }
    const match = /^\$(?:\{(\w+)\}|([A-Za-z_]\w*|\?))/.exec(text.slice(this.at, this.at + 256));
    if (match === null) return false;
    this.add({ type: 'variable', name: match[1] ?? match[2]!, quoted });
    this.at += match[0].length;
    return true;
  }

  /** The whole text as the inside of a here-document: only expansions and `\` before them mean anything. */
  document(): Word {
    this.word = [];
    while (this.at < this.text.length) {
      if (this.text[this.at] === '\\' && /[\\$`\n]/.test(this.text[this.at + 1] ?? '')) this.escape();
      else if (!this.expansion(true)) {
        this.add({ type: 'text', text: this.text[this.at]!, quoted: true });
        this.at++;
      }
    }
    return this.word;
  }
}

/** Where the `$(` that began before `from` ends; quotes and inner parentheses are passed over. */
function closingParenthesis(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (character === '\\') at++;
    else if (character === "'" || character === '"') {
      do at++;
      while (at < text.length && (text[at] !== character || (character === '"' && text[at - 1] === '\\')));
    } else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  throw new Unfinished();
}

/** Puts tokens together to pipelines, and finds the here-documents that they begin. */
class Grammar {
  readonly pipelines: Pipeline[] = [];
  readonly documents: HereDocument[] = [];
  private when: Pipeline['when'] = 'always';
  private stages: Stage[] = [];
  private words: Word[] = [];
  private redirections: Redirection[] = [];
  private mergeErrors = false;

  constructor(private readonly tokens: readonly Token[]) {}

  read(): void {
    for (let index = 0; index < this.tokens.length; index++) {
      const token = this.tokens[index]!;
      if (token.type === 'word') this.words.push(token.word);
      else if (token.type === 'merge') this.mergeErrors = true;
      else if (token.type === 'operator') this.operator(token.text);
      else {
        const target = this.tokens[++index];
        if (target?.type !== 'word') throw unexpected(target?.type === 'operator' ? target.text : '\n');
        this.redirections.push({ ...token.redirection, target: target.word });
        if (token.redirection.type === 'here-document') this.documents.push(documentOf(target.word, token.strip));
      }
    }
    const open = this.when !== 'always' || this.stages.length > 0;
    if (!this.endStage() && open) throw new Unfinished();
    this.endPipeline();
  }

  private operator(text: Extract<Token, { readonly type: 'operator' }>['text']): void {
    const ended = this.endStage();
    if (text === '\n') {
      // After `|`, `&&` and `||` a command goes on in the next line.
      if (ended) this.endPipeline();
      return;
    }
    if (!ended) throw unexpected(text);
    if (text === '|') return;
    this.endPipeline();
    this.when = text === '&&' ? 'success' : text === '||' ? 'failure' : 'always';
  }

  private endStage(): boolean {
    const { words, redirections: given, mergeErrors } = this;
    if (words.length === 0 && given.length === 0) return false;
    this.stages.push({ words, redirections: given, mergeErrors });
    this.words = [];
    this.redirections = [];
    this.mergeErrors = false;
    return true;
  }

  private endPipeline(): void {
    if (this.stages.length > 0) this.pipelines.push({ when: this.when, stages: this.stages });
    this.stages = [];
    this.when = 'always';
  }
}

function documentOf(delimiter: Word, strip: boolean): HereDocument {
  return {
    end: delimiter.map((part) => (part.type === 'text' ? part.text : part.type === 'variable' ? `$${part.name}` : part.line)).join(''),
    expand: delimiter.every((part) => part.type !== 'text' || !part.quoted),
    strip,
  };
}

/** Parses a text into pipelines that run one after the other. A text instead of them is the shell's complaint. */
export function parseShell(text: string): readonly Pipeline[] | string {
  try {
    const grammar = new Grammar(new Scanner(text).scan());
    grammar.read();
    return grammar.pipelines;
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    if (error instanceof Unfinished) return 'bash: syntax error: unexpected end of file';
    throw error;
  }
}

/** What a text lacks; undefined where it can be run (or is wrong). @param given how many here-documents have been typed */
export function incompleteness(text: string, given = 0): Incompleteness | undefined {
  try {
    const grammar = new Grammar(new Scanner(text).scan());
    grammar.read();
    const document = grammar.documents[given];
    return document === undefined ? undefined : { type: 'heredoc', ...document };
  } catch (error) {
    if (error instanceof Unfinished) return { type: 'more' };
    if (error instanceof SyntaxProblem) return undefined;
    throw error;
  }
}

/** The inside of a here-document as a word. With a quoted delimiter nothing in it is expanded. */
export function hereDocumentWord(text: string, expand: boolean): Word {
  if (expand)
    try {
      return new Scanner(text).document();
    } catch (error) {
      if (!(error instanceof Unfinished)) throw error;
    }
  return [{ type: 'text', text, quoted: true }];
}
