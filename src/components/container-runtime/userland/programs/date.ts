import { exit, type Program } from './program.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const two = (value: number): string => String(value).padStart(2, '0');

/** strftime(3) of the time in UTC. */
export function strftime(format: string, time: number): string {
  const at = new Date(time);
  const day = days[at.getUTCDay()]!;
  const month = months[at.getUTCMonth()]!;
  const hour12 = at.getUTCHours() % 12 === 0 ? 12 : at.getUTCHours() % 12;
  const startOfYear = Date.UTC(at.getUTCFullYear(), 0, 1);
  const values: Readonly<Record<string, () => string>> = {
    '%': () => '%',
    a: () => day.slice(0, 3),
    A: () => day,
    b: () => month.slice(0, 3),
    B: () => month,
    c: () => strftime('%a %b %e %H:%M:%S %Y', time),
    d: () => two(at.getUTCDate()),
    D: () => strftime('%m/%d/%y', time),
    e: () => String(at.getUTCDate()).padStart(2),
    F: () => strftime('%Y-%m-%d', time),
    H: () => two(at.getUTCHours()),
    I: () => two(hour12),
    j: () => String(Math.floor((time - startOfYear) / 86_400_000) + 1).padStart(3, '0'),
    k: () => String(at.getUTCHours()).padStart(2),
    m: () => two(at.getUTCMonth() + 1),
    M: () => two(at.getUTCMinutes()),
    n: () => '\n',
    N: () =>
      String(time % 1000)
        .padStart(3, '0')
        .padEnd(9, '0'),
    p: () => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
    R: () => strftime('%H:%M', time),
    s: () => String(Math.floor(time / 1000)),
    S: () => two(at.getUTCSeconds()),
    t: () => '\t',
    T: () => strftime('%H:%M:%S', time),
    u: () => String(at.getUTCDay() === 0 ? 7 : at.getUTCDay()),
    w: () => String(at.getUTCDay()),
    y: () => two(at.getUTCFullYear() % 100),
    Y: () => String(at.getUTCFullYear()),
    z: () => '+0000',
    Z: () => 'UTC',
  };
  return format.replace(/%[-_0]?([%a-zA-Z])/g, (all, letter: string) => values[letter]?.() ?? all);
}

/** The time that `-d` names: `@SECONDS` or a date that is written out. */
function timeOf(text: string): number {
  return text.startsWith('@')
    ? Number(text.slice(1)) * 1000
    : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
}

export const date: Program = {
  run: (call) => {
    const given = call.args.findIndex((arg) => arg === '-d' || arg === '--date');
    const time = given < 0 ? call.system.now : timeOf(call.args[given + 1] ?? '');
    if (Number.isNaN(new Date(time).getTime())) return call.fail(`invalid date '${call.args[given + 1] ?? ''}'`);
    const format = call.args.find((arg) => arg.startsWith('+'))?.slice(1);
    const fallback = call.args.some((arg) => /^(-I|--iso)/.test(arg))
      ? call.args.some((arg) => /^-Is/.test(arg))
        ? '%FT%T+00:00'
        : '%F'
      : call.args.includes('-R')
        ? '%a, %d %b %Y %T +0000'
        : '%a %b %e %T UTC %Y';
    call.out(`${strftime(format ?? fallback, time)}\n`);
    return exit(0);
  },
};
