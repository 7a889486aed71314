const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1b', '\\': '\\' };

/** `\n`, `\t`, `\033`, `\x1b` of echo -e and printf; `\c` ends the text. */
export function unescaped(text: string): { readonly text: string; readonly ended: boolean } {
  const end = text.search(/(?<!\\)(?:\\\\)*\\c/);
  const kept = end < 0 ? text : text.slice(0, text.indexOf('\\c', end));
  const out = kept.replace(/\\(?:x([\da-fA-F]{1,2})|0?([0-7]{1,3})|([^]))/g, (all, hex?: string, octal?: string, char?: string) => {
    if (char !== undefined) return named[char] ?? all;
    return String.fromCharCode(hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16));
  });
  return { text: out, ended: end >= 0 };
}

/** Columns of a field at most. */
const widest = 10_000;
const directive = /%(%|([-+ #0]*)(\*|\d*)(?:\.(\d+))?([sdiufxXobcqeEgG]))/g;

/** printf(1): the format is used again until all arguments are. */
export function formatted(format: string, args: readonly string[]): { readonly text: string; readonly complaints: readonly string[] } {
  const complaints: string[] = [];
  let next = 0;
  const once = (): string =>
    unescaped(format).text.replace(directive, (_, all: string, flags = '', width = '', precision: string | undefined, verb = '') => {
      if (all === '%') return '%';
      const columns = Math.min(widest, Math.abs(Number(width === '*' ? (args[next++] ?? '') : width)) || 0);
      const text = value(verb as string, args[next++], precision, complaints);
      const signed = String(flags).includes('+') && /^\d/.test(text) && /[dif]/.test(verb as string) ? `+${text}` : text;
      if (String(flags).includes('-')) return signed.padEnd(columns);
      return String(flags).includes('0') && verb !== 's'
        ? signed.replace(/^([-+]?)(.*)$/, (__, sign: string, digits: string) => sign + digits.padStart(columns - sign.length, '0'))
        : signed.padStart(columns);
    });
  let text = once();
  while (next > 0 && next < args.length) text += once();
  return { text, complaints };
}

function value(verb: string, arg: string | undefined, precision: string | undefined, complaints: string[]): string {
  const text = arg ?? '';
  switch (verb) {
    case 's':
      return precision === undefined ? text : text.slice(0, Number(precision));
    case 'b':
      return unescaped(text).text;
    case 'q':
      return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
    case 'c':
      return text.slice(0, 1);
    default: {
      const number = /^["']/.test(text) ? text.charCodeAt(1) : Number(text.trim() || '0');
      if (Number.isNaN(number)) complaints.push(`invalid number '${text}'`);
      return numeric(verb, Number.isNaN(number) ? 0 : number, precision);
    }
  }
}

/** More digits than a number has would be refused. */
const digitsOf = (precision: string | undefined): number => Math.min(100, Number(precision ?? 6));

function numeric(verb: string, number: number, precision: string | undefined): string {
  switch (verb) {
    case 'x':
      return Math.trunc(number).toString(16);
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(number).toString(8);
    case 'f':
      return number.toFixed(digitsOf(precision));
    case 'e':
    case 'E':
      return number.toExponential(digitsOf(precision)).replace(/e([-+])(\d)$/, 'e$10$2');
    case 'g':
    case 'G':
      return String(Number(number.toPrecision(Math.max(1, digitsOf(precision)))));
    default:
      return String(Math.trunc(number)).padStart(Math.min(widest, Number(precision ?? 0)), '0');
  }
}
