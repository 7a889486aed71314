import { commandTable, type CommandSpec } from './command-table.ts';
import type { FlagSpec } from './flags.ts';

/** The help of `kubectl` alone. */
export function rootHelp(): string {
  const width = Math.max(...commandTable.map((spec) => spec.name.length)) + 3;
  const lines = commandTable.map((spec) => `  ${spec.name.padEnd(width)}${spec.about}\n`).join('');
  return `kubectl controls the Kubernetes cluster manager.\n\nCommands:\n${lines}\nUsage:\n  kubectl [flags] [options]\n\nUse "kubectl <command> --help" for more information about a given command.\n`;
}

/** The help of a command: what it is for, its commands, its flags. */
export function helpText(spec: CommandSpec, path: string): string {
  const commands = spec.commands ?? [];
  const width = Math.max(0, ...commands.map((item) => item.name.length)) + 3;
  const commandLines =
    commands.length === 0 ? '' : `\nAvailable Commands:\n${commands.map((item) => `  ${item.name.padEnd(width)}${item.about}\n`).join('')}`;
  const flags = [...new Map((spec.flags ?? []).map((item) => [item.name, item])).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const flagLines = flags.length === 0 ? '' : `\nOptions:\n${flags.map(flagLine).join('')}`;
  const usage =
    commands.length > 0 && spec.run === undefined
      ? `${path} [flags] [options]`
      : `${path} ${spec.usage ?? ''} [options]`.replace('  ', ' ');
  return `${spec.about}.\n${commandLines}${flagLines}\nUsage:\n  ${usage}\n\nUse "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

function flagLine({ name, short, type, standard = '' }: FlagSpec): string {
  const value =
    type === 'boolean'
      ? standard === ''
        ? 'false'
        : standard
      : type === 'list' || type === 'array'
        ? '[]'
        : type === 'string'
          ? `'${standard}'`
          : standard === ''
            ? '0'
            : standard;
  return `    ${short === undefined ? '' : `-${short}, `}--${name}=${value}\n`;
}

const maxDistance = 2;

/** Commands whose names are near a word (cobra's suggestions). */
export function suggestionsFor(word: string, table: readonly CommandSpec[]): readonly string[] {
  return table
    .map((spec) => spec.name)
    .filter((name) => distance(word.toLowerCase(), name) <= maxDistance || name.startsWith(word.toLowerCase()))
    .sort();
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
