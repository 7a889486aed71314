import { packTar, unpackTar, type TarEntry } from '#base/tar.ts';
import { directoryName } from '../files.ts';
import { exit, type Call, type Program, type Step } from './program.ts';

interface Options {
  readonly mode: string;
  readonly file: string;
  readonly directory: string;
  readonly verbose: boolean;
  readonly names: readonly string[];
}

/** `tar cf - FILE`, `tar -xmf - -C DIR`: letters first, with or without a dash. */
function optionsOf(call: Call): Options | string {
  let mode = '';
  let file = '-';
  let directory = '.';
  let verbose = false;
  const names: string[] = [];
  for (let index = 0; index < call.args.length; index++) {
    const arg = call.args[index]!;
    if (arg.startsWith('--')) continue;
    if (!arg.startsWith('-') && index > 0) {
      names.push(arg);
      continue;
    }
    for (const letter of arg.replace(/^-/, '')) {
      if ('cxt'.includes(letter)) mode = letter;
      else if (letter === 'f') file = call.args[++index] ?? '-';
      else if (letter === 'C') directory = call.args[++index] ?? '.';
      else if (letter === 'v') verbose = true;
      else if (!'mpoPz'.includes(letter)) return `invalid option -- '${letter}'`;
    }
  }
  return mode === '' ? 'must specify one of -c -x -t' : { mode, file, directory, verbose, names };
}

const isBusybox = ({ system }: Call): boolean => system.process.image === 'busybox';

/** A file or a directory with all that is below it, without the slash in front. */
function collect(call: Call, base: string, name: string, found: TarEntry[]): void {
  const { files } = call.system;
  const path = call.path(name.startsWith('/') ? name : `${base}/${name}`);
  const member = name.replace(/^\/+/, '');
  const text = files.read(path);
  if (text !== undefined) found.push({ path: member, text });
  else {
    found.push({ path: `${member}/`, text: undefined });
    for (const below of files.list(path)) collect(call, base, `${name.replace(/\/+$/, '')}/${below}`, found);
  }
}

function create(call: Call, { file, directory, names, verbose }: Options): Step {
  if (names.length === 0)
    return call.fail(isBusybox(call) ? 'empty archive' : 'Cowardly refusing to create an empty archive', isBusybox(call) ? 1 : 2);
  const found: TarEntry[] = [];
  let failed = false;
  for (const name of names) {
    if (!call.system.files.exists(call.path(name.startsWith('/') ? name : `${directory}/${name}`))) {
      const gone = 'No such file or directory';
      call.err(isBusybox(call) ? `tar: ${name}: ${gone}\n` : `tar: ${name}: Cannot stat: ${gone}\n`);
      failed = true;
      continue;
    }
    if (name.startsWith('/'))
      call.err(isBusybox(call) ? "tar: removing leading '/' from member names\n" : "tar: Removing leading `/' from member names\n");
    collect(call, directory, name, found);
  }
  if (verbose) call.err(found.map(({ path }) => `${path}\n`).join(''));
  const archive = packTar(found, Math.floor(call.system.process.startedAt / 1000));
  if (file === '-') call.out(archive);
  else call.system.files.write(call.path(file), archive);
  if (!failed) return exit(0);
  return isBusybox(call)
    ? call.fail('error exit delayed from previous errors')
    : call.fail('Exiting with failure status due to previous errors', 2);
}

function makeDirectories(call: Call, path: string): void {
  if (path === '/' || call.system.files.exists(path)) return;
  makeDirectories(call, directoryName(path));
  call.system.files.makeDirectory(path);
}

function extract(call: Call, options: Options, entries: readonly TarEntry[]): Step {
  const { directory } = options;
  if (!call.system.files.isDirectory(call.path(directory))) {
    const why = `${directory}: No such file or directory`;
    return isBusybox(call) ? call.fail(`can't change directory to '${directory}': No such file or directory`) : call.fail(why, 2);
  }
  let failed = false;
  for (const { path, text } of entries) {
    const to = call.path(`${directory}/${path.replace(/^\/+/, '').replace(/(?:^|\/)\.\.(?=\/|$)/g, '')}`);
    makeDirectories(call, text === undefined ? to : directoryName(to));
    const problem = text === undefined ? undefined : call.system.files.write(to, text);
    if (problem === undefined) continue;
    call.err(isBusybox(call) ? `tar: can't open '${path}': ${problem}\n` : `tar: ${path}: Cannot open: ${problem}\n`);
    failed = true;
  }
  return exit(failed ? (isBusybox(call) ? 1 : 2) : 0);
}

/** `tar`, as far as `kubectl cp` and tutorials go. */
export const tar: Program = {
  run(call) {
    const options = optionsOf(call);
    if (typeof options === 'string') return call.fail(options, isBusybox(call) ? 1 : 2);
    if (options.mode === 'c') return create(call, options);
    const waiting = options.file === '-' ? call.untilInputEnds() : undefined;
    if (waiting !== undefined) return waiting;
    const archive = call.read(options.file);
    if (archive === undefined) return call.fail(`${options.file}: Cannot open: No such file or directory`, 2);
    const entries = unpackTar(archive);
    if (entries === undefined) return isBusybox(call) ? call.fail('short read') : call.fail('Unexpected EOF in archive', 2);
    if (options.mode === 'x') return extract(call, options, entries);
    call.out(entries.map(({ path }) => `${path}\n`).join(''));
    return exit(0);
  },
};
