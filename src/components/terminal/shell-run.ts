import { outcome, programs, type Outcome } from './builtins.ts';
import { plainPath } from './paths.ts';
import { filters, treatsLinesAlone } from '#base/filters/index.ts';
import { clientPrograms, listFiles, print, readFile, variable, type KubectlResult, type Shell } from './operations.ts';
import { parseShell, type Part, type Pipeline, type Redirection, type Stage, type Word } from './shell-parse.ts';

const commandNotFound = 127;
const syntaxError = 2;
const depthLimit = 8;

/** What a line prints where it is not shown: the output of a substitution, or with its errors a frame of `watch`. */
interface Captured {
  text: string;
  readonly withErrors: boolean;
}

/** How a line runs: how deep in substitutions, and where its output goes; to the screen where nothing captures it. */
interface Surroundings {
  readonly depth: number;
  readonly captured: Captured | undefined;
}
const top: Surroundings = { depth: 0, captured: undefined };

function* show(text: string, stream: 'out' | 'err', { captured }: Surroundings): Shell<void> {
  if (captured === undefined || (stream === 'err' && !captured.withErrors)) yield* print(text, stream);
  else captured.text += text;
}

/** Runs a line of the shell. The result is the exit code. `documents` are the texts of its heredocs, in order. */
export function* runLine(line: string, documents: readonly Word[] = [], around: Surroundings = top): Shell<number> {
  const parsed = parseShell(line);
  if (typeof parsed === 'string') {
    yield* show(`${parsed}\n`, 'err', around);
    return syntaxError;
  }
  let code = 0;
  let nextDocument = 0;
  for (const pipeline of parsed) {
    if ((pipeline.when === 'success' && code !== 0) || (pipeline.when === 'failure' && code === 0)) continue;
    const count = pipeline.stages.flatMap((stage) => stage.redirections).filter((item) => item.type === 'here-document').length;
    code = yield* runPipeline(pipeline, documents.slice(nextDocument, nextDocument + count), around);
    nextDocument += count;
    yield { type: 'set-variable', name: '?', value: String(code) };
  }
  return code;
}

/** A stage whose words and redirections have been expanded. */
interface Prepared {
  readonly words: readonly string[];
  readonly input: string | undefined;
  readonly output: { readonly path: string; readonly append: boolean } | undefined;
  readonly errors: { readonly path: string; readonly append: boolean } | undefined;
  readonly mergeErrors: boolean;
  readonly complaint: string | undefined;
}

function* runPipeline(pipeline: Pipeline, documents: readonly Word[], around: Surroundings): Shell<number> {
  const stages: Prepared[] = [];
  let next = 0;
  for (const stage of pipeline.stages) {
    const count = stage.redirections.filter((item) => item.type === 'here-document').length;
    stages.push(yield* prepare(stage, documents.slice(next, next + count), around));
    next += count;
  }
  let input: string | undefined;
  let code = 0;
  for (let index = 0; index < stages.length; index++) {
    const stage = stages[index]!;
    if (stage.complaint !== undefined) {
      yield* show(`${stage.complaint}\n`, 'err', around);
      return 1;
    }
    const rest = stages.slice(index + 1);
    const streamed = around.captured === undefined ? streamOf(stage, rest) : undefined;
    const result = yield* runStage(stage, stage.input ?? input, rest.length === 0, streamed, around);
    code = result.code;
    if (streamed !== undefined) return code;
    input = yield* deliver(stage, result, rest.length === 0, around);
  }
  return code;
}

/** Where a stage's output goes: a file, the next stage, or the screen. */
function* deliver(stage: Prepared, result: Outcome, last: boolean, around: Surroundings): Shell<string | undefined> {
  const out = stage.mergeErrors ? result.out + result.err : result.out;
  if (!stage.mergeErrors && result.err !== '') {
    if (stage.errors === undefined) yield* show(result.err, 'err', around);
    else yield* write(stage.errors, result.err);
  }
  if (stage.output !== undefined) {
    yield* write(stage.output, out);
    return '';
  }
  if (last) yield* show(out, 'out', around);
  return out;
}

function* write({ path, append }: NonNullable<Prepared['output']>, text: string): Shell<void> {
  if (path === '/dev/null') return;
  const before = append ? ((yield* readFile(path)) ?? '') : '';
  yield { type: 'write-file', path, content: before + text };
}

/** What a kubectl's lines go through at once: the filters behind it, where each of them treats every line alone. */
function streamOf(stage: Prepared, rest: readonly Prepared[]): readonly (readonly string[])[] | undefined {
  const name = stage.words[0];
  if ((name !== 'kubectl' && name !== 'k') || rest.length === 0 || stage.output !== undefined) return undefined;
  const simple = rest.every(
    ({ words, input, output, errors, complaint }) =>
      treatsLinesAlone(words) && input === undefined && output === undefined && errors === undefined && complaint === undefined,
  );
  return simple ? rest.map(({ words }) => words) : undefined;
}

function* runStage(
  stage: Prepared,
  input: string | undefined,
  last: boolean,
  through: readonly (readonly string[])[] | undefined,
  around: Surroundings,
): Shell<Outcome> {
  const words = yield* withAlias(stage.words);
  const [name = '', ...args] = words;
  if (name === '') return outcome('');
  if (/^[A-Za-z_]\w*=/.test(name)) return yield* assign(words);
  const client = clientPrograms.find((known) => known === name);
  if (client !== undefined) {
    const { captured } = around;
    const toScreen = last && stage.output === undefined && captured === undefined;
    const sink = through !== undefined ? 'lines' : toScreen && !stage.mergeErrors ? 'screen' : 'collect';
    const errors = stage.mergeErrors ? 'merge' : stage.errors !== undefined || captured?.withErrors === true ? 'collect' : 'screen';
    const { stdout, stderr, code } = (yield {
      type: 'kubectl',
      program: client,
      argv: args,
      stdin: input,
      sink,
      errors,
      through,
    }) as KubectlResult;
    return outcome(stdout, stderr, code);
  }
  if (name === 'watch') return yield* watch(args, around);
  if (name === 'xargs') return yield* xargs(args, input, around);
  if (name === 'time') return yield* runStage({ ...stage, words: args }, input, last, through, around);
  const program = programs[name];
  if (program !== undefined) return yield* program(args, input, name);
  const filter = filters[name];
  if (filter !== undefined) return yield* runFilter(name, args, input);
  return outcome('', `bash: ${name}: command not found\n`, commandNotFound);
}

function* withAlias(words: readonly string[]): Shell<readonly string[]> {
  const [name = '', ...args] = words;
  if (name === 'k') return ['kubectl', ...args];
  const value =
    name === '' || name in programs || name in filters || (clientPrograms as readonly string[]).includes(name)
      ? undefined
      : yield* variable(`alias ${name}`);
  return value === undefined ? words : [...value.split(/\s+/), ...args];
}

function* assign(words: readonly string[]): Shell<Outcome> {
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) yield { type: 'set-variable', name: word.slice(0, equals), value: word.slice(equals + 1) };
  }
  return outcome('');
}

/** A filter that is given a file reads it. */
function* runFilter(name: string, args: readonly string[], input: string | undefined): Shell<Outcome> {
  const files = yield* listFiles();
  const script = ['grep', 'egrep', 'sed', 'awk'].includes(name) ? args.find((arg) => !arg.startsWith('-')) : undefined;
  const named = args.filter((arg) => arg !== script && files.includes(plainPath(arg)));
  let text = input ?? '';
  if (named.length > 0) {
    text = '';
    for (const file of named) text += (yield* readFile(plainPath(file))) ?? '';
  } else if (input === undefined) return outcome('', `${name}: nothing to read: put it after a pipe or name a file\n`, 1);
  const result = filters[name]!(
    args.filter((arg) => !named.includes(arg)),
    text,
  );
  return outcome(result.text, result.error, result.code);
}

/** `watch -n 2 COMMAND`: until it is interrupted. */
function* watch(args: readonly string[], around: Surroundings): Shell<Outcome> {
  let seconds = 2;
  let index = 0;
  for (; index < args.length && args[index]!.startsWith('-'); index++) {
    const attached = /^-n(.+)$/.exec(args[index]!)?.[1];
    if (args[index] === '-n' || args[index] === '--interval') seconds = Number(args[++index]);
    else if (attached !== undefined) seconds = Number(attached);
  }
  const command = args.slice(index).join(' ');
  if (command === '' || !(seconds > 0)) return outcome('', 'Usage: watch [-n SECONDS] COMMAND\n', 1);
  for (;;) {
    const text = yield* capture(command, around, true);
    yield { type: 'frame', text: `Every ${seconds.toFixed(1)}s: ${command}\n\n${text}` };
    yield { type: 'sleep', ms: seconds * 1000 };
  }
}

/** `xargs COMMAND`: the words of the input as arguments. */
function* xargs(args: readonly string[], input: string | undefined, around: Surroundings): Shell<Outcome> {
  const words = (input ?? '').split(/\s+/).filter(Boolean);
  const placeholder = args[0] === '-I' ? args[1] : undefined;
  const each = args[0] === '-n' ? Number(args[1]) : words.length;
  const command =
    placeholder !== undefined || args[0] === '-n' ? args.slice(2) : args.filter((arg, index) => !(index === 0 && /^-r$/.test(arg)));
  const [name = 'echo', ...rest] = command;
  const runs =
    placeholder !== undefined
      ? words.map((word) => rest.map((arg) => arg.replaceAll(placeholder, word)))
      : chunks(words, Math.max(1, each)).map((chunk) => [...rest, ...chunk]);
  let code = 0;
  for (const run of runs) {
    const stage: Prepared = {
      words: [name, ...run],
      input: undefined,
      output: undefined,
      errors: undefined,
      mergeErrors: false,
      complaint: undefined,
    };
    const result = yield* runStage(stage, undefined, true, undefined, around);
    yield* deliver(stage, result, true, around);
    if (result.code !== 0) code = 123;
  }
  return outcome('', '', code);
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** The output of a line, instead of showing it; `watch` shows its errors too. */
function* capture(line: string, { depth }: Surroundings, withErrors = false): Shell<string> {
  if (depth >= depthLimit) return '';
  const captured: Captured = { text: '', withErrors };
  yield* runLine(line, [], { depth: depth + 1, captured });
  return captured.text;
}

function* prepare(stage: Stage, documents: readonly Word[], around: Surroundings): Shell<Prepared> {
  const words: string[] = [];
  for (const word of stage.words) words.push(...(yield* expand(word, around)));
  let prepared: Prepared = {
    words,
    input: undefined,
    output: undefined,
    errors: undefined,
    mergeErrors: stage.mergeErrors,
    complaint: undefined,
  };
  let nextDocument = 0;
  for (const redirection of stage.redirections) {
    const document = redirection.type === 'here-document' ? documents[nextDocument++] : undefined;
    prepared = yield* redirect(prepared, redirection, document, around);
  }
  return prepared;
}

function* redirect(
  stage: Prepared,
  { type, stream, target }: Redirection,
  document: Word | undefined,
  around: Surroundings,
): Shell<Prepared> {
  const text = (yield* expandText(document ?? target, around)).replace(/\u0000/g, '');
  if (type === 'here-document') return { ...stage, input: text };
  if (type === 'here-string') return { ...stage, input: `${text}\n` };
  const path = text === '/dev/null' ? text : plainPath(text);
  if (type === 'read') {
    const content = path === '/dev/null' ? '' : yield* readFile(path);
    return content === undefined ? { ...stage, complaint: `bash: ${text}: No such file or directory` } : { ...stage, input: content };
  }
  const file = { path, append: type === 'append' };
  if (stream === 2) return { ...stage, errors: file };
  return { ...stage, output: file, mergeErrors: stage.mergeErrors || stream === 3 };
}

/** All of a word as one text. */
function* expandText(word: Word, around: Surroundings): Shell<string> {
  let text = '';
  for (const part of word) text += yield* partText(part, around);
  return text;
}

function* partText(part: Part, around: Surroundings): Shell<string> {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'variable':
      return (yield* variable(part.name)) ?? '';
    case 'command':
      return (yield* capture(part.line, around)).replace(/\n+$/, '');
  }
}

/** A word as the arguments it stands for: what is not quoted is split at blanks and matched against files. */
function* expand(word: Word, around: Surroundings): Shell<readonly string[]> {
  const fields: string[] = [];
  let current: string | undefined;
  let pattern = false;
  for (const part of word) {
    const text = yield* partText(part, around);
    if (part.type === 'text' || part.quoted) {
      current = (current ?? '') + text;
      pattern ||= part.type === 'text' && !part.quoted && /[*?]/.test(text);
      continue;
    }
    const pieces = text.split(/\s+/);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && current !== undefined) {
        fields.push(current);
        current = undefined;
      }
      if (piece !== '') current = (current ?? '') + piece;
    }
  }
  if (current !== undefined) fields.push(current);
  return pattern && fields.length === 1 ? yield* matchFiles(fields[0]!) : fields;
}

function* matchFiles(pattern: string): Shell<readonly string[]> {
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  const found = (yield* listFiles()).filter((file) => expression.test(file));
  return found.length > 0 ? found : [pattern];
}
