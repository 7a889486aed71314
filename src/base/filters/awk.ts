import { parseAwk, type Expression, type Place, type Rule, type Statement } from './awk-parse.ts';
import { ProgramError } from './interpreters.ts';
import { regularExpression } from './regular.ts';
import { formatted } from '../printf.ts';

/** What came from the input is a number where it looks like one; undefined is a variable that was never set. */
type Value = number | string | { readonly input: string } | undefined;

/** How many steps a program may take: one that never ends is a mistake. */
const maxSteps = 200_000;

function expressionOf(source: string, flags = ''): RegExp {
  const found = regularExpression(source, 'awk', flags);
  if (found === undefined) throw new ProgramError(`regular expression compile failed: ${source}`);
  return found;
}

class Leave {
  constructor(
    readonly word: 'next' | 'break' | 'continue' | 'exit',
    readonly code: number,
  ) {}
}

export interface AwkOptions {
  /** `-F` */
  readonly separator: string | undefined;
  /** `-v` */
  readonly variables: readonly (readonly [name: string, value: string])[];
}

/** Runs an awk program. It throws a ProgramError for what it cannot read. */
export function awk(
  program: string,
  { separator, variables }: AwkOptions,
  lines: readonly string[],
): { readonly text: string; readonly code: number } {
  const interpreter = new Interpreter();
  interpreter.set('FS', separator === undefined ? ' ' : separator === 't' ? '\t' : separator.replaceAll('\\t', '\t'));
  for (const [name, value] of variables) interpreter.set(name, { input: value });
  return interpreter.run(parseAwk(program), lines);
}

const looksNumeric = (text: string): boolean => /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text);
const shown = (value: number): string => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6))));
const textOf = (value: Value): string =>
  value === undefined ? '' : typeof value === 'number' ? shown(value) : typeof value === 'string' ? value : value.input;
const numberOf = (value: Value): number => (typeof value === 'number' ? value : Number.parseFloat(textOf(value).trim()) || 0);
function truth(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  const text = textOf(value);
  return typeof value === 'object' && looksNumeric(text) ? Number(text) !== 0 : text !== '';
}

class Interpreter {
  private readonly variables = new Map<string, Value>([
    ['OFS', ' '],
    ['ORS', '\n'],
    ['NR', 0],
    ['SUBSEP', '\x1c'],
  ]);
  private readonly arrays = new Map<string, Map<string, Value>>();
  private fields: string[] = [''];
  private out = '';
  private steps = 0;

  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }

  run(rules: readonly Rule[], lines: readonly string[]): { readonly text: string; readonly code: number } {
    let code = 0;
    try {
      for (const rule of rules) if (rule.when === 'BEGIN') this.perform(rule.body);
      if (rules.some((rule) => rule.when !== 'BEGIN')) for (const line of lines) this.line(rules, line);
    } catch (error) {
      if (!(error instanceof Leave) || error.word !== 'exit') throw error;
      code = error.code;
    }
    try {
      for (const rule of rules) if (rule.when === 'END') this.perform(rule.body);
    } catch (error) {
      if (!(error instanceof Leave) || error.word !== 'exit') throw error;
      code = error.code;
    }
    return { text: this.out, code };
  }

  private line(rules: readonly Rule[], line: string): void {
    this.set('NR', numberOf(this.variables.get('NR')) + 1);
    this.split(line);
    try {
      for (const { when, body } of rules) {
        if (when === 'BEGIN' || when === 'END' || (when !== undefined && !truth(this.value(when)))) continue;
        if (body === undefined) this.print([]);
        else this.perform(body);
      }
    } catch (error) {
      if (!(error instanceof Leave) || error.word !== 'next') throw error;
    }
  }

  private split(line: string): void {
    this.fields = [line, ...pieces(line, textOf(this.variables.get('FS')))];
  }

  private perform(statement: Statement | undefined): void {
    if (++this.steps > maxSteps) throw new ProgramError('the program does not end');
    switch (statement?.type) {
      case undefined:
        return;
      case 'block':
        for (const item of statement.body) this.perform(item);
        return;
      case 'expression':
        this.value(statement.value);
        return;
      case 'print':
        return statement.formatted ? this.printf(statement.values) : this.print(statement.values);
      case 'if':
        return this.perform(truth(this.value(statement.condition)) ? statement.chosen : statement.otherwise);
      case 'loop':
        return this.loop(statement);
      case 'each':
        for (const key of [...(this.arrays.get(statement.array)?.keys() ?? [])]) {
          this.set(statement.name, { input: key });
          if (this.leaves(statement.body)) return;
        }
        return;
      case 'delete':
        if (statement.keys === undefined) this.arrays.delete(statement.array);
        else this.arrays.get(statement.array)?.delete(this.key(statement.keys));
        return;
      case 'leave':
        throw new Leave(statement.word, statement.value === undefined ? 0 : numberOf(this.value(statement.value)));
    }
  }

  private loop({ first, condition, next, body, after }: Extract<Statement, { readonly type: 'loop' }>): void {
    this.perform(first);
    for (let round = 0; ; round++) {
      const asks = !after || round > 0;
      if (asks && condition !== undefined && !truth(this.value(condition))) return;
      if (this.leaves(body)) return;
      this.perform(next);
    }
  }

  /** Runs the body of a loop; true after `break`. */
  private leaves(body: Statement): boolean {
    try {
      this.perform(body);
    } catch (error) {
      if (!(error instanceof Leave) || (error.word !== 'break' && error.word !== 'continue')) throw error;
      return error.word === 'break';
    }
    return false;
  }

  private print(values: readonly Expression[]): void {
    const texts = values.length === 0 ? [this.fields[0]!] : values.map((value) => textOf(this.value(value)));
    this.out += texts.join(textOf(this.variables.get('OFS'))) + textOf(this.variables.get('ORS'));
  }

  private printf(values: readonly Expression[]): void {
    this.out += this.sprintf(values);
  }

  private sprintf([format, ...args]: readonly Expression[]): string {
    const text = format === undefined ? '' : textOf(this.value(format));
    const wanted = text.match(/%[^%]*?[sdiufxXobcqeEgG]/g)?.length ?? 0;
    const given = args.slice(0, wanted).map((arg) => textOf(this.value(arg)));
    // In numbers awk overlooks what is none.
    const kinds = text.match(/%[^%]*?[sdiufxXobcqeEgG]/g) ?? [];
    return formatted(
      text.replaceAll('\\', '\\\\'),
      given.map((arg, index) => (/[diufxXoeEgG]$/.test(kinds[index]!) ? String(Number.parseFloat(arg) || 0) : arg)),
    ).text;
  }

  private key(keys: readonly Expression[]): string {
    return keys.map((key) => textOf(this.value(key))).join(textOf(this.variables.get('SUBSEP')));
  }

  private array(name: string): Map<string, Value> {
    const found = this.arrays.get(name) ?? new Map<string, Value>();
    this.arrays.set(name, found);
    return found;
  }

  private read(place: Place): Value {
    switch (place.type) {
      case 'variable':
        return place.name === 'NF' ? this.fields.length - 1 : this.variables.get(place.name);
      case 'field': {
        const text = this.fields[numberOf(this.value(place.index))];
        return text === undefined ? undefined : { input: text };
      }
      case 'element':
        return this.array(place.array).get(this.key(place.keys));
    }
  }

  private assign(place: Place, value: Value): Value {
    if (place.type === 'variable') this.set(place.name, value);
    else if (place.type === 'element') this.array(place.array).set(this.key(place.keys), value);
    else {
      const index = numberOf(this.value(place.index));
      if (index === 0) this.split(textOf(value));
      else {
        while (this.fields.length < index) this.fields.push('');
        this.fields[index] = textOf(value);
        this.fields[0] = this.fields.slice(1).join(textOf(this.variables.get('OFS')));
      }
    }
    return value;
  }

  private value(expression: Expression): Value {
    if (++this.steps > maxSteps) throw new ProgramError('the program does not end');
    switch (expression.type) {
      case 'number':
      case 'string':
        return expression.value;
      case 'pattern':
        return expressionOf(expression.source).test(this.fields[0]!) ? 1 : 0;
      case 'variable':
      case 'field':
      case 'element':
        return this.read(expression);
      case 'assign': {
        const right = this.value(expression.value);
        const { operator, place } = expression;
        return this.assign(place, operator === '' ? right : arithmetic(operator, numberOf(this.read(place)), numberOf(right)));
      }
      case 'step': {
        const before = numberOf(this.read(expression.place));
        this.assign(expression.place, before + expression.by);
        return expression.before ? before + expression.by : before;
      }
      case 'unary': {
        const value = this.value(expression.operand);
        return expression.operator === '!' ? (truth(value) ? 0 : 1) : expression.operator === '-' ? -numberOf(value) : numberOf(value);
      }
      case 'binary':
        return this.binary(expression.operator, expression.left, expression.right);
      case 'choice':
        return this.value(truth(this.value(expression.condition)) ? expression.chosen : expression.otherwise);
      case 'in':
        return this.arrays.get(expression.array)?.has(this.key([expression.key])) === true ? 1 : 0;
      case 'call':
        return this.call(expression.name, expression.args);
    }
  }

  private binary(operator: string, left: Expression, right: Expression): Value {
    if (operator === '&&') return truth(this.value(left)) && truth(this.value(right)) ? 1 : 0;
    if (operator === '||') return truth(this.value(left)) || truth(this.value(right)) ? 1 : 0;
    if (operator === '~' || operator === '!~')
      return expressionOf(this.pattern(right)).test(textOf(this.value(left))) === (operator === '~') ? 1 : 0;
    const [a, b] = [this.value(left), this.value(right)];
    if (operator === ' ') return textOf(a) + textOf(b);
    if (['<', '<=', '==', '!=', '>', '>='].includes(operator)) return compared(operator, a, b) ? 1 : 0;
    return arithmetic(operator, numberOf(a), numberOf(b));
  }

  private pattern(expression: Expression): string {
    return expression.type === 'pattern' ? expression.source : textOf(this.value(expression));
  }

  private call(name: string, args: readonly Expression[]): Value {
    const text = (index: number): string => (args[index] === undefined ? this.fields[0]! : textOf(this.value(args[index])));
    const number = (index: number): number => numberOf(args[index] === undefined ? 0 : this.value(args[index]));
    switch (name) {
      case 'length':
        return args[0]?.type === 'variable' && this.arrays.has(args[0].name) ? this.arrays.get(args[0].name)!.size : text(0).length;
      case 'substr': {
        const start = Math.round(number(1)) - 1;
        return text(0).slice(Math.max(0, start), args[2] === undefined ? undefined : Math.max(0, start + Math.round(number(2))));
      }
      case 'index':
        return text(0).indexOf(text(1)) + 1;
      case 'split': {
        const found = pieces(text(0), args[2] === undefined ? textOf(this.variables.get('FS')) : this.pattern(args[2]));
        if (args[1]?.type === 'variable')
          this.arrays.set(args[1].name, new Map(found.map((item, index) => [String(index + 1), { input: item }])));
        return found.length;
      }
      case 'sub':
      case 'gsub':
        return this.substitute(args, name === 'gsub' ? 'g' : '');
      case 'match': {
        const found = expressionOf(this.pattern(args[1]!)).exec(text(0));
        this.set('RSTART', found === null ? 0 : found.index + 1);
        this.set('RLENGTH', found === null ? -1 : found[0].length);
        return found === null ? 0 : found.index + 1;
      }
      case 'sprintf':
        return this.sprintf(args);
      case 'tolower':
        return text(0).toLowerCase();
      case 'toupper':
        return text(0).toUpperCase();
      case 'int':
        return Math.trunc(number(0));
      case 'sqrt':
        return Math.sqrt(number(0));
      default:
        throw new ProgramError(`function ${name} not defined`);
    }
  }

  private substitute([pattern, replacement, target]: readonly Expression[], flags: string): number {
    const place: Place =
      target !== undefined && (target.type === 'variable' || target.type === 'field' || target.type === 'element')
        ? target
        : { type: 'field', index: { type: 'number', value: 0 } };
    const template = textOf(this.value(replacement!));
    let count = 0;
    const text = textOf(this.read(place)).replace(expressionOf(this.pattern(pattern!), flags), (found) => {
      count++;
      return template.replace(/\\?&/g, (mark) => (mark === '&' ? found : '&'));
    });
    if (count > 0) this.assign(place, text);
    return count;
  }
}

/** A blank as separator stands for any run of blanks; several characters are a regular expression. */
function pieces(text: string, separator: string): readonly string[] {
  if (separator === ' ') return text.trim() === '' ? [] : text.trim().split(/\s+/);
  if (text === '') return [];
  return text.split(separator.length === 1 ? separator : expressionOf(separator));
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '^':
      return left ** right;
    default:
      if (right === 0) throw new ProgramError('division by zero');
      return operator === '/' ? left / right : left % right;
  }
}

/** Two numbers are compared as numbers; a text in the program makes both texts. */
function compared(operator: string, left: Value, right: Value): boolean {
  const numeric = (value: Value): boolean =>
    typeof value === 'number' || value === undefined || (typeof value === 'object' && looksNumeric(value.input));
  const [a, b] = numeric(left) && numeric(right) ? [numberOf(left), numberOf(right)] : [textOf(left), textOf(right)];
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}
