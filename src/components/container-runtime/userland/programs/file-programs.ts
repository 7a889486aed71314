import { baseName, directoryName } from '../files.ts';
import { commands } from './basic.ts';
import { exit, type Call, type Program } from './program.ts';
import { matchesName } from './text.ts';

const options = (call: Call): string => call.args.filter((arg) => /^-[a-zA-Z]/.test(arg)).join('');
const operands = (call: Call): readonly string[] => {
  const end = call.args.indexOf('--');
  return call.args.filter((arg, index) => (end >= 0 && index > end) || (arg !== '--' && !/^-./.test(arg)));
};
const missing = 'No such file or directory';

/** Runs something for each operand; what it gives back is complained about. */
function forEach(call: Call, work: (name: string, path: string) => string | undefined): 0 | 1 {
  let failed: 0 | 1 = 0;
  for (const name of operands(call)) {
    const complaint = work(name, call.path(name));
    if (complaint === undefined) continue;
    call.err(`${call.name}: ${complaint}\n`);
    failed = 1;
  }
  return failed;
}

function sizeOf(call: Call, path: string): number {
  return call.system.files.read(path)?.length ?? 4096;
}

function longLine(call: Call, name: string, path: string): string {
  const isDirectory = call.system.files.isDirectory(path);
  const time = new Date(call.system.process.startedAt);
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][time.getUTCMonth()]!;
  const date = `${month} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 16)}`;
  return `${isDirectory ? 'drwxr-xr-x    2' : '-rw-r--r--    1'} root     root      ${String(sizeOf(call, path)).padStart(8)} ${date} ${name}\n`;
}

/** The names of one directory, as the options want them. */
function listing(call: Call, path: string, letters: string): string {
  const { files } = call.system;
  const hidden = letters.includes('a') ? ['.', '..'] : [];
  const names = files.list(path).filter((name) => /[aA]/.test(letters) || !name.startsWith('.'));
  const all = letters.includes('r') ? [...hidden, ...names].reverse() : [...hidden, ...names];
  if (!letters.includes('l'))
    return all.map((name) => `${name}${letters.includes('p') && files.isDirectory(`${path}/${name}`) ? '/' : ''}\n`).join('');
  const total = 4 * all.length;
  return `total ${total}\n${all.map((name) => longLine(call, name, name === '..' ? directoryName(path) : `${path === '/' ? '' : path}/${name}`.replace(/\/\.$/, '') || '/')).join('')}`;
}

const ls: Program = {
  run: (call) => {
    const letters = options(call);
    const { files } = call.system;
    const names = operands(call).length === 0 ? ['.'] : [...operands(call)].sort();
    const found = names.filter((name) => files.exists(call.path(name)));
    for (const name of names) if (!found.includes(name)) call.err(`ls: ${name}: ${missing}\n`);
    const alone = (name: string): boolean => letters.includes('d') || !files.isDirectory(call.path(name));
    for (const name of found.filter(alone)) call.out(letters.includes('l') ? longLine(call, name, call.path(name)) : `${name}\n`);
    const directories = found.filter((name) => !alone(name));
    const walk = (name: string, first: boolean): void => {
      if (names.length > 1 || letters.includes('R')) call.out(`${first ? '' : '\n'}${name}:\n`);
      call.out(listing(call, call.path(name), letters));
      if (!letters.includes('R')) return;
      for (const child of files.list(call.path(name)))
        if (files.isDirectory(call.path(`${name}/${child}`))) walk(`${name.replace(/\/$/, '')}/${child}`, false);
    };
    for (const [index, name] of directories.entries()) walk(name, index === 0 && found.length === directories.length);
    return exit(found.length === names.length ? 0 : 1);
  },
};

const rm: Program = {
  run: (call) => {
    const letters = options(call);
    const { files } = call.system;
    if (operands(call).length === 0 && !letters.includes('f')) return call.fail('missing operand');
    const code = forEach(call, (name, path) => {
      if (files.isDirectory(path)) {
        if (!/[rR]/.test(letters)) return `'${name}' is a directory`;
        const problem = files.removeTree(path);
        return problem && `can't remove '${name}': ${problem}`;
      }
      const problem = files.remove(path);
      return problem === undefined || (problem === missing && letters.includes('f')) ? undefined : `can't remove '${name}': ${problem}`;
    });
    return exit(code);
  },
};

const mkdir: Program = {
  run: (call) => {
    const parents = options(call).includes('p');
    const { files } = call.system;
    const create = (path: string): string | undefined => {
      const parent = directoryName(path);
      const above = parents && !files.exists(parent) ? create(parent) : undefined;
      return above ?? (parents && files.isDirectory(path) ? undefined : files.makeDirectory(path));
    };
    const code = forEach(call, (name, path) => {
      const problem = create(path);
      return problem && `can't create directory '${name}': ${problem}`;
    });
    return exit(code);
  },
};

const rmdir: Program = {
  run: (call) =>
    exit(
      forEach(call, (name, path) => {
        const { files } = call.system;
        const problem = !files.isDirectory(path)
          ? files.exists(path)
            ? 'Not a directory'
            : missing
          : files.list(path).length > 0
            ? 'Directory not empty'
            : files.removeTree(path);
        return problem && `'${name}': ${problem}`;
      }),
    ),
};

const touch: Program = {
  run: (call) => {
    const { files } = call.system;
    const only = options(call).includes('c');
    const code = forEach(call, (name, path) => {
      if (files.exists(path)) return undefined;
      const problem = only ? undefined : files.write(path, '');
      return problem && `${name}: ${problem}`;
    });
    return exit(code);
  },
};

/** `cp` and `mv`, of files and of directories. */
function copying(removes: boolean): Program {
  return {
    run: (call) => {
      const { files } = call.system;
      const names = operands(call);
      const target = names.at(-1);
      if (target === undefined || names.length < 2) return call.fail('missing file operand');
      const recursive = removes || /[rRa]/.test(options(call));
      const into = files.isDirectory(call.path(target));
      let code = 0;
      const copy = (from: string, to: string): string | undefined => {
        if (!files.isDirectory(from)) return files.write(to, files.read(from) ?? '');
        const problem = files.isDirectory(to) ? undefined : files.makeDirectory(to);
        return (
          problem ??
          files
            .list(from)
            .map((name) => copy(`${from}/${name}`, `${to}/${name}`))
            .find((item) => item !== undefined)
        );
      };
      for (const name of names.slice(0, -1)) {
        const from = call.path(name);
        const to = into ? call.path(`${target}/${name.endsWith('/.') ? '' : baseName(name)}`) : call.path(target);
        const complaint = !files.exists(from)
          ? `can't ${removes ? 'rename' : 'stat'} '${name}': ${missing}`
          : files.isDirectory(from) && !recursive
            ? `omitting directory '${name}'`
            : describe(to, copy(from, to));
        if (complaint !== undefined) {
          call.err(`${call.name}: ${complaint}\n`);
          code = 1;
        } else if (removes) {
          if (files.isDirectory(from)) files.removeTree(from);
          else files.remove(from);
        }
      }
      return exit(code);
    },
  };
}

const describe = (to: string, problem: string | undefined): string | undefined => problem && `can't create '${to}': ${problem}`;

/** `chmod`, `chown`: there are no modes and owners here, but what is named has to exist. */
const changesMode: Program = {
  run: (call) => {
    const [, ...names] = operands(call);
    const absent = names.filter((name) => !call.system.files.exists(call.path(name)));
    for (const name of absent) call.err(`${call.name}: ${name}: ${missing}\n`);
    return exit(absent.length > 0 ? 1 : 0);
  },
};

const stat: Program = {
  run: (call) => {
    const at = call.args.indexOf('-c');
    const format = at < 0 ? undefined : call.args[at + 1];
    const { files } = call.system;
    let code = 0;
    for (const name of operands(call).filter((item) => item !== format)) {
      const path = call.path(name);
      const kind = files.isDirectory(path) ? 'directory' : sizeOf(call, path) === 0 ? 'regular empty file' : 'regular file';
      const values: Readonly<Record<string, string>> = {
        n: name,
        s: String(sizeOf(call, path)),
        F: kind,
        a: files.isDirectory(path) ? '755' : '644',
        U: 'root',
        G: 'root',
        u: '0',
        g: '0',
      };
      if (!files.exists(path)) {
        call.err(`stat: can't stat '${name}': ${missing}\n`);
        code = 1;
      } else if (format !== undefined) call.out(`${format.replace(/%([a-zA-Z])/g, (all, letter: string) => values[letter] ?? all)}\n`);
      else call.out(`  File: ${name}\n  Size: ${values['s']!.padEnd(10)}\tBlocks: ${String(8).padEnd(10)} IO Block: 4096   ${kind}\n`);
    }
    return exit(code);
  },
};

/** `find PATH… [-name P] [-type f|d] [-maxdepth N] [-exec … ;] [-delete]` */
const find: Program = {
  run: (call) => {
    const { files } = call.system;
    const first = call.args.findIndex((arg) => /^[-!(]/.test(arg));
    const starts = call.args.slice(0, first < 0 ? undefined : first);
    const tests = first < 0 ? [] : call.args.slice(first);
    const value = (name: string): string | undefined => (tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined);
    const name = value('-name') ?? value('-iname');
    const deepest = Number(value('-maxdepth') ?? Number.POSITIVE_INFINITY);
    const least = Number(value('-mindepth') ?? 0);
    const found: string[] = [];
    let code = 0;
    const walk = (path: string, depth: number): void => {
      const isDirectory = files.isDirectory(call.path(path));
      const wanted =
        (name === undefined || matchesName(baseName(path), name)) &&
        (value('-type') ?? (isDirectory ? 'd' : 'f')) === (isDirectory ? 'd' : 'f');
      if (wanted && depth >= least) found.push(path);
      if (isDirectory && depth < deepest)
        for (const child of files.list(call.path(path))) walk(`${path === '/' ? '' : path}/${child}`, depth + 1);
    };
    for (const start of starts.length === 0 ? ['.'] : starts) {
      if (files.exists(call.path(start))) walk(start, 0);
      else {
        call.err(`find: ${start}: ${missing}\n`);
        code = 1;
      }
    }
    const exec = tests.indexOf('-exec');
    if (exec >= 0) {
      const words = tests.slice(
        exec + 1,
        tests.findIndex((arg, index) => index > exec && (arg === ';' || arg === '+')),
      );
      const once = tests.includes('+');
      const runs = once
        ? [words.flatMap((word) => (word === '{}' ? found : [word]))]
        : found.map((path) => words.map((word) => word.replaceAll('{}', path)));
      return { type: 'commands', node: commands(found.length === 0 ? [] : runs) };
    }
    if (tests.includes('-delete')) for (const path of found) files.remove(call.path(path));
    else call.out(found.map((path) => `${path}\n`).join(''));
    return exit(code);
  },
};

const named = (text: (name: string, call: Call) => string): Program => ({
  run: (call) => {
    for (const name of operands(call)) call.out(`${text(name, call)}\n`);
    return exit(0);
  },
});

const mktemp: Program = {
  run: (call) => {
    const letters = options(call);
    const template = operands(call)[0] ?? '/tmp/tmp.XXXXXX';
    const path = call.path(template.replace(/X+$/, (marks) => call.system.newId().toString(36).padStart(marks.length, 'a')));
    const problem = letters.includes('d') ? call.system.files.makeDirectory(path) : call.system.files.write(path, '');
    if (problem !== undefined) return call.fail(`${problem}`);
    call.out(`${path}\n`);
    return exit(0);
  },
};

/** By name. */
export const filePrograms: Readonly<Record<string, Program>> = {
  basename: {
    run: (call) => {
      const [name = '', suffix = ''] = call.args;
      const base = baseName(name);
      call.out(`${suffix !== '' && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base}\n`);
      return exit(0);
    },
  },
  chgrp: changesMode,
  chmod: changesMode,
  chown: changesMode,
  cp: copying(false),
  dirname: named((name) => directoryName(name)),
  find,
  // Links are copies: what is read through them is the same.
  ln: copying(false),
  ls,
  mkdir,
  mktemp,
  mv: copying(true),
  readlink: named((name, call) => call.path(name)),
  realpath: named((name, call) => call.path(name)),
  rm,
  rmdir,
  stat,
  touch,
};
