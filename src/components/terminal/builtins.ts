import { decodeBase64, encodeBase64 } from '#base/base64.ts';
import { formatted, unescaped } from '#base/printf.ts';
import { curl } from './curl.ts';
import { plainPath } from './paths.ts';
import { currentTime, listFiles, readFile, variable, type Shell } from './operations.ts';

/** What a program came to: its output, its complaints, its exit code. */
export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** A program of the shell: arguments and standard input. */
export type Program = (args: readonly string[], input: string | undefined, name: string) => Shell<Outcome>;

export const outcome = (out: string, err = '', code = 0): Outcome => ({ out, err, code });
const complaint = (text: string, code = 1): Outcome => outcome('', `${text}\n`, code);

const helpText = `kubectl (or k)      the cluster: kubectl get pods, kubectl apply -f -, kubectl --help
cat ls echo rm cp mv touch   files of this workspace; kubectl apply -f NAME reads them
vi NAME             opens a file of the workspace in the editor
grep head tail wc sort uniq cut awk sed tr tee base64 xargs   after a pipe
etcdctl             the client of etcd, with the certificates below /var/lib/minikube/certs/etcd
curl localhost:PORT asks a port that kubectl port-forward has opened in another terminal
watch -n 2 COMMAND  runs a command again and again until Ctrl-C
cmd <<EOF           text up to a line that says EOF is the command's input
a && b, a || b, a ; b, $(a), $NAME, NAME=value, > file, >> file, 2>&1
history, clear, date, sleep`;

function* cat(args: readonly string[], input: string | undefined): Shell<Outcome> {
  const names = args.filter((arg) => !/^-[a-z]+$/.test(arg));
  if (names.length === 0) return outcome(input ?? '');
  let out = '';
  let err = '';
  for (const name of names) {
    const text = name === '-' ? (input ?? '') : yield* readFile(plainPath(name));
    if (text === undefined) err += `cat: ${name}: No such file or directory\n`;
    else out += text;
  }
  return outcome(out, err, err === '' ? 0 : 1);
}

function* ls(args: readonly string[]): Shell<Outcome> {
  const names = args
    .filter((arg) => !arg.startsWith('-'))
    .map(plainPath)
    .filter((arg) => arg !== '.' && arg !== '~' && arg !== '');
  const files = yield* listFiles();
  const inside = (name: string): readonly string[] =>
    files.filter((file) => file === name || file.startsWith(`${name.replace(/\/$/, '')}/`));
  const missing = names.filter((name) => inside(name).length === 0);
  const shown = names.length === 0 ? files : names.flatMap(inside);
  return outcome(
    shown.map((file) => `${file}\n`).join(''),
    missing.map((name) => `ls: cannot access '${name}': No such file or directory\n`).join(''),
    missing.length > 0 ? 2 : 0,
  );
}

function* echo(args: readonly string[]): Shell<Outcome> {
  const flags = /^-[neE]+$/.test(args[0] ?? '') ? args[0]! : '';
  const text = (flags === '' ? args : args.slice(1)).join(' ');
  return outcome((flags.includes('e') ? unescaped(text).text : text) + (flags.includes('n') ? '' : '\n'));
}

function* printf(args: readonly string[]): Shell<Outcome> {
  const [format = '', ...values] = args;
  return outcome(formatted(format, values).text);
}

function* rm(args: readonly string[]): Shell<Outcome> {
  const force = args.some((arg) => /^-[a-z]*f/.test(arg));
  let err = '';
  const files = yield* listFiles();
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    const found = files.filter((file) => file === plainPath(name) || file.startsWith(`${plainPath(name)}/`));
    if (found.length === 0 && !force) err += `rm: cannot remove '${name}': No such file or directory\n`;
    for (const path of found) yield { type: 'remove-file', path };
  }
  return outcome('', err, err === '' ? 0 : 1);
}

function copy(removes: boolean): Program {
  return function* (args, _input, name) {
    const [from, to] = args.filter((arg) => !arg.startsWith('-'));
    if (from === undefined || to === undefined) return complaint(`${name}: missing file operand`);
    const text = yield* readFile(plainPath(from));
    if (text === undefined) return complaint(`${name}: cannot stat '${from}': No such file or directory`);
    yield { type: 'write-file', path: plainPath(to), content: text };
    if (removes) yield { type: 'remove-file', path: plainPath(from) };
    return outcome('');
  };
}

function* touch(args: readonly string[]): Shell<Outcome> {
  for (const name of args)
    if ((yield* readFile(plainPath(name))) === undefined) yield { type: 'write-file', path: plainPath(name), content: '' };
  return outcome('');
}

/** `vi`, `nano`: the page's editor on a file of the workspace. */
function* editFile(args: readonly string[], _input: string | undefined, name: string): Shell<Outcome> {
  const file = args.find((arg) => !arg.startsWith('-'));
  if (file === undefined) return complaint(`${name}: which file?`);
  const path = plainPath(file);
  const text = (yield { type: 'edit', fileName: path, text: (yield* readFile(path)) ?? '' }) as string | undefined;
  if (text !== undefined) yield { type: 'write-file', path, content: text };
  return outcome('');
}

function* base64(args: readonly string[], input: string | undefined): Shell<Outcome> {
  const decode = args.some((arg) => arg === '-d' || arg === '-D' || arg === '--decode');
  const name = args.find((arg) => !arg.startsWith('-') && !/^\d+$/.test(arg));
  const text = name === undefined ? (input ?? '') : yield* readFile(plainPath(name));
  if (text === undefined) return complaint(`base64: ${name}: No such file or directory`);
  if (decode && /[^A-Za-z0-9+/=\s]/.test(text)) return complaint('base64: invalid input');
  return outcome(decode ? decodeBase64(text) : `${encodeBase64(text)}\n`);
}

function* date(): Shell<Outcome> {
  const time = new Date(yield* currentTime());
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][time.getUTCDay()]!;
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][time.getUTCMonth()]!;
  return outcome(
    `${day} ${month} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 19)} UTC ${time.getUTCFullYear()}\n`,
  );
}

function* sleep(args: readonly string[]): Shell<Outcome> {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(args[0] ?? '');
  if (match === null) return complaint(`sleep: invalid time interval '${args[0] ?? ''}'`);
  yield { type: 'sleep', ms: Number(match[1]) * { '': 1000, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as '' | 's' | 'm' | 'h'] };
  return outcome('');
}

function* tee(args: readonly string[], input: string | undefined): Shell<Outcome> {
  const append = args.includes('-a');
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    const path = plainPath(name);
    const before = append ? ((yield* readFile(path)) ?? '') : '';
    yield { type: 'write-file', path, content: before + (input ?? '') };
  }
  return outcome(input ?? '');
}

function* setVariables(args: readonly string[]): Shell<Outcome> {
  for (const arg of args) {
    const equals = arg.indexOf('=');
    if (equals > 0) yield { type: 'set-variable', name: arg.slice(0, equals), value: arg.slice(equals + 1) };
  }
  return outcome('');
}

/** `alias k=kubectl`; without arguments it shows what there is. */
function* alias(args: readonly string[]): Shell<Outcome> {
  if (args.length === 0) return outcome("alias k='kubectl'\n");
  for (const arg of args) {
    const equals = arg.indexOf('=');
    if (equals > 0) yield { type: 'set-variable', name: `alias ${arg.slice(0, equals)}`, value: arg.slice(equals + 1) };
  }
  return outcome('');
}

const says = (out: string, code = 0): Program =>
  function* () {
    return outcome(out, '', code);
  };

/** By name. */
export const programs: Readonly<Record<string, Program>> = {
  curl,
  cat,
  ls,
  echo,
  printf,
  rm,
  touch,
  base64,
  date,
  sleep,
  tee,
  alias,
  cp: copy(false),
  mv: copy(true),
  vi: editFile,
  vim: editFile,
  nano: editFile,
  edit: editFile,
  export: setVariables,
  help: says(`${helpText}\n`),
  true: says(''),
  ':': says(''),
  false: says('', 1),
  pwd: says('/root\n'),
  whoami: says('root\n'),
  exit: says(''),
  *unset(args) {
    for (const name of args) yield { type: 'set-variable', name, value: undefined };
    return outcome('');
  },
  *clear() {
    yield { type: 'clear' };
    return outcome('');
  },
  *cd(args) {
    const [path = '~'] = args;
    return ['~', '/root', '.', ''].includes(path) ? outcome('') : complaint(`bash: cd: ${path}: No such file or directory`);
  },
  *history() {
    const lines = (yield { type: 'history' }) as readonly string[];
    return outcome(lines.map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`).join(''));
  },
  *env() {
    const user = (yield* variable('USER')) ?? 'root';
    return outcome(`HOME=/root\nUSER=${user}\nSHELL=/bin/bash\n`);
  },
  *seq(args) {
    const numbers = args.map(Number);
    const [from, to] = numbers.length === 1 ? [1, numbers[0]!] : [numbers[0] ?? 1, numbers[numbers.length - 1] ?? 0];
    const length = Math.max(0, Math.min(10_000, to - from + 1));
    return outcome(Array.from({ length }, (_, index) => `${from + index}\n`).join(''));
  },
};
