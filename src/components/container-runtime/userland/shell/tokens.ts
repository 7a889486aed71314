import type { Node, Redirection, Word } from './ast.ts';
import { ShellSyntaxError, WordReader } from './words.ts';

const operators = [
  '&&',
  '||',
  ';;',
  '<<<',
  '<<-',
  '<<',
  '&>>',
  '&>',
  '>>',
  '>&',
  '<&',
  '>|',
  '|',
  '&',
  ';',
  '(',
  ')',
  '<',
  '>',
  '\n',
] as const;
export type Operator = (typeof operators)[number];
const reserved = /^(if|then|else|elif|fi|while|until|for|do|done|case|esac|in|function|!|\{|\}|\[\[)(?=[\s;&|<>()]|$)/;

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
/** A here-document whose text comes after the line that names it. */
interface PendingDocument {
  readonly redirection: Mutable<Redirection>;
  readonly end: string;
  readonly expand: boolean;
  readonly strip: boolean;
}

/** The words and operators of a text ("Shell Command Language", 2.3 Token Recognition). */
export abstract class Tokens {
  protected readonly documents: PendingDocument[] = [];

  constructor(
    protected readonly text: string,
    public at: number,
    protected readonly bash: boolean,
  ) {}

  /** The inside of a `$(…)` that begins at a place of a text. */
  protected abstract inside(text: string, at: number): { readonly body: Node; readonly end: number };

  protected get ended(): boolean {
    return this.at >= this.text.length;
  }

  protected skipBlanks(): void {
    for (;;) {
      if (this.text.startsWith('\\\n', this.at)) this.at += 2;
      else if (/[ \t\r]/.test(this.text[this.at] ?? '')) this.at++;
      else if (this.text[this.at] === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  protected operator(): Operator | undefined {
    this.skipBlanks();
    return operators.find((item) => this.text.startsWith(item, this.at));
  }

  protected keyword(): string | undefined {
    this.skipBlanks();
    return reserved.exec(this.text.slice(this.at, this.at + 16))?.[1];
  }

  /** Consumes an operator, where it stands here. */
  protected accept(operator: Operator): boolean {
    if (this.operator() !== operator) return false;
    this.at += operator.length;
    if (operator === '\n') this.readDocuments();
    return true;
  }

  protected acceptKeyword(word: string): boolean {
    if (this.keyword() !== word) return false;
    this.at += word.length;
    return true;
  }

  protected expect(word: string): void {
    if (!this.acceptKeyword(word)) throw this.unexpected(word);
  }

  protected skipNewlines(): void {
    while (this.accept('\n'));
  }

  protected unexpected(expecting?: string): ShellSyntaxError {
    const operator = this.operator();
    const found = operator === '\n' ? 'newline' : `"${operator ?? this.keyword() ?? this.text.slice(this.at).split(/[\s;&|<>()]/)[0]!}"`;
    const wanted = expecting === undefined ? '' : ` (expecting "${expecting}")`;
    return new ShellSyntaxError(`unexpected ${this.ended ? 'end of file' : found}${wanted}`, this.ended);
  }

  protected reader(text: string, at: number): WordReader {
    return new WordReader(text, at, (inner, from) => this.inside(inner, from));
  }

  protected word(): Word {
    this.skipBlanks();
    const reader = this.reader(this.text, this.at);
    const word = reader.word();
    if (reader.at === this.at) throw this.unexpected();
    this.at = reader.at;
    return word;
  }

  /** Reads the texts of the here-documents that the line before has begun. */
  protected readDocuments(): void {
    for (const { redirection, end, expand, strip } of this.documents.splice(0)) {
      const lines: string[] = [];
      while (!this.ended) {
        const newline = this.text.indexOf('\n', this.at);
        const raw = this.text.slice(this.at, newline < 0 ? undefined : newline);
        const line = strip ? raw.replace(/^\t+/, '') : raw;
        this.at = newline < 0 ? this.text.length : newline + 1;
        if (line === end) break;
        lines.push(line);
      }
      const text = lines.map((line) => `${line}\n`).join('');
      redirection.target = expand ? this.reader(text, 0).document() : [{ type: 'text', text, quoted: true }];
    }
  }
}
