/** What the library says of an expression, in the words of cel-go (parser/errors.go, checker/errors.go, common/source.go). */

/** The parts of the library's errors that are read here. */
export interface Failure {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly node?: FailedNode;
  readonly range?: { readonly start: number; readonly end: number };
}
interface FailedNode {
  readonly op?: string;
  readonly args?: unknown;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
}

/** One error with its place in the text. */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** The tokens that begin an expression, as the grammar's parser lists them. */
const expression = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const tokens: Readonly<Record<string, string>> = { RPAREN: ')', RBRACKET: ']', RBRACE: '}', COLON: ':', LPAREN: '(' };

/** Issues as text: each with its line and a mark below it. */
export function issuesText(text: string, issues: readonly Issue[]): string {
  return issues
    .map(({ at, message }) => {
      const before = text.slice(0, at).split('\n');
      const column = [...before.at(-1)!].length;
      const line = text.split('\n')[before.length - 1] ?? '';
      return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
    })
    .join('\n');
}

/** A type's name as cel-go writes it. */
export function typeName(name: string): string {
  const match = /^(list|map|optional|dyn)<(.+)>$/.exec(name);
  if (match === null) {
    if (name === 'list') return 'list(dyn)';
    if (name === 'map') return 'map(dyn, dyn)';
    if (/^[A-Z]$/.test(name)) return 'dyn';
    return { 'google.protobuf.Timestamp': 'timestamp', 'google.protobuf.Duration': 'duration' }[name] ?? name;
  }
  const [, kind, inner] = match as unknown as [string, string, string];
  if (kind === 'dyn') return typeName(inner);
  const parts = splitTypes(inner).map(typeName).join(', ');
  return `${kind === 'optional' ? 'optional_type' : kind}(${parts})`;
}

/** `string, map<string, int>` taken apart at its outer commas. */
function splitTypes(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const char of list) {
    if (char === '<') depth++;
    if (char === '>') depth--;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  return part.trim() === '' ? parts : [...parts, part.trim()];
}

/** What closes the list or map that a text ends in. */
function openBracket(text: string): string | undefined {
  const open: string[] = [];
  for (const [char] of text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '').matchAll(/[[\](){}]/g)) {
    if (/[[({]/.test(char)) open.push(char);
    else open.pop();
  }
  return { '[': ']', '{': '}' }[open.at(-1) ?? ''];
}

/** What an error of the parser is called. `follow` parses the text again without what could not be read. */
export function syntaxIssues(text: string, error: Failure, follow: (text: string) => readonly Issue[]): Issue[] {
  const { code = '', summary = error.message, range } = error;
  const start = range?.start ?? 0;
  const issue = (message: string, at = start): Issue => ({ at, message });
  const token = range === undefined || start >= text.length ? '<EOF>' : text.slice(start, range.end);
  const unread = (length: number): Issue[] => {
    const taken = text.slice(start, start + length);
    const rest = text.slice(0, start) + ' '.repeat(length) + text.slice(start + length);
    return [issue(`Syntax error: token recognition error at: '${taken}'`), ...follow(rest)];
  };
  const after = text.slice(range?.end ?? text.length).trim();
  switch (code) {
    case 'unexpected_token': {
      const open = token === '<EOF>' && text.trimEnd().endsWith(',') ? openBracket(text) : undefined;
      if (open !== undefined) return [issue(`Syntax error: missing '${open}' at '<EOF>'`)];
      const verb = token !== '<EOF>' && /^[\w"'([{!.-]/.test(after) ? 'extraneous' : 'mismatched';
      return [issue(`Syntax error: ${verb} input '${token}' expecting ${expression}`)];
    }
    case 'unexpected_character': {
      // A character of no token is the lexer's; a token too many, which is quoted, the parser's.
      if (!summary.startsWith("Unexpected character: '"))
        return unread(/[=&|]/.test(text[start] ?? '') ? Math.min(2, text.length - start) : 1);
      return [issue(`Syntax error: ${after === '' ? 'extraneous' : 'mismatched'} input '${token}' expecting <EOF>`)];
    }
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return unread(text.length - start);
    case 'newline_in_string': {
      const open = Math.max(text.lastIndexOf('"', start), text.lastIndexOf("'", start));
      return [issue(`Syntax error: token recognition error at: '${text.slice(open, start)}\\n'`, open)];
    }
    case 'expected_token': {
      const expected = /^Expected (\w+)/.exec(summary)?.[1] ?? '';
      if (expected === 'IDENTIFIER') return [issue(`Syntax error: no viable alternative at input '.${token === '<EOF>' ? '' : token}'`)];
      const wanted = tokens[expected] ?? expected;
      if (expected === 'COLON' || !(token === '<EOF>' || /^[)\]},]/.test(token)))
        return [issue(`Syntax error: mismatched input '${token}' expecting '${wanted}'`)];
      return [issue(`Syntax error: missing '${wanted}' at '${token}'`)];
    }
    case 'reserved_identifier':
      return [issue(`reserved identifier: ${token}`)];
    case 'invalid_macro_argument':
      return [issue(/variable/.test(summary) ? 'argument must be a simple name' : 'invalid argument to has() macro')];
    case 'limit_exceeded':
      return [issue(/maxDepth/.test(summary) ? 'expression recursion limit exceeded: 250' : summary)];
    default:
      return [issue(`Syntax error: ${summary}`)];
  }
}

const spelled: Readonly<Record<string, string>> = { in: '@in', '!_': '!_', '-_': '-_', '[]': '_[_]', '[?]': '_[?_]', '?:': '_?_:_' };

/** Where cel-go sees an error: at the operator, the dot or the parenthesis, not at the beginning of the expression. */
function place(text: string, node: FailedNode | undefined): number {
  if (node === undefined) return 0;
  const args = (Array.isArray(node.args) ? node.args : []) as readonly unknown[];
  const left = args[node.op === 'rcall' ? 1 : 0] as FailedNode | undefined;
  const from = typeof left === 'object' ? left.end : node.start;
  const find = (what: string): number => Math.max(text.indexOf(what, from), node.start);
  switch (node.op) {
    case '.':
    case '.?':
      return Math.max(text.lastIndexOf('.', node.pos), node.start);
    case 'rcall':
    case 'call':
      return find('(');
    case '[]':
    case '[?]':
      return find('[');
    case '?:':
      return find('?');
    case undefined:
    case 'id':
    case 'value':
    case '!_':
    case '-_':
    case 'list':
    case 'map':
      return node.start;
    default:
      return find(node.op);
  }
}

/** What an error of the type checker is called. @param knows whether there is a function of that name */
export function checkIssue(text: string, error: Failure, knows: (name: string) => boolean): Issue {
  const { code = '', summary = error.message, node } = error;
  const at = place(text, node);
  const overload = (name: string, applied: string): Issue => ({
    at,
    message: `found no matching overload for '${name}' applied to '${applied}'`,
  });
  const list = (types: string): string => splitTypes(types).map(typeName).join(', ');
  switch (code) {
    case 'unknown_variable':
      return { at: node?.start ?? 0, message: `undeclared reference to '${summary.replace('Unknown variable: ', '')}' (in container '')` };
    case 'no_such_key':
      return { at, message: `undefined field '${summary.replace('No such key: ', '')}'` };
    case 'cannot_index_type':
      return { at, message: `type '${typeName(/'(.*)'/.exec(summary)?.[1] ?? '')}' does not support field selection` };
    case 'no_such_overload': {
      const op = node?.op ?? '';
      const applied = summary.replace('no such overload: ', '');
      if (op.endsWith('_')) return overload(op, `(${list(applied.slice(1))})`);
      const [left = '', right = ''] = applied.split(` ${op} `);
      return overload(spelled[op] ?? `_${op}_`, `(${typeName(left)}, ${typeName(right)})`);
    }
    case 'no_matching_overload': {
      const match = /'(?:(.*)\.)?(\w+)\((.*)\)'$/s.exec(summary);
      const [, receiver, called = '', args = ''] = match ?? [];
      const name = called.replace(/_$/, '');
      if (!knows(name)) return { at, message: `undeclared reference to '${name}' (in container '')` };
      return overload(name, `${receiver === undefined ? '' : `${typeName(receiver)}.`}(${list(args)})`);
    }
    case 'invalid_logical_operand':
      return overload(`_${node?.op ?? ''}_`, `(${typeName(/'(.*)'/.exec(summary)?.[1] ?? 'dyn')}, bool)`);
    case 'invalid_condition_type':
      return { at: node?.start ?? 0, message: `expected type 'bool' but found '${typeName(/'(.*)'/.exec(summary)?.[1] ?? 'dyn')}'` };
    case 'incompatible_ternary_branches': {
      const [, left = '', right = ''] = /'(.*)' and '(.*)'/.exec(summary) ?? [];
      return overload('_?_:_', `(bool, ${typeName(left)}, ${typeName(right)})`);
    }
    case 'invalid_comprehension_range':
      return {
        at: node?.start ?? 0,
        message: `expression of type '${typeName(/'(.*)'/.exec(summary)?.[1] ?? 'dyn')}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      };
    case 'invalid_macro_argument':
      return { at, message: 'invalid argument to has() macro' };
    default:
      return { at, message: summary };
  }
}

/** What went wrong while an expression ran (cel-go/interpreter, common/types/err.go). */
export function runtimeText(error: Failure): string {
  const { code = '', summary = error.message } = error;
  switch (code) {
    case 'no_such_key':
    case 'unknown_variable':
      return `no such key: ${summary.replace(/^(No such key|Unknown variable): /, '')}`;
    case 'index_out_of_bounds':
      return `index out of bounds: ${/index (-?\d+)/.exec(summary)?.[1] ?? ''}`;
    case 'no_such_overload':
    case 'no_matching_overload':
    case 'invalid_logical_operand':
    case 'invalid_condition_type':
      return 'no such overload';
    case 'modulo_by_zero':
      return 'modulus by zero';
    case 'numeric_overflow':
      return 'integer overflow';
    case 'optional_value_missing':
      return 'optional.none() dereference';
    case 'field_type_mismatch':
    case 'list_item_type_mismatch':
    case 'variable_type_mismatch':
      return 'no such overload';
    default:
      return summary;
  }
}
