import { safeExpression } from '../shell/pattern.ts';
import { exit, type Call, type Program } from './program.ts';

/** `test`, `[` and the `[[` of ash, which also knows patterns. */
export const testProgram: Program = {
  run: (call) => {
    const closing = { '[': ']', '[[': ']]' }[call.name];
    const args = closing === undefined ? call.args : call.args.slice(0, -1);
    if (closing !== undefined && call.args.at(-1) !== closing) {
      call.err(`sh: missing ${closing}\n`);
      return exit(2);
    }
    const evaluator = new Evaluator(call, args);
    const value = args.length > 0 && evaluator.or();
    const complaint = evaluator.complaint ?? (evaluator.isAtEnd() ? undefined : `${args[evaluator.at]}: unknown operand`);
    if (complaint !== undefined) {
      call.err(`sh: ${complaint}\n`);
      return exit(2);
    }
    return exit(value ? 0 : 1);
  },
};

const binary = new Set(['=', '==', '!=', '<', '>', '=~', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);

class Evaluator {
  at = 0;
  complaint: string | undefined;

  constructor(
    private readonly call: Call,
    private readonly args: readonly string[],
  ) {}

  isAtEnd(): boolean {
    return this.at >= this.args.length;
  }

  or(): boolean {
    let value = this.and();
    while (this.accept('-o', '||')) {
      const right = this.and();
      value ||= right;
    }
    return value;
  }

  private and(): boolean {
    let value = this.not();
    while (this.accept('-a', '&&')) {
      const right = this.not();
      value &&= right;
    }
    return value;
  }

  private accept(...words: readonly string[]): boolean {
    if (!words.includes(this.args[this.at] ?? '')) return false;
    this.at++;
    return true;
  }

  private not(): boolean {
    // `[ ! = a ]` compares an exclamation mark, and `[ ! ]` has one.
    if (this.args[this.at] === '!' && this.args.length > this.at + 1 && !binary.has(this.args[this.at + 1] ?? '')) {
      this.at++;
      return !this.not();
    }
    return this.primary();
  }

  private primary(): boolean {
    const [first, operator, second] = this.args.slice(this.at, this.at + 3);
    if (first === undefined) {
      this.complaint ??= 'argument expected';
      return false;
    }
    if (second !== undefined && operator !== undefined && binary.has(operator)) {
      this.at += 3;
      return this.compare(first, operator, second);
    }
    if (first === '(') {
      this.at++;
      const value = this.or();
      if (!this.accept(')')) this.complaint ??= 'closing paren expected';
      return value;
    }
    if (operator !== undefined && /^-[bcdefghknprstuwxzLS]$/.test(first)) {
      this.at += 2;
      return this.unary(first, operator);
    }
    this.at++;
    return first !== '';
  }

  private unary(operator: string, operand: string): boolean {
    const { files } = this.call.system;
    const path = this.call.path(operand);
    switch (operator) {
      case '-z':
        return operand === '';
      case '-n':
        return operand !== '';
      case '-d':
        return files.isDirectory(path);
      case '-f':
        return files.read(path) !== undefined;
      case '-s':
        return (files.read(path) ?? '') !== '' || files.isDirectory(path);
      case '-e':
      case '-r':
      case '-w':
      case '-x':
        return files.exists(path) || path === '/dev/null';
      case '-t':
        return this.call.system.process.tty;
      case '-c':
        return path === '/dev/null';
      default:
        return false;
    }
  }

  private compare(left: string, operator: string, right: string): boolean {
    const isPattern = this.call.name === '[[';
    switch (operator) {
      case '=':
      case '==':
      case '!=': {
        const same = isPattern
          ? new RegExp(
              `^${right
                .replace(/[.+^${}()|\\]/g, '\\$&')
                .replaceAll('*', '[^]*')
                .replaceAll('?', '[^]')}$`,
            ).test(left)
          : left === right;
        return same === (operator !== '!=');
      }
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '=~':
        return safeExpression(right).test(left);
      case '-nt':
      case '-ot':
      case '-ef':
        return operator === '-ef' && this.call.path(left) === this.call.path(right);
      default:
        return this.numbers(left, operator, right);
    }
  }

  private numbers(left: string, operator: string, right: string): boolean {
    for (const text of [left, right])
      if (!/^\s*[-+]?\d+\s*$/.test(text)) this.complaint ??= text.trim() === '' ? 'out of range' : `bad number '${text}'`;
    const [a, b] = [Number(left), Number(right)];
    switch (operator) {
      case '-eq':
        return a === b;
      case '-ne':
        return a !== b;
      case '-lt':
        return a < b;
      case '-le':
        return a <= b;
      case '-gt':
        return a > b;
      default:
        return a >= b;
    }
  }
}
