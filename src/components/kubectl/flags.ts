import { parseDuration } from '#base/duration.ts';
import { CommandError } from './errors.ts';

/** A flag of a command. */
export interface FlagSpec {
  readonly name: string;
  readonly short?: string | undefined;
  /** `list` splits at commas, `array` does not. */
  readonly type: 'string' | 'boolean' | 'integer' | 'list' | 'array' | 'duration';
  /** The value of the flag given without one (`--dry-run`). */
  readonly bare?: string | undefined;
  readonly standard?: string | undefined;
}

/** Parsed arguments. */
export interface Arguments {
  readonly positional: readonly string[];
  /** How many positional arguments came before `--`; -1 without `--`. */
  readonly dashAt: number;
  readonly flags: Flags;
}

/** The flags of a command line, with their defaults. */
export class Flags {
  constructor(
    private readonly specs: ReadonlyMap<string, FlagSpec>,
    private readonly given: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** Whether the flag is on the command line. */
  changed(name: string): boolean {
    return this.given.has(name);
  }

  text(name: string): string {
    const values = this.given.get(name);
    return values === undefined ? (this.specs.get(name)?.standard ?? '') : values[values.length - 1]!;
  }

  boolean(name: string): boolean {
    return /^(?:true|t|1)$/i.test(this.text(name));
  }

  integer(name: string): number {
    return Number(this.text(name) || '0');
  }

  /** Milliseconds; undefined where there is no such flag or it is empty. */
  duration(name: string): number | undefined {
    return parseDuration(this.text(name));
  }

  list(name: string): readonly string[] {
    const values = this.given.get(name) ?? [];
    return this.specs.get(name)?.type === 'list' ? values.flatMap((value) => (value === '' ? [] : splitCommas(value))) : values;
  }
}

/** Commas inside double quotes do not split (encoding/csv, as pflag's StringSlice). */
function splitCommas(value: string): string[] {
  const parts: string[] = [''];
  let quoted = false;
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** Parses a command line as pflag does. Throws CommandError in its words. `command` is the full name (`kubectl get`). */
export function parseFlags(command: string, specs: readonly FlagSpec[], argv: readonly string[]): Arguments {
  const parser = new Parser(command, specs, argv);
  parser.run();
  return { positional: parser.positional, dashAt: parser.dashAt, flags: new Flags(parser.byName, parser.given) };
}

class Parser {
  readonly positional: string[] = [];
  dashAt = -1;
  readonly given = new Map<string, string[]>();
  readonly byName: ReadonlyMap<string, FlagSpec>;
  private readonly byShort: ReadonlyMap<string, FlagSpec>;
  private index = 0;

  constructor(
    private readonly command: string,
    specs: readonly FlagSpec[],
    private readonly argv: readonly string[],
  ) {
    this.byName = new Map(specs.map((spec) => [spec.name, spec]));
    this.byShort = new Map(specs.flatMap((spec) => (spec.short === undefined ? [] : [[spec.short, spec] as const])));
  }

  run(): void {
    while (this.index < this.argv.length) {
      const argument = this.argv[this.index++]!;
      if (argument === '--') {
        this.dashAt = this.positional.length;
        this.positional.push(...this.argv.slice(this.index));
        return;
      }
      if (argument.startsWith('--')) this.long(argument);
      else if (argument.startsWith('-') && argument.length > 1) this.short(argument);
      else this.positional.push(argument);
    }
  }

  private fail(message: string): CommandError {
    return new CommandError(`${message}\nSee '${this.command} --help' for usage.`);
  }

  private long(argument: string): void {
    const equals = argument.indexOf('=');
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    const spec = this.byName.get(name);
    if (name === '' || name.startsWith('-')) throw this.fail(`bad flag syntax: ${argument}`);
    if (spec === undefined) throw this.fail(`unknown flag: --${name}`);
    if (equals >= 0) this.set(spec, argument.slice(equals + 1), `--${name}`);
    else if (spec.bare !== undefined || spec.type === 'boolean') this.set(spec, spec.bare ?? 'true', `--${name}`);
    else if (this.index < this.argv.length) this.set(spec, this.argv[this.index++]!, `--${name}`);
    else throw this.fail(`flag needs an argument: --${name}`);
  }

  private short(argument: string): void {
    let letters = argument.slice(1);
    while (letters !== '') {
      const letter = letters[0]!;
      const spec = this.byShort.get(letter);
      if (spec === undefined) throw this.fail(`unknown shorthand flag: '${letter}' in -${letters}`);
      const label = `-${letter}, --${spec.name}`;
      if (letters.length > 2 && letters[1] === '=') return this.set(spec, letters.slice(2), label);
      if (spec.bare !== undefined || spec.type === 'boolean') {
        this.set(spec, spec.bare ?? 'true', label);
        letters = letters.slice(1);
        continue;
      }
      if (letters.length > 1) return this.set(spec, letters.slice(1), label);
      if (this.index >= this.argv.length) throw this.fail(`flag needs an argument: '${letter}' in -${letters}`);
      return this.set(spec, this.argv[this.index++]!, label);
    }
  }

  private set(spec: FlagSpec, value: string, label: string): void {
    const problem = problemOf(spec, value);
    if (problem !== undefined) throw this.fail(`invalid argument ${JSON.stringify(value)} for "${label}" flag: ${problem}`);
    const values = this.given.get(spec.name);
    if (values === undefined) this.given.set(spec.name, [value]);
    else values.push(value);
  }
}

function problemOf(spec: FlagSpec, value: string): string | undefined {
  if (spec.type === 'integer' && !/^[-+]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (spec.type === 'boolean' && !/^(?:true|false|t|f|0|1)$/i.test(value))
    return `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (spec.type === 'duration' && parseDuration(value) === undefined) {
    return /^[-+]?[\d.]+$/.test(value)
      ? `time: missing unit in duration ${JSON.stringify(value)}`
      : `time: invalid duration ${JSON.stringify(value)}`;
  }
  return undefined;
}

const string = (name: string, standard?: string, short?: string): FlagSpec => ({ name, type: 'string', standard, short });
const boolean = (name: string, standard = 'false', short?: string): FlagSpec => ({ name, type: 'boolean', standard, short });
const integer = (name: string, standard = '0', short?: string): FlagSpec => ({ name, type: 'integer', standard, short });
const list = (name: string, short?: string): FlagSpec => ({ name, type: 'list', short });
const array = (name: string, short?: string): FlagSpec => ({ name, type: 'array', short });
const duration = (name: string, standard: string): FlagSpec => ({ name, type: 'duration', standard });

/** Constructors of flags. */
export const flag = { string, boolean, integer, list, array, duration };

/** Flags of every command. */
export const globalFlags: readonly FlagSpec[] = [
  string('namespace', undefined, 'n'),
  string('as'),
  array('as-group'),
  string('as-uid'),
  string('request-timeout', '0'),
  integer('v', '0', 'v'),
  string('context'),
  string('cluster'),
  string('user'),
  string('kubeconfig'),
  string('server', undefined, 's'),
  string('token'),
  string('cache-dir'),
  boolean('insecure-skip-tls-verify'),
  boolean('warnings-as-errors'),
  boolean('match-server-version'),
  boolean('help', 'false', 'h'),
];

/** Groups of flags that commands share. */
export const shared = {
  output: [
    string('output', undefined, 'o'),
    boolean('show-managed-fields'),
    boolean('allow-missing-template-keys', 'true'),
    string('template'),
  ],
  fileNames: [array('filename', 'f'), string('kustomize', undefined, 'k'), boolean('recursive', 'false', 'R')],
  dryRun: [{ name: 'dry-run', type: 'string', standard: 'none', bare: 'unchanged' } satisfies FlagSpec],
  selector: [{ name: 'selector', type: 'array', short: 'l' } satisfies FlagSpec],
  fieldSelector: [string('field-selector')],
  validate: [{ name: 'validate', type: 'string', standard: 'strict', bare: 'strict' } satisfies FlagSpec],
  fieldManager: [string('field-manager')],
  allNamespaces: [boolean('all-namespaces', 'false', 'A')],
  saveConfig: [boolean('save-config')],
  record: [boolean('record')],
  local: [boolean('local')],
} as const;
