import { safeExpression } from '../shell/pattern.ts';

type Result = { readonly value: string } | { readonly error: string };

/** Binary operators of expr(1), the weakest first. */
const levels: readonly (readonly string[])[] = [['|'], ['&'], ['=', '==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%'], [':']];

/** expr(1): whole numbers, comparisons, `length`, and `STRING : PATTERN`. */
export function evaluateExpression(args: readonly string[]): Result {
  let at = 0;
  let error: string | undefined;
  const isNumber = (text: string): boolean => /^-?\d+$/.test(text);
  const primary = (): string => {
    const word = args[at++];
    if (word === undefined) error ??= 'syntax error';
    if (word === 'length') return String(primary().length);
    if (word === 'substr') {
      const [text, from, length] = [primary(), Number(primary()), Number(primary())];
      return text.slice(from - 1, from - 1 + length);
    }
    if (word !== '(') return word ?? '';
    const value = level(0);
    if (args[at++] !== ')') error ??= 'syntax error';
    return value;
  };
  const level = (index: number): string => {
    const operators = levels[index];
    if (operators === undefined) return primary();
    let left = level(index + 1);
    for (let operator = args[at]; operator !== undefined && operators.includes(operator); operator = args[at]) {
      at++;
      const right = level(index + 1);
      if ('+-*/%'.includes(operator) && !(isNumber(left) && isNumber(right))) error ??= 'non-numeric argument';
      if ('/%'.includes(operator) && Number(right) === 0) error ??= 'division by zero';
      left = combined(left, operator, right, isNumber(left) && isNumber(right));
    }
    return left;
  };
  const value = level(0);
  if (at < args.length) error ??= 'syntax error';
  return error === undefined ? { value } : { error };
}

function combined(left: string, operator: string, right: string, numeric: boolean): string {
  const [a, b] = [Number(left), Number(right)];
  const truth = (value: boolean): string => (value ? '1' : '0');
  const empty = (text: string): boolean => text === '' || text === '0';
  const order = numeric ? a - b : left < right ? -1 : left > right ? 1 : 0;
  switch (operator) {
    case '|':
      return empty(left) ? right : left;
    case '&':
      return empty(left) || empty(right) ? '0' : left;
    case '=':
    case '==':
      return truth(order === 0);
    case '!=':
      return truth(order !== 0);
    case '<':
      return truth(order < 0);
    case '<=':
      return truth(order <= 0);
    case '>':
      return truth(order > 0);
    case '>=':
      return truth(order >= 0);
    case '+':
      return String(a + b);
    case '-':
      return String(a - b);
    case '*':
      return String(a * b);
    case '/':
      return String(Math.trunc(a / b));
    case '%':
      return String(a % b);
    default: {
      const match = safeExpression(`^(?:${right.replace(/\\([(){}|+?])/g, '$1')})`).exec(left);
      return match === null ? (/\\\(/.test(right) ? '' : '0') : (match[1] ?? String(match[0].length));
    }
  }
}
