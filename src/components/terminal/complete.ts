import { resourceTable } from '#api/resources/index.ts';
import { tokenize } from './shell.ts';

const commands = ['annotate', 'api-resources', 'api-versions', 'apply', 'auth', 'autoscale', 'cluster-info', 'cordon', 'create', 'delete', 'describe', 'diff', 'drain', 'edit', 'events', 'explain', 'expose', 'get', 'label', 'logs', 'patch', 'replace', 'rollout', 'run', 'scale', 'set', 'taint', 'uncordon', 'version', 'wait'];
const aboutObjects = new Set(['get', 'describe', 'delete', 'edit', 'scale', 'label', 'annotate', 'patch', 'rollout', 'expose', 'set', 'wait']);
const aboutPods = new Set(['logs', 'exec', 'attach']);
const aboutNodes = new Set(['cordon', 'uncordon', 'drain', 'taint']);

/** The names of existing objects of a resource, in a namespace where it has one. */
export type NameLookup = (plural: string, namespace: string | undefined) => readonly string[];

function pluralOf(word: string): string | undefined {
  return resourceTable.find((resource) => resource.plural === word || resource.singular === word || resource.shortNames.includes(word))?.plural;
}

/** What Tab offers at a place of a line: commands, resource types, names of the live cluster. */
export function complete(line: string, cursor: number, names: NameLookup): { readonly replaceFrom: number; readonly candidates: readonly string[] } {
  const before = line.slice(0, cursor);
  const start = Math.max(before.lastIndexOf(' '), before.lastIndexOf('|')) + 1;
  const partial = before.slice(start);
  const words = tokenize(before.slice(0, start)) ?? [];
  const at = words.findIndex((word) => word === 'kubectl' || word === 'k');
  const offer = (list: readonly string[]): { readonly replaceFrom: number; readonly candidates: readonly string[] } => ({ replaceFrom: start, candidates: [...new Set(list)].filter((item) => item.startsWith(partial)).sort() });
  if (at < 0) return offer(words.length === 0 ? ['kubectl', 'cat', 'clear', 'echo', 'help', 'history', 'ls', 'rm'] : ['grep', 'head', 'tail', 'wc', 'sort', 'uniq', 'awk']);
  const after = words.slice(at + 1);
  const flagAt = after.findIndex((word) => word === '-n' || word === '--namespace');
  const namespace = flagAt >= 0 ? after[flagAt + 1] : 'default';
  if (after.at(-1) === '-n' || after.at(-1) === '--namespace') return offer(names('namespaces', undefined));
  const plain = after.filter((word, index) => !word.startsWith('-') && index !== flagAt + 1 - (flagAt < 0 ? -99 : 0));
  const [command, type] = plain;
  if (command === undefined) return offer(commands);
  if (aboutPods.has(command)) return offer(names('pods', namespace));
  if (aboutNodes.has(command)) return offer(names('nodes', undefined));
  if (!aboutObjects.has(command)) return offer([]);
  const plural = type === undefined ? undefined : pluralOf(type);
  if (plural === undefined) return offer(resourceTable.filter((resource) => resource.verbs.includes('get')).flatMap((resource) => [resource.plural]));
  return offer(names(plural, namespace));
}
