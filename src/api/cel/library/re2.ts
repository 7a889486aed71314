import { charge } from '../cost.ts';
import { parseRegex, type Assertion, type CharTest, type Regex } from './re2-parse.ts';
import { fail } from './types.ts';

/** Steps of a compiled pattern (Pike's machine): all ways to match are followed at once, so that time is linear. */
type Instruction =
  | { readonly op: 'char'; readonly test: CharTest }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'match' };

/** No pattern may become longer than this. */
const maxInstructions = 50_000;
/** Characters times instructions that cost as much as one step of an expression. */
const stepsOfCost = 40;

function compile(regex: Regex): readonly Instruction[] {
  const program: Instruction[] = [];
  const emit = (instruction: Instruction): number => {
    if (program.length >= maxInstructions) fail('error parsing regexp: expression too large');
    return program.push(instruction) - 1;
  };
  const split = (): Extract<Instruction, { op: 'split' }> => {
    const instruction = { op: 'split' as const, first: program.length + 1, second: program.length + 1 };
    emit(instruction);
    return instruction;
  };
  /** The way into what comes next goes before the way around it, unless the pattern is lazy. */
  const skippable = (part: Regex, greedy: boolean, loop: boolean): void => {
    const at = program.length;
    const fork = split();
    visit(part);
    if (loop) Object.assign(split(), { first: at, second: at });
    const [inside, after] = [at + 1, program.length];
    Object.assign(fork, greedy ? { first: inside, second: after } : { first: after, second: inside });
  };
  const visit = (node: Regex): void => {
    if (node.type === 'char') emit({ op: 'char', test: node.test });
    else if (node.type === 'assert') emit({ op: 'assert', assertion: node.assertion });
    else if (node.type === 'sequence') node.parts.forEach(visit);
    else if (node.type === 'choice') choice(node.parts);
    else {
      for (let count = 0; count < node.min; count++) visit(node.part);
      if (node.max === Infinity) skippable(node.part, node.greedy, true);
      else for (let count = node.min; count < node.max; count++) skippable(node.part, node.greedy, false);
    }
  };
  const choice = (parts: readonly Regex[]): void => {
    const ends: Extract<Instruction, { op: 'split' }>[] = [];
    for (const [index, part] of parts.entries()) {
      const fork = index < parts.length - 1 ? split() : undefined;
      visit(part);
      if (fork === undefined) continue;
      ends.push(split());
      fork.second = program.length;
    }
    for (const end of ends) Object.assign(end, { first: program.length, second: program.length });
  };
  visit(regex);
  emit({ op: 'match' });
  return program;
}

const isWord = (char: string | undefined): boolean => char !== undefined && /^[0-9A-Za-z_]$/.test(char);

function holds(assertion: Assertion, text: readonly string[], at: number): boolean {
  switch (assertion) {
    case 'begin-text':
      return at === 0;
    case 'end-text':
      return at === text.length;
    case 'begin-line':
      return at === 0 || text[at - 1] === '\n';
    case 'end-line':
      return at === text.length || text[at] === '\n';
    case 'word':
      return isWord(text[at - 1]) !== isWord(text[at]);
    case 'no-word':
      return isWord(text[at - 1]) === isWord(text[at]);
  }
}

interface Thread {
  readonly at: number;
  readonly start: number;
}

/** The threads of one position, each instruction once; those before others are preferred. */
class Threads {
  readonly list: Thread[] = [];
  private readonly seen = new Set<number>();
  private readonly program: readonly Instruction[];
  private readonly text: readonly string[];
  private readonly position: number;
  constructor(program: readonly Instruction[], text: readonly string[], position: number) {
    this.program = program;
    this.text = text;
    this.position = position;
  }

  add(from: number, start: number): void {
    const open = [from];
    while (open.length > 0) {
      const at = open.pop()!;
      if (this.seen.has(at)) continue;
      this.seen.add(at);
      const instruction = this.program[at]!;
      if (instruction.op === 'split') open.push(instruction.second, instruction.first);
      else if (instruction.op !== 'assert') this.list.push({ at, start });
      else if (holds(instruction.assertion, this.text, this.position)) open.push(at + 1);
    }
  }
}

/** The first match of a program at or after a position: leftmost, and then what the pattern prefers. */
function search(
  program: readonly Instruction[],
  text: readonly string[],
  from: number,
): { readonly start: number; readonly end: number } | undefined {
  let found: { readonly start: number; readonly end: number } | undefined;
  let current = new Threads(program, text, from);
  for (let position = from; position <= text.length; position++) {
    if (found === undefined) current.add(0, position);
    else if (current.list.length === 0) break;
    const next = new Threads(program, text, position + 1);
    for (const { at, start } of current.list) {
      const instruction = program[at]!;
      if (instruction.op === 'match') {
        found = { start, end: position };
        break;
      }
      if (instruction.op === 'char' && position < text.length && instruction.test(text[position]!)) next.add(at + 1, start);
    }
    current = next;
  }
  return found;
}

/** Patterns that were compiled before: most expressions have theirs as a literal. */
const programs = new Map<string, readonly Instruction[]>();

/** All matches of a pattern in a text, from left to right, at most so many. What it may take is paid for first. */
export function matches(text: string, pattern: string, limit = Infinity): readonly string[] {
  charge(Math.ceil(pattern.length / 4));
  let program = programs.get(pattern);
  if (program === undefined) {
    program = compile(parseRegex(pattern));
    if (programs.size >= 1000) programs.clear();
    programs.set(pattern, program);
  }
  const chars = [...text];
  const found: string[] = [];
  for (let from = 0; from <= chars.length && found.length < limit;) {
    charge(Math.ceil(((chars.length - from + 1) * program.length) / stepsOfCost));
    const match = search(program, chars, from);
    if (match === undefined) break;
    found.push(chars.slice(match.start, match.end).join(''));
    from = match.end > match.start ? match.end : match.end + 1;
  }
  return found;
}
