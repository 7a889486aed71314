import { ProgramError } from './interpreters.ts';
import { regularExpression } from './regular.ts';

type Address =
  | { readonly type: 'line'; readonly number: number }
  | { readonly type: 'last' }
  | { readonly type: 'pattern'; readonly expression: RegExp }
  /** `first~step` */
  | { readonly type: 'step'; readonly first: number; readonly step: number }
  /** `,+count` */
  | { readonly type: 'count'; readonly count: number };

interface Command {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  readonly name: string;
  /** Of `a`, `i`, `c`; a label. */
  readonly text: string;
  readonly body: readonly Command[];
  readonly substitution: Substitution | undefined;
  /** Of `y`. */
  readonly letters: ReadonlyMap<string, string> | undefined;
}
interface Substitution {
  readonly expression: RegExp;
  readonly replacement: string;
  readonly which: number;
  readonly all: boolean;
  readonly prints: boolean;
}

/** Reads a script of sed. */
class Parser {
  private at = 0;

  constructor(
    private readonly script: string,
    private readonly extended: boolean,
  ) {}

  private wrong(text: string): ProgramError {
    return new ProgramError(`-e expression #1, char ${this.at + 1}: ${text}`);
  }

  commands(inside: boolean): readonly Command[] {
    const found: Command[] = [];
    for (;;) {
      while (/[\s;]/.test(this.script[this.at] ?? '')) this.at++;
      const char = this.script[this.at];
      if (char === undefined) {
        if (inside) throw new ProgramError(`-e expression #1, char 0: unmatched \`{'`);
        return found;
      }
      if (char === '}' && inside) {
        this.at++;
        return found;
      }
      if (char === '#') while (this.at < this.script.length && this.script[this.at] !== '\n') this.at++;
      else found.push(this.command());
    }
  }

  private address(): Address | undefined {
    const number = /^(\d+)(?:~(\d+))?/.exec(this.script.slice(this.at));
    if (number !== null) {
      this.at += number[0].length;
      return number[2] === undefined
        ? { type: 'line', number: Number(number[1]) }
        : { type: 'step', first: Number(number[1]), step: Number(number[2]) };
    }
    const char = this.script[this.at];
    if (char === '$') {
      this.at++;
      return { type: 'last' };
    }
    if (char !== '/' && char !== '\\') return undefined;
    if (char === '\\') this.at++;
    const delimiter = this.script[this.at++]!;
    const pattern = this.delimited(delimiter);
    const insensitive = this.script[this.at] === 'I';
    if (insensitive) this.at++;
    return { type: 'pattern', expression: this.expression(pattern, insensitive ? 'i' : '') };
  }

  /** A text up to a delimiter. */
  private delimited(delimiter: string): string {
    let text = '';
    for (let bracket = false; this.at < this.script.length;) {
      const char = this.script[this.at++]!;
      if (char === delimiter && !bracket) return text;
      if (char === '\\' && this.script[this.at] === delimiter && delimiter !== '\\') text += this.script[this.at++]!;
      else if (char === '\\' && !bracket) text += char + (this.script[this.at++] ?? '');
      else {
        if (char === '[' && !bracket) bracket = this.script.indexOf(']', this.at + 1) > 0;
        else if (char === ']') bracket = false;
        text += char;
      }
    }
    throw new ProgramError(`-e expression #1, char ${this.script.length}: unterminated address regex`);
  }

  private expression(pattern: string, flags: string): RegExp {
    const found = regularExpression(pattern, this.extended ? 'extended' : 'basic', flags);
    if (found === undefined) throw this.wrong('Invalid regular expression');
    return found;
  }

  private command(): Command {
    const from = this.address();
    let to: Address | undefined;
    if (from !== undefined && this.script[this.at] === ',') {
      this.at++;
      const count = /^\+(\d+)/.exec(this.script.slice(this.at));
      if (count === null) to = this.address();
      else this.at += count[0].length;
      to ??= count === null ? undefined : { type: 'count', count: Number(count[1]) };
      if (to === undefined) throw this.wrong("unexpected `,'");
    }
    while (this.script[this.at] === ' ') this.at++;
    const negated = this.script[this.at] === '!';
    if (negated) this.at++;
    while (this.script[this.at] === ' ') this.at++;
    const name = this.script[this.at++];
    const base = { from, to, negated, text: '', body: [], substitution: undefined, letters: undefined };
    if (name === undefined) throw this.wrong('missing command');
    if (name === '{') return { ...base, name, body: this.commands(true) };
    if (name === 's') return { ...base, name, substitution: this.substitution() };
    if (name === 'y') return { ...base, name, letters: this.letters() };
    if (/[aic]/.test(name)) return { ...base, name, text: this.lines() };
    if (/[:bt]/.test(name)) {
      const label = /^[ \t]*([^\n;}]*)/.exec(this.script.slice(this.at))!;
      this.at += label[0].length;
      return { ...base, name, text: label[1]!.trim() };
    }
    if (!/[dDpPqQ=nNhHgGx]/.test(name)) {
      this.at--;
      throw this.wrong(`unknown command: \`${name}'`);
    }
    return { ...base, name };
  }

  private substitution(): Substitution {
    const delimiter = this.script[this.at++] ?? '';
    const rest = (): ProgramError => new ProgramError(`-e expression #1, char ${this.script.length}: unterminated \`s' command`);
    let pattern: string;
    let replacement: string;
    try {
      pattern = this.delimited(delimiter);
      replacement = this.replacement(delimiter);
    } catch {
      throw rest();
    }
    const flags = /^[gpiI\d]*/.exec(this.script.slice(this.at))![0];
    this.at += flags.length;
    return {
      expression: this.expression(pattern, `g${/i/i.test(flags) ? 'i' : ''}`),
      replacement,
      which: Number(/\d+/.exec(flags)?.[0] ?? 1),
      all: flags.includes('g'),
      prints: flags.includes('p'),
    };
  }

  private replacement(delimiter: string): string {
    let text = '';
    while (this.at < this.script.length) {
      const char = this.script[this.at++]!;
      if (char === delimiter) return text;
      if (char !== '\\') text += char;
      else if (this.script[this.at] === delimiter) text += this.script[this.at++]!;
      else text += char + (this.script[this.at++] ?? '');
    }
    throw this.wrong('unterminated');
  }

  private letters(): ReadonlyMap<string, string> {
    const delimiter = this.script[this.at++] ?? '';
    const [from, to] = [this.delimited(delimiter), this.delimited(delimiter)];
    if (from.length !== to.length) throw this.wrong("strings for `y' command are different lengths");
    return new Map([...from].map((letter, index) => [letter, to[index]!]));
  }

  /** The text of `a`, `i` and `c`: up to the end of the line. */
  private lines(): string {
    const match = /^[ \t]*(?:\\\n?)?((?:[^\n\\]|\\[^])*)/.exec(this.script.slice(this.at))!;
    this.at += match[0].length;
    return match[1]!.replace(/\\([^])/g, '$1');
  }
}

/** How many commands a run may carry out. */
const maxSteps = 200_000;

/** Runs a script over lines. */
class Run {
  private readonly out: string[] = [];
  private readonly active = new Set<Command>();
  private readonly ends = new Map<Command, number>();
  private readonly queued: string[] = [];
  private index = 0;
  private pattern = '';
  private hold = '';
  private substituted = false;
  private steps = 0;

  constructor(
    private readonly commands: readonly Command[],
    private readonly lines: readonly string[],
    private readonly quiet: boolean,
  ) {}

  all(): readonly string[] {
    for (; this.index < this.lines.length; this.index++) {
      this.pattern = this.lines[this.index]!;
      const outcome = this.perform(this.commands);
      if (outcome !== 'delete' && outcome !== 'quit silently' && !this.quiet) this.out.push(this.pattern);
      this.out.push(...this.queued.splice(0));
      if (outcome === 'quit' || outcome === 'quit silently') break;
    }
    return this.out;
  }

  private matches(address: Address): boolean {
    const number = this.index + 1;
    switch (address.type) {
      case 'line':
        return number === address.number;
      case 'last':
        return this.index === this.lines.length - 1;
      case 'pattern':
        return address.expression.test(this.pattern);
      case 'step':
        return address.step === 0 ? number === address.first : number >= address.first && (number - address.first) % address.step === 0;
      case 'count':
        return false;
    }
  }

  private selected(command: Command): boolean {
    const { from, to } = command;
    if (from === undefined) return true;
    if (to === undefined) return this.matches(from);
    if (this.active.has(command)) {
      const last = this.ends.get(command);
      if (last === undefined ? this.matches(to) : this.index >= last) this.active.delete(command);
      return true;
    }
    if (!this.matches(from)) return false;
    const end = to.type === 'count' ? this.index + to.count : to.type === 'line' ? to.number - 1 : undefined;
    if (end !== undefined) this.ends.set(command, end);
    if (end === undefined || end > this.index) this.active.add(command);
    return true;
  }

  private perform(commands: readonly Command[]): 'delete' | 'quit' | 'quit silently' | undefined {
    for (let at = 0; at < commands.length; at++) {
      const command = commands[at]!;
      if (++this.steps > maxSteps) throw new ProgramError('the script does not end');
      if (this.selected(command) === command.negated) continue;
      if (command.name === 'b' || (command.name === 't' && this.substituted)) {
        this.substituted = false;
        const label =
          command.text === '' ? commands.length : this.commands.findIndex((item) => item.name === ':' && item.text === command.text);
        if (label < 0) throw new ProgramError(`can't find label for jump to \`${command.text}'`);
        at = label;
        continue;
      }
      const outcome = command.name === '{' ? this.perform(command.body) : this.carryOut(command);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  private carryOut(command: Command): 'delete' | 'quit' | 'quit silently' | undefined {
    switch (command.name) {
      case 's':
        this.substitute(command.substitution!);
        return undefined;
      case 'y':
        this.pattern = [...this.pattern].map((letter) => command.letters!.get(letter) ?? letter).join('');
        return undefined;
      case 'd':
        return 'delete';
      case 'p':
        this.out.push(this.pattern);
        return undefined;
      case 'P':
        this.out.push(this.pattern.split('\n')[0]!);
        return undefined;
      case '=':
        this.out.push(String(this.index + 1));
        return undefined;
      case 'q':
        return 'quit';
      case 'Q':
        return 'quit silently';
      case 'i':
        this.out.push(command.text);
        return undefined;
      case 'a':
        this.queued.push(command.text);
        return undefined;
      case 'c':
        if (!this.active.has(command)) this.out.push(command.text);
        return 'delete';
      default:
        return this.moveLines(command.name);
    }
  }

  private moveLines(name: string): 'delete' | 'quit' | 'quit silently' | undefined {
    switch (name) {
      case 'n':
        if (this.index + 1 >= this.lines.length) return 'quit';
        if (!this.quiet) this.out.push(this.pattern);
        this.pattern = this.lines[++this.index]!;
        return undefined;
      case 'N':
        if (this.index + 1 >= this.lines.length) return 'quit';
        this.pattern += `\n${this.lines[++this.index]!}`;
        return undefined;
      case 'D':
        return 'delete';
      case 'h':
        this.hold = this.pattern;
        return undefined;
      case 'H':
        this.hold += `\n${this.pattern}`;
        return undefined;
      case 'g':
        this.pattern = this.hold;
        return undefined;
      case 'G':
        this.pattern += `\n${this.hold}`;
        return undefined;
      case 'x':
        [this.pattern, this.hold] = [this.hold, this.pattern];
        return undefined;
      default:
        return undefined;
    }
  }

  private substitute({ expression, replacement, which, all, prints }: Substitution): void {
    let count = 0;
    let changed = false;
    let end = -1;
    this.pattern = this.pattern.replace(expression, (found: string, ...rest: unknown[]) => {
      const groups = rest.filter((item) => typeof item !== 'object');
      const offset = groups.findLast((item) => typeof item === 'number') as number;
      // Nothing is found right behind something.
      if (found === '' && offset === end) return found;
      end = offset + found.length;
      count++;
      if (count !== which && !(all && count > which)) return found;
      changed = true;
      return replacement.replace(/\\([^])|&/g, (mark, char?: string) => {
        if (mark === '&') return found;
        if (/\d/.test(char!)) return char === '0' ? found : ((groups[Number(char) - 1] as string | undefined) ?? '');
        return ({ n: '\n', t: '\t' } as Readonly<Record<string, string>>)[char!] ?? char!;
      });
    });
    if (!changed) return;
    this.substituted = true;
    if (prints) this.out.push(this.pattern);
  }
}

/** Runs scripts of sed over lines. It throws a ProgramError for what it cannot read. */
export function sed(
  scripts: readonly string[],
  lines: readonly string[],
  options: { readonly quiet: boolean; readonly extended: boolean },
): readonly string[] {
  return new Run(new Parser(scripts.join('\n'), options.extended).commands(false), lines, options.quiet).all();
}
