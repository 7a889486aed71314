import { filters } from '#base/filters/index.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';

const pollMs = 1000;

/** How far `tail -f` has read each file; undefined where there was none. */
interface Followed {
  readonly lengths: readonly (number | undefined)[];
  /** The file that was shown last. */
  readonly shown: number;
}

function names(args: readonly string[]): readonly string[] {
  return args.filter((arg, index) => !/^[-+]./.test(arg) && !/^-[nc]$/.test(args[index - 1] ?? ''));
}

/** `tail [-n N] [-f|-F] FILE…` (coreutils/tail.c of busybox: it looks once a second). */
export const tail: Program = {
  run: (call) => {
    const files = names(call.args);
    const follows =
      call.args.some((arg) => /^-\w*[fF]/.test(arg) && !arg.startsWith('--') && !/^-n/.test(arg)) || call.args.includes('--follow');
    if (call.memory !== undefined) return follow(call, files, call.memory as Followed);
    const options = call.args
      .filter((arg) => !files.includes(arg) && !/^-[fF]+$/.test(arg) && arg !== '--follow')
      .map((arg) => arg.replace(/^-[fF](?=[\dn])/, '-'));
    if (files.length === 0) return fromInput(call, options, follows);
    if (files.includes('/dev/zero')) {
      // There is no line to end it: it keeps all that it has read.
      call.system.update(call.task.pid, { memoryBytes: Number.MAX_SAFE_INTEGER });
      return block({ type: 'forever' }, undefined);
    }
    const texts = files.map((name) => call.read(name));
    const retries = call.args.some((arg) => /^-\w*F/.test(arg));
    let code = 0;
    for (const [index, text] of texts.entries()) {
      const name = files[index]!;
      if (text === undefined) {
        call.err(`tail: can't open '${name}': No such file or directory\n`);
        code = 1;
        continue;
      }
      if (files.length > 1) call.out(`${index > 0 ? '\n' : ''}==> ${name} <==\n`);
      call.out(lastOf(text, options));
    }
    if (!follows) return exit(code);
    if (!retries && texts.every((text) => text === undefined)) return call.fail('no files');
    // Nothing is ever written to /dev/null.
    if (files.every((name) => name === '/dev/null')) return block({ type: 'forever' }, undefined);
    return block({ type: 'sleep', until: call.system.now + pollMs }, {
      lengths: texts.map((text) => (text === undefined && !retries ? undefined : (text ?? '').length)),
      shown: files.length - 1,
    } satisfies Followed);
  },
};

function lastOf(text: string, options: readonly string[]): string {
  const bytes = options.indexOf('-c');
  if (bytes < 0) return filters['tail']!(options, text).text.slice(0, text.endsWith('\n') || text === '' ? undefined : -1);
  const count = options[bytes + 1] ?? '0';
  return count.startsWith('+') ? text.slice(Number(count) - 1) : text.slice(Math.max(0, text.length - Number(count)));
}

function fromInput(call: Call, options: readonly string[], follows: boolean): Step {
  const waits = call.untilInputEnds();
  if (waits !== undefined) return waits;
  const text = call.system.take(call.task, 0, Number.POSITIVE_INFINITY);
  call.out(lastOf(text, options));
  return follows ? block({ type: 'forever' }, undefined) : exit(0);
}

function follow(call: Call, files: readonly string[], { lengths, shown }: Followed): Step {
  let last = shown;
  const next = files.map((name, index) => {
    const before = lengths[index];
    const text = call.read(name);
    if (before === undefined || text === undefined) return before;
    // A file that became shorter begins anew.
    const added = text.slice(text.length < before ? 0 : before);
    if (added === '') return text.length;
    if (files.length > 1 && last !== index) call.out(`\n==> ${name} <==\n`);
    last = index;
    call.out(added);
    return text.length;
  });
  return block({ type: 'sleep', until: call.system.now + pollMs }, { lengths: next, shown: last } satisfies Followed);
}
