import { filters, treatsLinesAlone } from '#base/filters/index.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';
import { tail } from './tail.ts';

/** A name against a pattern like `*.conf`. */
export const matchesName = (name: string, pattern: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name);

const everything = Number.POSITIVE_INFINITY;

/** What has come so far in whole lines, or the rest where no more comes; undefined while it has to wait. */
function nextLines(call: Call): { readonly text: string; readonly ended: boolean } | Step {
  const { text, ended, pipe } = call.system.input(call.task, 0);
  if (ended || pipe === undefined) return { text: call.system.take(call.task, 0, everything), ended: true };
  const length = text.lastIndexOf('\n') + 1;
  return length === 0 ? block({ type: 'read', pipe }, call.memory) : { text: call.system.take(call.task, 0, length), ended: false };
}

/** Passes input on as it comes. @param treat what to do with it; the exit code so far, or undefined to go on */
function streaming(call: Call, treat: (text: string) => number | undefined, code: (results: number) => number): Step {
  const memory = (call.memory as number | undefined) ?? 1;
  const next = nextLines(call);
  if ('type' in next) return next;
  const result = next.text === '' && next.ended ? 1 : treat(next.text);
  if (result === undefined) return exit(0);
  const best = Math.min(memory, result);
  return next.ended ? exit(code(best)) : block(undefined, best);
}

const cat: Program = {
  run: (call) => {
    const names = call.args.filter((arg) => arg === '-' || !arg.startsWith('-'));
    const numbered = call.args.includes('-n');
    if (numbered && names.length === 0) return call.untilInputEnds() ?? catFiles(call, ['-'], true);
    if (names.length === 0 || (names.length === 1 && names[0] === '-')) {
      const { text, ended, pipe } = call.system.input(call.task, 0);
      if (text === '' && !ended && pipe !== undefined) return block({ type: 'read', pipe }, undefined);
      call.out(call.system.take(call.task, 0, text.length));
      return ended ? exit(0) : block(undefined, undefined);
    }
    return catFiles(call, names, numbered);
  },
};

function catFiles(call: Call, names: readonly string[], numbered: boolean): Step {
  let code = 0;
  let line = 0;
  for (const name of names) {
    const text = call.read(name);
    if (text !== undefined) call.out(numbered ? text.replace(/^(?=[^]).*$/gm, (item) => `${String(++line).padStart(6)}\t${item}`) : text);
    else {
      call.err(
        call.system.files.isDirectory(call.path(name))
          ? 'cat: read error: Is a directory\n'
          : `cat: can't open '${name}': No such file or directory\n`,
      );
      code = 1;
    }
  }
  return exit(code);
}

const tee: Program = {
  run: (call) => {
    const names = call.args.filter((arg) => !arg.startsWith('-'));
    if (call.memory === undefined) {
      for (const name of names) {
        const path = call.path(name);
        const problem = call.system.files.write(path, call.args.includes('-a') ? (call.system.files.read(path) ?? '') : '');
        if (problem !== undefined) call.err(`tee: ${name}: ${problem}\n`);
      }
    }
    const { text, ended, pipe } = call.system.input(call.task, 0);
    if (text === '' && !ended && pipe !== undefined) return block({ type: 'read', pipe }, true);
    call.out(call.system.take(call.task, 0, text.length));
    for (const name of names) call.system.files.append(call.path(name), text);
    return ended ? exit(0) : block(undefined, true);
  },
};

/** Options of the filters that have a value. */
const withValue: Readonly<Record<string, string>> = {
  grep: 'eABCmf',
  egrep: 'eABCmf',
  fgrep: 'eABCmf',
  sed: 'ef',
  awk: 'Fvf',
  cut: 'dfcb',
  sort: 'kto',
  head: 'nc',
  uniq: 'fsw',
  wc: '',
  tac: '',
  nl: '',
  rev: '',
};
const withScript = new Set(['grep', 'egrep', 'fgrep', 'sed', 'awk']);

interface Arguments {
  /** Options, their values, and a script. */
  readonly options: readonly string[];
  readonly files: readonly string[];
}

function takeApart(name: string, args: readonly string[]): Arguments {
  if (name === 'tr') return { options: args, files: [] };
  const options: string[] = [];
  const rest: string[] = [];
  let given = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (!/^-./.test(arg)) {
      rest.push(arg);
      continue;
    }
    // What only says how to show things.
    if (/^--(line-buffered|colou?r|unbuffered)/.test(arg)) continue;
    options.push(arg);
    given ||= arg === '-e';
    const at = arg.startsWith('--') ? -1 : [...arg].findIndex((letter, place) => place > 0 && (withValue[name] ?? '').includes(letter));
    if (at === arg.length - 1) options.push(args[++index] ?? '');
  }
  const scripts = withScript.has(name) && !given ? rest.splice(0, 1) : [];
  return { options: [...options, ...scripts], files: rest };
}

/** A filter: text in, text out, of files or of standard input. */
function filter(name: string): Program {
  const program = name === 'fgrep' ? 'grep' : name;
  return {
    run: (call) => {
      const { options: given, files } = takeApart(name, call.args);
      const options = name === 'fgrep' ? ['-F', ...given] : given;
      const apply = filters[program]!;
      const isGrep = program === 'grep' || program === 'egrep';
      if (files.length > 0 || (isGrep && options.some((option) => /^-\w*[rR]/.test(option))))
        return filterFiles(call, program, options, files);
      const lines =
        treatsLinesAlone([program, ...options]) ||
        (program === 'sed' && options.every((option) => /^-[rEne]$|^s([^\w\s])((?!\1).)*\1((?!\1).)*\1[gpiI]*$/.test(option))) ||
        (program === 'awk' && !/NR|END|BEGIN|\+\+|--|\[|[^=!<>~]=[^=~]/.test(options.join(' ')));
      const quiet = isGrep && options.some((option) => /^-\w*q/.test(option));
      if (lines || quiet)
        return streaming(
          call,
          (text) => {
            const result = apply(options, text);
            call.out(result.text);
            call.err(result.error);
            return quiet && result.code === 0 ? undefined : result.code;
          },
          (code) => (isGrep ? code : 0),
        );
      const waits = call.untilInputEnds();
      if (waits !== undefined) return waits;
      const result = apply(options, call.system.take(call.task, 0, everything));
      call.out(result.text);
      call.err(result.error);
      return exit(result.code);
    },
  };
}

function filterFiles(call: Call, program: string, options: readonly string[], names: readonly string[]): Step {
  const apply = filters[program]!;
  const isGrep = program === 'grep' || program === 'egrep';
  const letters = options.filter((option) => /^-\w/.test(option)).join('');
  const recursive = isGrep && /[rR]/.test(letters);
  const all = recursive ? (names.length === 0 ? ['.'] : names).flatMap((name) => tree(call, name)) : names;
  const texts = all.map((name) => ({ name, text: call.read(name) }));
  for (const { name, text } of texts)
    if (text === undefined)
      call.err(
        `${call.name}: ${name}: ${call.system.files.isDirectory(call.path(name)) ? 'Is a directory' : 'No such file or directory'}\n`,
      );
  const found = texts.filter((item): item is { name: string; text: string } => item.text !== undefined);
  const absent = found.length < texts.length;
  if (isGrep) {
    const prefix = (recursive || all.length > 1) && !letters.includes('h');
    const codes = found.map(({ name, text }) =>
      grepFile(
        call,
        apply(
          options.filter((option) => !/^-[rRlLhH]+$/.test(option)),
          text,
        ),
        name,
        letters,
        prefix || letters.includes('H'),
      ),
    );
    return exit(codes.includes(0) ? 0 : absent ? 2 : 1);
  }
  if (program === 'sed' && /i/.test(letters)) {
    for (const { name, text } of found)
      call.system.files.write(
        call.path(name),
        apply(
          options.filter((option) => !/^-i/.test(option)),
          text,
        ).text,
      );
    return exit(absent ? 1 : 0);
  }
  const groups = program === 'head' && found.length > 1 ? found : [{ name: '', text: found.map((item) => item.text).join('') }];
  let code = absent ? 1 : 0;
  if (found.length === 0) return exit(code);
  for (const [index, { name, text }] of groups.entries()) {
    const result = apply(options, text);
    call.out(`${name === '' ? '' : `${index > 0 ? '\n' : ''}==> ${name} <==\n`}${result.text}`);
    call.err(result.error);
    code = Math.max(code, result.code);
  }
  return exit(code);
}

function grepFile(
  call: Call,
  result: { readonly text: string; readonly error: string; readonly code: number },
  name: string,
  letters: string,
  prefix: boolean,
): number {
  call.err(result.error);
  if (letters.includes('l')) {
    if (result.code === 0) call.out(`${name}\n`);
  } else call.out(prefix ? result.text.replace(/^(?=[^]).*$/gm, (line) => `${name}:${line}`) : result.text);
  return result.code;
}

function tree(call: Call, name: string): readonly string[] {
  const path = call.path(name);
  if (!call.system.files.isDirectory(path)) return [name];
  return call.system.files.list(path).flatMap((child) => tree(call, `${name.replace(/\/$/, '')}/${child}`));
}

/** busybox wc: several numbers are set in columns of nine. */
const wc: Program = {
  run: (call) => {
    const names = call.args.filter((arg) => !/^-./.test(arg));
    const waits = names.length === 0 ? call.untilInputEnds() : undefined;
    if (waits !== undefined) return waits;
    const letters = call.args.filter((arg) => /^-./.test(arg)).join('');
    const wanted = ['l', 'w', 'm', 'c'].filter((letter) => letters.includes(letter));
    const shown = wanted.length > 0 ? wanted : ['l', 'w', 'c'];
    const total = new Map<string, number>();
    const line = (counts: Readonly<Record<string, number>>, name: string): string =>
      `${shown.map((letter) => (shown.length === 1 ? String(counts[letter]) : String(counts[letter]).padStart(9))).join(' ')}${name === '' ? '' : ` ${name}`}\n`;
    let code = 0;
    for (const name of names.length === 0 ? [''] : names) {
      const text = name === '' ? call.system.take(call.task, 0, everything) : call.read(name);
      if (text === undefined) {
        call.err(`wc: ${name}: No such file or directory\n`);
        code = 1;
        continue;
      }
      const counts: Readonly<Record<string, number>> = {
        l: text.split('\n').length - 1,
        w: text.split(/\s+/).filter(Boolean).length,
        c: byteLength(text),
        m: [...text].length,
      };
      for (const letter of shown) total.set(letter, (total.get(letter) ?? 0) + counts[letter]!);
      call.out(line(counts, name));
    }
    if (names.length > 1) call.out(line(Object.fromEntries(total), 'total'));
    return exit(code);
  },
};

/** Bytes of a text in UTF-8. */
export const byteLength = (text: string): number => {
  let length = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
};

/** `head` of standard input ends as soon as it has its lines. */
const head: Program = {
  run: (call) => {
    const { files } = takeApart('head', call.args);
    const wanted = Number(/-n\s*(\d+)|-(\d+)/.exec(call.args.join(' '))?.slice(1).find(Boolean) ?? 10);
    const { text, ended, pipe } = call.system.input(call.task, 0);
    if (files.length > 0 || ended || pipe === undefined || /-n ?-|-c/.test(call.args.join(' '))) return filter('head').run(call);
    const lines = text.split('\n');
    if (lines.length <= wanted) return block({ type: 'read', pipe }, undefined);
    call.out(call.system.take(call.task, 0, lines.slice(0, wanted).join('\n').length + 1));
    return exit(0);
  },
};

/** `rev`: each line backwards. */
const rev: Program = {
  run: (call) => {
    const names = call.args.filter((arg) => !arg.startsWith('-'));
    const waits = names.length === 0 ? call.untilInputEnds() : undefined;
    if (waits !== undefined) return waits;
    let code = 0;
    for (const name of names.length === 0 ? ['-'] : names) {
      const text = call.read(name);
      if (text === undefined) {
        call.err(`rev: ${name}: No such file or directory\n`);
        code = 1;
      } else call.out(text.replace(/.+/g, (line) => [...line].reverse().join('')));
    }
    return exit(code);
  },
};

/** By name. */
export const textPrograms: Readonly<Record<string, Program>> = {
  cat,
  head,
  rev,
  tail,
  tee,
  wc,
  ...Object.fromEntries(
    ['awk', 'cut', 'egrep', 'fgrep', 'grep', 'less', 'more', 'nl', 'sed', 'sort', 'tac', 'tr', 'uniq'].map((name) => [name, filter(name)]),
  ),
};
