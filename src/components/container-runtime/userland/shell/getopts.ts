import type { ShellRun } from './run.ts';

/** `getopts ab: NAME`: the next option of the arguments. A place inside of `-abc` is kept behind a dot of OPTIND's shadow. */
export function getopts(run: ShellRun, args: readonly string[]): number {
  const [letters = '', name = 'opt', ...given] = args;
  const words = given.length > 0 ? given : run.parameters;
  let index = Number(run.get('OPTIND') ?? 1);
  const inside = Math.max(1, Number(run.get('OPTPOS') ?? 1));
  const word = words[index - 1];
  if (word === undefined || !/^-./.test(word) || word === '--') {
    if (word === '--') run.set('OPTIND', String(index + 1));
    run.set(name, '?');
    return 1;
  }
  const letter = word[inside]!;
  const place = letters.indexOf(letter);
  const takesValue = place >= 0 && letters[place + 1] === ':';
  const rest = word.slice(inside + 1);
  run.unset('OPTARG');
  if (place < 0 && !letters.startsWith(':')) run.err(`Illegal option -${letter}\n`);
  if (takesValue) {
    if (rest !== '') run.set('OPTARG', rest);
    else if (words[index] !== undefined) run.set('OPTARG', words[index++]!);
    else run.err(`No arg for -${letter} option\n`);
  }
  const more = rest !== '' && !takesValue;
  run.set('OPTPOS', more ? String(inside + 1) : '1');
  run.set('OPTIND', String(more ? index : index + 1));
  run.set(name, place < 0 ? '?' : letter);
  return 0;
}
