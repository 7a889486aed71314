import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { engine } from './engine.ts';
import { CostExceeded, metered, metering, perCallLimit, type Meter } from './cost.ts';
import type { Failure, Issue } from './errors.ts';
import { CelFailure, type CelFunction, type Library } from './library/types.ts';
import { visitNodes, type Node } from './nodes.ts';
import { toCel } from './values.ts';

/** What an expression may speak of: variables by name with their types, and the object types among those. */
export interface Declarations {
  /** `dyn`, `string`, `list<int>`, `map<string, string>` or one of `types`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Types with fields; to name any other field of such a value is an error of the expression. */
  readonly types?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether expressions may make patches. */
  readonly mutation?: boolean;
}

/** A compiled expression. */
export interface Program {
  readonly text: string;
  /** The type of what it gives, as declarations name types. */
  readonly type: string;
  /** The same in the words of cel-go: `bool`, `list(string)`, `dyn`. */
  readonly outputType: string;
  readonly parsed: ParseResult;
  readonly meter: Meter;
}
export type Compiled = { readonly ok: true; readonly program: Program } | { readonly ok: false; readonly error: string };
export type Evaluation =
  | { readonly ok: true; readonly value: unknown; readonly cost: number }
  | { readonly ok: false; readonly error: string; readonly cost: number; readonly exhausted: boolean };

/** Compiles expressions over one set of declarations. */
export interface CelEnvironment {
  compile(text: string): Compiled;
  /** An environment that knows more. */
  extend(declarations: Declarations): CelEnvironment;
}

/** cel-go's limit of an expression (parser/options.go). */
const maxCodePoints = 100_000;

/** Functions answer at once; saying so spares the library to look for promises. */
const sync = { async: false };
type Handler = (...args: unknown[]) => unknown;

/** The environment of every expression: the language, and the functions that Kubernetes adds (apiserver/pkg/cel/environment/base.go). */
function baseEnvironment(): Environment {
  const environment = new engine.value.Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  addLibraries(environment, engine.value.libraries);
  return environment;
}

function addLibraries(environment: Environment, added: readonly Library[]): void {
  for (const { types = {}, constants = {} } of added) {
    for (const [name, constructor] of Object.entries(types)) {
      const fields = name.endsWith('.Authorizer') ? { requestResource: 'kubernetes.authorization.ResourceCheck' } : undefined;
      environment.registerType(name, { ctor: constructor as new () => object, ...(fields === undefined ? {} : { fields }) });
    }
    for (const [name, [type, value]] of Object.entries(constants)) environment.registerConstant(name, type, value);
  }
  const register = ([signature, handler]: CelFunction): void =>
    void environment.registerFunction(signature, handler as unknown as Handler, sync);
  for (const { functions, operators = [] } of added) {
    functions.forEach(register);
    for (const [signature, handler] of operators)
      environment.registerOperator(signature, handler as unknown as (a: unknown, b: unknown) => unknown);
  }
}

/** Functions that the library has already, but not as upstream has them, are called by another name. */
function useOwn(node: Node): void {
  if (node.op !== 'rcall') return;
  const args = node.args as [name: string, ...unknown[]];
  if (ownNames.has(args[0])) args[0] = `${args[0]}_`;
}
const ownNames = new Set(['matches', 'getDayOfYear']);

let base: Environment | undefined;
let names: ReadonlySet<string> | undefined;

function knows(name: string): boolean {
  names ??= new Set(base!.getDefinitions().functions.map((item) => item.name));
  return names.has(name);
}

/** An environment with these variables and types. */
export function celEnvironment(declarations: Declarations): CelEnvironment {
  base ??= baseEnvironment();
  return pair(base, base).extend(declarations);
}

/**
 * An environment is two: types are for the checker, which finds what no value could have; values of the API carry no
 * types, so what runs takes every variable as it comes.
 */
function pair(checking: Environment, running: Environment): CelEnvironment {
  return {
    compile: (text) => compile(checking, running, text),
    extend({ variables, types = {}, mutation: mutates = false }) {
      const [checks, runs] = [checking.clone(), running.clone()];
      if (mutates) for (const environment of [checks, runs]) addLibraries(environment, [engine.value.mutation]);
      for (const [name, fields] of Object.entries(types)) {
        // A class of its own for each type: none has values here, and types may speak of each other in any order.
        checks.registerType(name, { ctor: class {}, fields: { ...fields } });
        for (const other of [name, 'null']) checks.registerOperator(`${name} == ${other}`, () => false);
      }
      for (const [name, type] of Object.entries(variables)) {
        checks.registerVariable(name, type);
        runs.registerVariable(name, 'dyn');
      }
      return pair(checks, runs);
    },
  };
}

function compile(checking: Environment, running: Environment, text: string): Compiled {
  const points = [...text].length;
  if (points > maxCodePoints)
    return { ok: false, error: `ERROR: <input>:-1:0: expression code point size exceeds limit: size: ${points}, limit ${maxCodePoints}` };
  const { rewriteMessages, words } = engine.value;
  const source = rewriteMessages(text);
  const failed = (issues: readonly Issue[]): Compiled => ({
    ok: false,
    error: words.issuesText(
      text,
      issues.map((issue) => ({ ...issue, at: source.original(issue.at) })),
    ),
  });
  try {
    const [checked, parsed] = [checking, running].map((environment) => {
      const tree = environment.parse(source.text);
      visitNodes(tree.ast as unknown as Node, useOwn);
      return tree;
    }) as [ParseResult, ParseResult];
    const result = checked.check();
    if (!result.valid) return failed([words.checkIssue(source.text, result.error as unknown as Failure, knows)]);
    parsed.check();
    const meter: Meter = { left: 0 };
    metered(parsed.ast as unknown as Node, meter);
    const type = result.type ?? 'dyn';
    return { ok: true, program: { text, type, outputType: words.typeName(type), parsed, meter } };
  } catch (error) {
    return failed(issuesOf(running, source.text, error));
  }
}

/** Every syntax error of a text: what cannot be read is passed over, as by upstream's scanner. */
function issuesOf(environment: Environment, text: string, error: unknown): readonly Issue[] {
  if (error instanceof RangeError) return [{ at: 0, message: 'expression recursion limit exceeded: 250' }];
  const follow = (rest: string): readonly Issue[] => {
    try {
      environment.parse(rest);
      return [];
    } catch (next) {
      return issuesOf(environment, rest, next);
    }
  };
  return engine.value.words.syntaxIssues(text, error as Failure, follow);
}

/** Runs a program. @param variables JSON, or values of earlier expressions @param limit what it may cost */
export function evaluate(program: Program, variables: Readonly<Record<string, unknown>>, limit: number = perCallLimit): Evaluation {
  const { meter, parsed } = program;
  const allowed = Math.min(limit, perCallLimit);
  const outer = meter.left;
  meter.left = allowed;
  const bound: Record<string, unknown> = {};
  for (const name of Object.keys(variables)) bound[name] = toCel(variables[name]);
  try {
    const value: unknown = metering(meter, () => parsed(bound));
    // An exhausted budget may have been taken for an error that does not matter, as in `failed || true`.
    if (meter.left < 0) throw new CostExceeded();
    return { ok: true, value, cost: allowed - meter.left };
  } catch (error) {
    const exhausted = error instanceof CostExceeded || meter.left < 0;
    const text = exhausted
      ? 'operation cancelled: actual cost limit exceeded'
      : error instanceof CelFailure
        ? error.message
        : engine.value.words.runtimeText(error as Failure);
    return { ok: false, error: text, cost: allowed - Math.max(0, meter.left), exhausted };
  } finally {
    meter.left = outer;
  }
}

const untyped = new Map<string, CelEnvironment>();

/** Compiles an expression whose variables may hold anything. The error is cel-go's text, without a prefix. */
export function compileExpression(text: string, variableNames: readonly string[]): Compiled {
  const key = variableNames.join(' ');
  let environment = untyped.get(key);
  if (environment === undefined) {
    environment = celEnvironment({ variables: Object.fromEntries(variableNames.map((name) => [name, 'dyn'])) });
    untyped.set(key, environment);
  }
  return environment.compile(text);
}
