/** The dialect of JSONPath that kubectl reads (client-go/util/jsonpath/parser.go), as a tree. */
export type PathStep =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | { readonly type: 'root' }
  | {
      readonly type: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly by: number | undefined;
      readonly single: boolean;
    }
  | {
      readonly type: 'filter';
      readonly left: readonly PathStep[];
      readonly operator: string;
      readonly right: readonly PathStep[] | undefined;
    }
  | { readonly type: 'union'; readonly paths: readonly (readonly PathStep[])[] }
  | { readonly type: 'literal'; readonly value: unknown };

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly steps: readonly PathStep[] }
  | { readonly type: 'range'; readonly steps: readonly PathStep[]; readonly body: readonly TemplateNode[] };

/** A template: text with `{actions}`. Throws an Error in kubectl's words. */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const stack: TemplateNode[][] = [[]];
  const ranges: (readonly PathStep[])[] = [];
  for (const part of splitActions(template)) {
    const top = stack[stack.length - 1]!;
    if (part.type === 'text') top.push({ type: 'text', text: part.text });
    else if (/^range(?=\s|\.|\[)/.test(part.text)) {
      ranges.push(new PathParser(part.text.slice(5).trim()).parse());
      stack.push([]);
    } else if (part.text === 'end') {
      const body = stack.pop()!;
      const steps = ranges.pop();
      if (steps === undefined) throw new Error('not in range, nothing to end');
      stack[stack.length - 1]!.push({ type: 'range', steps, body });
    } else top.push(...new PathParser(part.text).parseAction());
  }
  if (ranges.length > 0) throw new Error('unterminated range');
  return stack[0]!;
}

interface Part {
  readonly type: 'text' | 'action';
  readonly text: string;
}

function splitActions(template: string): readonly Part[] {
  const parts: Part[] = [];
  let text = '';
  let i = 0;
  while (i < template.length) {
    if (template[i] !== '{') {
      text += template[i++]!;
      continue;
    }
    if (text !== '') parts.push({ type: 'text', text });
    text = '';
    const end = actionEnd(template, i + 1);
    parts.push({ type: 'action', text: template.slice(i + 1, end).trim() });
    i = end + 1;
  }
  if (text !== '') parts.push({ type: 'text', text });
  return parts;
}

function actionEnd(template: string, from: number): number {
  let quote = '';
  for (let i = from; i < template.length; i++) {
    const char = template[i]!;
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return i;
  }
  throw new Error('unclosed action');
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return inner.replace(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char);
}

/** Parses `.a.b[0]`, `..c`, `$.x`, `@.y` and quoted text. */
class PathParser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): readonly PathStep[] {
    const steps = this.steps();
    if (this.at < this.text.length)
      throw new Error(
        `unrecognized character in action: U+${this.text.charCodeAt(this.at).toString(16).toUpperCase().padStart(4, '0')} '${this.text[this.at]!}'`,
      );
    return steps;
  }

  /** An action may hold several paths and texts, divided by blanks. */
  parseAction(): readonly TemplateNode[] {
    const nodes: TemplateNode[] = [];
    while (this.at < this.text.length) {
      const char = this.text[this.at]!;
      if (char === ' ' || char === ',') this.at++;
      else if (char === '"' || char === "'") nodes.push({ type: 'text', text: this.quoted() });
      else {
        const before = this.at;
        const steps = this.steps();
        if (this.at === before)
          throw new Error(
            `unrecognized character in action: U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${char}'`,
          );
        nodes.push({ type: 'path', steps });
      }
    }
    return nodes;
  }

  private quoted(): string {
    const quote = this.text[this.at]!;
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== quote) end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) throw new Error('unterminated quoted string');
    const raw = this.text.slice(this.at, end + 1);
    this.at = end + 1;
    return unquote(raw);
  }

  private steps(): readonly PathStep[] {
    const steps: PathStep[] = [];
    for (;;) {
      const rest = this.text.slice(this.at);
      if (rest === '') return steps;
      const next = this.step(rest, steps.length === 0);
      if (next === undefined) return steps;
      steps.push(...next);
    }
  }

  private step(rest: string, first: boolean): readonly PathStep[] | undefined {
    if (first && rest[0] === '$') return this.take(1, { type: 'root' });
    if (first && rest[0] === '@') return this.take(1);
    if (rest.startsWith('..')) {
      this.at += 2;
      const name = this.name();
      return [
        { type: 'recursive' },
        ...(name === '' ? [] : [name === '*' ? ({ type: 'wildcard' } as const) : ({ type: 'field', name } as const)]),
      ];
    }
    if (rest[0] === '.') {
      this.at++;
      const name = this.name();
      if (name === '') return [];
      return [name === '*' ? { type: 'wildcard' } : { type: 'field', name }];
    }
    if (rest[0] === '[') return [this.bracket()];
    const word = /^[A-Za-z_][\w-]*/.exec(rest);
    if (first && word !== null) return this.take(word[0].length, { type: 'field', name: word[0] });
    return undefined;
  }

  private take(count: number, ...steps: readonly PathStep[]): readonly PathStep[] {
    this.at += count;
    return steps;
  }

  /** A field's name: dots may be escaped (`.metadata.labels.app\.kubernetes\.io/name`). */
  private name(): string {
    let name = '';
    while (this.at < this.text.length && !/[.[\]\s,$@(){}|&=<>!"']/.test(this.text[this.at]!)) {
      if (this.text[this.at] === '\\') this.at++;
      name += this.text[this.at++] ?? '';
    }
    return name;
  }

  private bracket(): PathStep {
    const end = this.bracketEnd();
    const inner = this.text.slice(this.at + 1, end).trim();
    this.at = end + 1;
    if (inner === '*') return { type: 'wildcard' };
    const filter = /^\?\((.*)\)$/s.exec(inner);
    if (filter !== null) return parseFilter(filter[1]!.trim());
    const keys = /^(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*$/.test(inner)
      ? [...inner.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '')
      : undefined;
    if (keys !== undefined)
      return keys.length === 1
        ? { type: 'field', name: keys[0]! }
        : { type: 'union', paths: keys.map((name) => [{ type: 'field', name }]) };
    if (/^-?\d+(?:\s*,\s*-?\d+)+$/.test(inner)) return { type: 'union', paths: inner.split(',').map((index) => [sliceOf(index.trim())]) };
    if (/^-?\d*(?::-?\d*){0,2}$/.test(inner) && inner !== '') return sliceOf(inner);
    throw new Error(`invalid array index ${inner}`);
  }

  private bracketEnd(): number {
    let depth = 0;
    let quote = '';
    for (let i = this.at; i < this.text.length; i++) {
      const char = this.text[i]!;
      if (quote !== '') {
        if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '[') depth++;
      else if (char === ']' && --depth === 0) return i;
    }
    throw new Error('unterminated array');
  }
}

function sliceOf(text: string): PathStep {
  const parts = text.split(':').map((part) => (part.trim() === '' ? undefined : Number(part)));
  return { type: 'slice', from: parts[0], to: parts[1], by: parts[2], single: parts.length === 1 };
}

function parseFilter(text: string): PathStep {
  const match = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text);
  if (match === null) return { type: 'filter', left: parseOperand(text), operator: 'exists', right: undefined };
  return { type: 'filter', left: parseOperand(match[1]!), operator: match[2]!, right: parseOperand(match[3]!) };
}

function parseOperand(text: string): readonly PathStep[] {
  const trimmed = text.trim();
  if (/^(['"]).*\1$/s.test(trimmed)) return [{ type: 'literal', value: unquote(trimmed) }];
  if (/^-?\d+(?:\.\d+)?$/.test(trimmed)) return [{ type: 'literal', value: Number(trimmed) }];
  if (trimmed === 'true' || trimmed === 'false') return [{ type: 'literal', value: trimmed === 'true' }];
  return new PathParser(trimmed).parse();
}
