import { deepEqual, isObject } from '#base/json.ts';
import { toCompactJson } from '#base/go-json.ts';
import { parseTemplate, type PathStep, type TemplateNode } from './parse.ts';

/** What a template printed before it failed, and why it failed. */
export interface TemplateResult {
  readonly text: string;
  readonly error?: string | undefined;
}

/** Runs a JSONPath template on a value. Errors of the template itself are thrown. */
export function runTemplate(template: string, value: unknown): TemplateResult {
  const nodes = parseTemplate(template);
  try {
    return { text: runNodes(nodes, value, value) };
  } catch (error) {
    return { text: '', error: error instanceof Error ? error.message : String(error) };
  }
}

/** All values that a path such as `.metadata.name` or `{.metadata.name}` leads to. */
export function findValues(path: string, value: unknown): readonly unknown[] {
  return parseTemplate(relaxed(path)).flatMap((node) => (node.type === 'path' ? evaluate(node.steps, value, value) : []));
}

/** `x.y`, `.x.y` and `{.x.y}` are one (get.RelaxedJSONPathExpression). */
export function relaxed(path: string): string {
  const match = /^\{?\.?([^{}]+)\}?$/.exec(path);
  if (path === '') return path;
  if (match === null)
    throw new Error(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  return `{.${match[1]!}}`;
}

function runNodes(nodes: readonly TemplateNode[], root: unknown, current: unknown): string {
  return nodes
    .map((node) => {
      switch (node.type) {
        case 'text':
          return node.text;
        case 'path':
          return evaluate(node.steps, root, current).map(valueText).join(' ');
        case 'range':
          return evaluate(node.steps, root, current)
            .map((item) => runNodes(node.body, root, item))
            .join('');
      }
    })
    .join('');
}

/** A value as the printer shows it: JSON of objects and lists, everything else bare. */
export function valueText(value: unknown): string {
  if (value === null) return '<nil>';
  return typeof value === 'object' ? toCompactJson(value) : String(value);
}

function evaluate(steps: readonly PathStep[], root: unknown, current: unknown): readonly unknown[] {
  let values: readonly unknown[] = [current];
  for (const step of steps) values = step.type === 'root' ? [root] : values.flatMap((value) => take(step, value, root));
  return values;
}

function take(step: PathStep, value: unknown, root: unknown): readonly unknown[] {
  switch (step.type) {
    case 'root':
      return [root];
    case 'literal':
      return [step.value];
    case 'field': {
      if (!isObject(value)) return [];
      const inner = value[step.name];
      return inner === undefined ? [] : [inner];
    }
    case 'wildcard':
      return Array.isArray(value)
        ? (value as readonly unknown[])
        : isObject(value)
          ? Object.keys(value)
              .sort()
              .map((key) => value[key])
          : [];
    case 'recursive':
      return descendants(value);
    case 'union':
      return step.paths.flatMap((path) => evaluate(path, root, value));
    case 'slice':
      return slice(step, value);
    case 'filter':
      return Array.isArray(value) ? (value as readonly unknown[]).filter((item) => passes(step, item, root)) : [];
  }
}

function descendants(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return [value, ...(value as readonly unknown[]).flatMap(descendants)];
  if (!isObject(value)) return [];
  return [
    value,
    ...Object.keys(value)
      .sort()
      .flatMap((key) => descendants(value[key])),
  ];
}

function slice(step: Extract<PathStep, { readonly type: 'slice' }>, value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`${goType(value)} is not array or slice`);
  const { length } = value;
  if (step.single) {
    const index = step.from! < 0 ? step.from! + length : step.from!;
    if (index < 0 || index >= length)
      throw new Error(`array index out of bounds: index ${step.from! < 0 ? index : step.from!}, length ${length}`);
    return [value[index]];
  }
  const bound = (given: number | undefined, standard: number): number =>
    given === undefined ? standard : given < 0 ? given + length : Math.min(given, length);
  const picked: unknown[] = [];
  for (let i = bound(step.from, 0); i < bound(step.to, length); i += step.by ?? 1) picked.push(value[i]);
  return picked;
}

function goType(value: unknown): string {
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'number' ? 'int64' : typeof value === 'boolean' ? 'bool' : 'string';
}

function passes(step: Extract<PathStep, { readonly type: 'filter' }>, item: unknown, root: unknown): boolean {
  const left = evaluate(step.left, root, item);
  if (step.right === undefined) return left.length > 0;
  const right = evaluate(step.right, root, item);
  if (left.length !== 1 || right.length !== 1) return false;
  return compare(left[0], step.operator, right[0]);
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  const [a, b] = typeof left === typeof right ? [left, right] : [String(left), String(right)];
  switch (operator) {
    case '==':
      return deepEqual(a, b);
    case '!=':
      return !deepEqual(a, b);
    case '<':
      return (a as number) < (b as number);
    case '>':
      return (a as number) > (b as number);
    case '<=':
      return (a as number) <= (b as number);
    default:
      return (a as number) >= (b as number);
  }
}

/** Go's `%#v` of JSON data, for the debugging text of a failed template. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${(value as readonly unknown[]).map(goSyntax).join(', ')}}`;
  if (isObject(value)) {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    return `map[string]interface {}{${keys
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
