import { aliases, commandTable, type CommandEntry } from './command-table.ts';
import { createContext } from './context.ts';
import { CommandError, PlainError } from './errors.ts';
import { globalFlags, parseFlags } from './flags.ts';
import { print, printError, type Command } from './operations.ts';
import type { KubectlInput } from './state.ts';

interface Found {
  readonly name: string;
  readonly entry: CommandEntry;
  readonly argv: readonly string[];
}

/** Walks down the table by the words of the command line; flags may stand between them. */
function find(argv: readonly string[]): Found {
  let name = 'kubectl';
  let entry: CommandEntry = { below: commandTable };
  const rest: string[] = [];
  let open = true;
  for (const word of argv) {
    if (!open || word.startsWith('-')) {
      rest.push(word);
      if (word === '--') open = false;
      continue;
    }
    const key = entry.below?.[word] === undefined ? (aliases[word] ?? word) : word;
    const below = entry.below?.[key];
    if (below === undefined || rest.some((item) => !item.startsWith('-'))) {
      rest.push(word);
      if (entry.run !== undefined || entry.below === undefined) open = entry.below !== undefined && rest.length === 0;
      continue;
    }
    entry = below;
    name = `${name} ${key}`;
  }
  return { name, entry, argv: rest };
}

/** Runs one command line; the result is the exit code. */
export function* runCommand(input: KubectlInput): Command<number> {
  try {
    const { name, entry, argv } = find(input.argv);
    if (entry.run === undefined) {
      const [word] = argv.filter((item) => !item.startsWith('-'));
      const names = Object.keys(entry.below ?? {}).sort();
      if (word !== undefined && name === 'kubectl') throw new PlainError(`error: unknown command ${JSON.stringify(word)} for "kubectl"`);
      yield* print(`${name}: one of\n${names.map((item) => `  ${item}\n`).join('')}`);
      return 0;
    }
    const parsed = parseFlags(name, [...(entry.flags ?? []), ...globalFlags], argv);
    if (parsed.flags.boolean('help')) {
      yield* print(`Usage:\n  ${name} [flags]\n\nFlags:\n${(entry.flags ?? []).map((spec) => `  --${spec.name}\n`).join('')}`);
      return 0;
    }
    yield* entry.run(createContext(input, name, parsed));
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const text = error.describe();
    if (text !== '') yield* printError(text.endsWith('\n') ? text : `${text}\n`);
    return error.exitCode;
  }
}
