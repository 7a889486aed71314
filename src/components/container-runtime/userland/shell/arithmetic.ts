/** The variables of an expression. */
export interface Numbers {
  readonly get: (name: string) => string | undefined;
  readonly set: (name: string, value: string) => void;
}

export class ArithmeticError extends Error {}

const tokenPattern = /\s*(0[xX][\da-fA-F]+|\d+|[A-Za-z_]\w*|\*\*|<<=|>>=|\+\+|--|&&|\|\||[<>=!+\-*/%&|^]=|<<|>>|[-+*/%<>=!&|^~?:(),])/y;
/** Binary operators, the weakest first. */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const assignments = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);

/** `$((…))`: whole numbers with the operators of C. */
export function evaluate(text: string, numbers: Numbers): number {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const source = text.trimEnd();
  while (tokenPattern.lastIndex < source.length) {
    const match = tokenPattern.exec(source);
    if (match === null) throw new ArithmeticError('arithmetic syntax error');
    tokens.push(match[1]!);
  }
  return tokens.length === 0 ? 0 : new Evaluator(tokens, numbers).all();
}

class Evaluator {
  private at = 0;
  /** False in a branch that is only read: `a && b`, `a ? b : c`. */
  private live = true;

  constructor(
    private readonly tokens: readonly string[],
    private readonly numbers: Numbers,
  ) {}

  all(): number {
    let value = this.assignment();
    while (this.accept(',')) value = this.assignment();
    if (this.at < this.tokens.length) throw new ArithmeticError('arithmetic syntax error');
    return value;
  }

  private accept(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw new ArithmeticError('arithmetic syntax error');
  }

  private variable(name: string): number {
    const text = (this.numbers.get(name) ?? '').trim();
    if (text === '') return 0;
    if (/^[-+]?(0[xX][\da-fA-F]+|\d+)$/.test(text)) return numberOf(text);
    return evaluate(text, this.numbers);
  }

  private store(name: string, value: number): number {
    if (this.live) this.numbers.set(name, String(value));
    return value;
  }

  private assignment(): number {
    const name = this.tokens[this.at] ?? '';
    const operator = this.tokens[this.at + 1] ?? '';
    if (!/^[A-Za-z_]/.test(name) || !assignments.has(operator)) return this.ternary();
    this.at += 2;
    const right = this.assignment();
    return this.store(name, operator === '=' ? right : this.binary(operator.slice(0, -1), this.variable(name), right));
  }

  private ternary(): number {
    const condition = this.level(0);
    if (!this.accept('?')) return condition;
    const first = this.when(condition !== 0, () => this.assignment());
    this.expect(':');
    const second = this.when(condition === 0, () => this.assignment());
    return condition !== 0 ? first : second;
  }

  private when(wanted: boolean, read: () => number): number {
    const before = this.live;
    this.live = before && wanted;
    const value = read();
    this.live = before;
    return value;
  }

  private level(index: number): number {
    const operators = levels[index];
    if (operators === undefined) return this.unary();
    let left = this.level(index + 1);
    for (let operator = this.tokens[this.at]; operator !== undefined && operators.includes(operator); operator = this.tokens[this.at]) {
      this.at++;
      const current = left;
      const right =
        operator === '&&'
          ? this.when(current !== 0, () => this.level(index + 1))
          : operator === '||'
            ? this.when(current === 0, () => this.level(index + 1))
            : this.level(index + 1);
      left = this.binary(operator, current, right);
    }
    return left;
  }

  private unary(): number {
    const token = this.tokens[this.at++];
    switch (token) {
      case '-':
        return -this.unary();
      case '+':
        return this.unary();
      case '!':
        return this.unary() === 0 ? 1 : 0;
      case '~':
        return ~this.unary();
      case '++':
      case '--': {
        const name = this.tokens[this.at++] ?? '';
        return this.store(name, this.variable(name) + (token === '++' ? 1 : -1));
      }
      case '(': {
        let value = this.assignment();
        while (this.accept(',')) value = this.assignment();
        this.expect(')');
        return value;
      }
      case undefined:
        throw new ArithmeticError('arithmetic syntax error');
      default:
        return this.power(token);
    }
  }

  private power(token: string): number {
    const value = this.operand(token);
    return this.accept('**') ? value ** this.unary() : value;
  }

  private operand(token: string): number {
    if (/^\d/.test(token)) return numberOf(token);
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticError('arithmetic syntax error');
    const value = this.variable(token);
    if (this.accept('++')) this.store(token, value + 1);
    else if (this.accept('--')) this.store(token, value - 1);
    return value;
  }

  private binary(operator: string, left: number, right: number): number {
    switch (operator) {
      case '+':
        return left + right;
      case '-':
        return left - right;
      case '*':
        return left * right;
      case '/':
      case '%':
        if (right === 0) {
          if (this.live) throw new ArithmeticError('divide by zero');
          return 0;
        }
        return operator === '/' ? Math.trunc(left / right) : left % right;
      case '<<':
        return left * 2 ** right;
      case '>>':
        return Math.floor(left / 2 ** right);
      case '&':
        return left & right;
      case '|':
        return left | right;
      case '^':
        return left ^ right;
      default:
        return compared(operator, left, right) ? 1 : 0;
    }
  }
}

function compared(operator: string, left: number, right: number): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '&&':
      return left !== 0 && right !== 0;
    default:
      return left !== 0 || right !== 0;
  }
}

/** Decimal, `0x1f` or octal `017`. */
function numberOf(text: string): number {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const value = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return negative ? -value : value;
}
