import { createContext } from './context.ts';
import { commandTable, type CommandSpec } from './command-table.ts';
import { inContext } from './kubeconfig.ts';
import { CommandError } from './errors.ts';
import { globalFlags, parseFlags, type FlagSpec } from './flags.ts';
import { actAs, print, printError, type Command } from './operations.ts';
import { JsonPathError } from './printers/output.ts';
import type { KubectlInput } from './state.ts';
import { helpText, rootHelp, suggestionsFor } from './help.ts';

/** Runs a command line; the result is the exit code. */
export function* runCommand(input: KubectlInput): Command<number> {
  try {
    yield* dispatch(input);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error instanceof JsonPathError) yield* print(error.printed);
    const text = error.describe();
    if (text !== '') yield* printError(text.endsWith('\n') ? text : `${text}\n`);
    return error.exitCode;
  }
}

interface Chosen {
  readonly spec: CommandSpec;
  readonly path: string;
  readonly rest: readonly string[];
}

/** Finds the command that the first words name; flags may stand before and between them. */
function choose(argv: readonly string[]): Chosen | undefined {
  let table: readonly CommandSpec[] = commandTable;
  let chosen: CommandSpec | undefined;
  let path = 'kubectl';
  const rest: string[] = [];
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') break;
    if (word.startsWith('-')) {
      rest.push(word);
      if (takesValue(word, chosen) && index + 1 < argv.length) rest.push(argv[++index]!);
      continue;
    }
    const found = table.find((spec) => spec.name === word || spec.aliases?.includes(word) === true);
    if (found === undefined) break;
    chosen = found;
    path = `${path} ${found.name}`;
    table = found.commands ?? [];
    if (table.length === 0) {
      index++;
      break;
    }
  }
  rest.push(...argv.slice(index));
  return chosen === undefined ? undefined : { spec: chosen, path, rest };
}

/** Whether a flag in front of a command takes the next word. */
function takesValue(word: string, chosen: CommandSpec | undefined): boolean {
  if (word.includes('=')) return false;
  const specs: readonly FlagSpec[] = [...globalFlags, ...(chosen?.flags ?? [])];
  const spec = word.startsWith('--')
    ? specs.find((item) => item.name === word.slice(2))
    : specs.find((item) => item.short === word.slice(1));
  return spec !== undefined && spec.type !== 'boolean' && spec.bare === undefined;
}

function* dispatch(input: KubectlInput): Command<void> {
  const { argv } = input;
  const chosen = choose(argv);
  if (chosen === undefined) return yield* withoutCommand(argv);
  const { spec, path, rest } = chosen;
  const flags = [...(spec.flags ?? []), ...globalFlags];
  if (spec.run === undefined) return yield* group(spec, path, rest);
  const beforeDash = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (beforeDash.includes('--help') || beforeDash.includes('-h')) return yield* print(helpText(spec, path));
  const parsed = parseFlags(path, flags, rest);
  const context = createContext(
    spec.offline === true ? input : yield* inContext(input, parsed.flags, spec.flags?.map((flag) => flag.name) ?? []),
    path,
    parsed,
  );
  if (context.input.client !== input.client) yield* actAs(context.input.client);
  yield* spec.run(context);
}

function* withoutCommand(argv: readonly string[]): Command<void> {
  const word = argv.find((argument) => !argument.startsWith('-'));
  if (word === undefined || word === 'help') {
    const named = word === 'help' ? choose(argv.slice(argv.indexOf('help') + 1)) : undefined;
    return yield* print(named === undefined ? rootHelp() : helpText(named.spec, named.path));
  }
  yield* unknown(word, 'kubectl', commandTable);
}

function* unknown(word: string, path: string, table: readonly CommandSpec[]): Command<void> {
  const similar = suggestionsFor(word, table);
  const hint = similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`;
  throw new CommandError(`unknown command ${JSON.stringify(word)} for ${JSON.stringify(path)}${hint}`);
}

/** A group without one of its commands shows what it has. */
function* group(spec: CommandSpec, path: string, rest: readonly string[]): Command<void> {
  const word = rest.find((argument) => !argument.startsWith('-'));
  if (word === undefined) return yield* print(helpText(spec, path));
  throw new CommandError(`unknown command ${JSON.stringify(word)}\nSee '${path} -h' for help and examples`);
}
