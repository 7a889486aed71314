import { isObject } from '#base/json.ts';
import { decodeBase64 } from '#base/base64.ts';

/**
 * The part of Go's text/template that people use with `-o go-template`: text, `{{.a.b}}`, `{{range}}`, `{{if}}`/`{{else}}`,
 * `{{with}}`, `{{end}}`, variables, `{{index}}`, `{{len}}`, `eq`/`ne`/`not`/`and`/`or`, `base64decode` and quoted text.
 */
type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly pipeline: string }
  | {
      readonly type: 'block';
      readonly keyword: string;
      readonly pipeline: string;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

interface Scope {
  readonly dot: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** Runs a template. Throws an Error where it cannot be understood. */
export function runGoTemplate(template: string, value: unknown): string {
  const nodes = parse(tokenize(template));
  return execute(nodes, { dot: value, variables: new Map([['$', value]]) });
}

function tokenize(template: string): readonly Node[] {
  const nodes: Node[] = [];
  let trim = false;
  for (const part of template.split(/(\{\{-?(?:"(?:\\.|[^"])*"|`[^`]*`|[^}])*-?\}\})/)) {
    if (!part.startsWith('{{')) {
      const text = trim ? part.trimStart() : part;
      trim = false;
      if (text !== '') nodes.push({ type: 'text', text });
      continue;
    }
    const last = nodes[nodes.length - 1];
    if (part.startsWith('{{-') && last?.type === 'text') nodes[nodes.length - 1] = { type: 'text', text: last.text.trimEnd() };
    trim = part.endsWith('-}}');
    const pipeline = part
      .replace(/^\{\{-?/, '')
      .replace(/-?\}\}$/, '')
      .trim();
    if (!pipeline.startsWith('/*')) nodes.push({ type: 'action', pipeline });
  }
  return nodes;
}

function parse(tokens: readonly Node[]): readonly Node[] {
  let at = 0;
  const block = (): readonly [readonly Node[], string] => {
    const nodes: Node[] = [];
    while (at < tokens.length) {
      const token = tokens[at++]!;
      if (token.type !== 'action') nodes.push(token);
      else if (token.pipeline === 'end' || /^else\b/.test(token.pipeline)) return [nodes, token.pipeline];
      else {
        const match = /^(range|if|with)\s+(.*)$/s.exec(token.pipeline);
        nodes.push(match === null ? token : finish(match[1]!, match[2]!));
      }
    }
    return [nodes, ''];
  };
  const finish = (keyword: string, pipeline: string): Node => {
    const [body, end] = block();
    if (end === '') throw new Error('unexpected EOF');
    if (end === 'end') return { type: 'block', keyword, pipeline, body, otherwise: [] };
    const chained = /^else\s+if\s+(.*)$/s.exec(end);
    const otherwise = chained === null ? block()[0] : [finish('if', chained[1]!)];
    return { type: 'block', keyword, pipeline, body, otherwise };
  };
  const [nodes, end] = block();
  if (end !== '') throw new Error(`unexpected {{${end}}}`);
  return nodes;
}

function execute(nodes: readonly Node[], scope: Scope): string {
  let variables = scope.variables;
  let out = '';
  for (const node of nodes) {
    const here: Scope = { dot: scope.dot, variables };
    if (node.type === 'text') out += node.text;
    else if (node.type === 'block') out += executeBlock(node, here);
    else {
      const assignment = /^(\$\w+)\s*:?=\s*(.*)$/s.exec(node.pipeline);
      if (assignment === null) out += show(evaluate(node.pipeline, here));
      else variables = new Map([...variables, [assignment[1]!, evaluate(assignment[2]!, here)]]);
    }
  }
  return out;
}

function executeBlock(node: Extract<Node, { readonly type: 'block' }>, scope: Scope): string {
  const match = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=\s*(.*)$/s.exec(node.pipeline);
  const value = evaluate(match?.[3] ?? node.pipeline, scope);
  if (node.keyword !== 'range') {
    if (!isTrue(value)) return execute(node.otherwise, scope);
    const variables = match === null ? scope.variables : new Map([...scope.variables, [match[1]!, value]]);
    return execute(node.body, { dot: node.keyword === 'with' ? value : scope.dot, variables });
  }
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : isObject(value)
      ? Object.keys(value)
          .sort()
          .map((key) => [key, value[key]] as const)
      : [];
  if (entries.length === 0) return execute(node.otherwise, scope);
  return entries
    .map(([key, item]) => {
      const named: readonly (readonly [string, unknown])[] =
        match === null
          ? []
          : match[2] === undefined
            ? [[match[1]!, item]]
            : [
                [match[1]!, key],
                [match[2], item],
              ];
      return execute(node.body, { dot: item, variables: new Map([...scope.variables, ...named]) });
    })
    .join('');
}

const isTrue = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isObject(value) ? Object.keys(value).length > 0 : Boolean(value);

function show(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (isObject(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${show(value[key])}`)
      .join(' ')}]`;
  return String(value);
}

const wordPattern = /"(?:\\.|[^"\\])*"|`[^`]*`|\((?:[^()]|\([^()]*\))*\)|[^\s()|]+/g;

function evaluate(pipeline: string, scope: Scope): unknown {
  const commands = pipeline.split(/\|(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  let piped: readonly unknown[] = [];
  for (const command of commands) piped = [apply(command.match(wordPattern) ?? [], scope, piped)];
  return piped[0];
}

function operand(word: string, scope: Scope): unknown {
  if (word.startsWith('"')) return JSON.parse(word) as unknown;
  if (word.startsWith('`')) return word.slice(1, -1);
  if (word.startsWith('(')) return evaluate(word.slice(1, -1), scope);
  if (/^-?\d+(\.\d+)?$/.test(word)) return Number(word);
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'nil') return null;
  const [head, ...fields] = word.split('.');
  const start = head === '' ? scope.dot : scope.variables.get(head!);
  return fields.filter((field) => field !== '').reduce<unknown>((value, field) => (isObject(value) ? value[field] : undefined), start);
}

function apply(words: readonly string[], scope: Scope, piped: readonly unknown[]): unknown {
  const name = words[0] ?? '.';
  const values = (): readonly unknown[] => [...words.slice(1).map((word) => operand(word, scope)), ...piped];
  switch (name) {
    case 'len': {
      const [value] = values();
      return Array.isArray(value) || typeof value === 'string' ? value.length : isObject(value) ? Object.keys(value).length : 0;
    }
    case 'index': {
      const [value, ...keys] = values();
      return keys.reduce<unknown>(
        (inner, key) => (Array.isArray(inner) ? inner[Number(key)] : isObject(inner) ? inner[String(key)] : undefined),
        value,
      );
    }
    case 'eq': {
      const [first, ...others] = values();
      return others.some((other) => other === first);
    }
    case 'ne':
      return values()[0] !== values()[1];
    case 'lt':
      return (values()[0] as number) < (values()[1] as number);
    case 'gt':
      return (values()[0] as number) > (values()[1] as number);
    case 'not':
      return !isTrue(values()[0]);
    case 'and':
      return values().find((value) => !isTrue(value)) ?? values()[values().length - 1];
    case 'or':
      return values().find(isTrue) ?? values()[values().length - 1];
    case 'exists': {
      const [value, ...keys] = values();
      return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[String(key)] : undefined), value) !== undefined;
    }
    case 'print':
    case 'println':
      return values().map(show).join(' ') + (name === 'println' ? '\n' : '');
    case 'printf':
      return format(String(values()[0]), values().slice(1));
    case 'base64decode':
      return decodeBase64(String(values()[0] ?? ''));
    default:
      if (/^[a-zA-Z]\w*$/.test(name) && !['true', 'false', 'nil'].includes(name)) throw new Error(`function "${name}" not defined`);
      return operand(name, scope);
  }
}

function format(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(/%(-?\d+)?([svdq%])/g, (_, width: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const text = verb === 'q' ? JSON.stringify(values[next++]) : show(values[next++]);
    const size = Number(width ?? 0);
    return size < 0 ? text.padEnd(-size) : text.padStart(size);
  });
}
