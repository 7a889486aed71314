import { matches } from './pattern.ts';
import { applyRedirections, runSimple } from './simple.ts';
import type { ShellRun } from './run.ts';
import type { Frame } from './state.ts';
import { parseScript } from './parse.ts';
import { readLine } from './builtins.ts';

/** The exit code of what does not exist. */
const notFound = 127;

type FrameOf<Type extends Frame['type']> = Extract<Frame, { readonly type: Type }>;

/** One small step: the command on top of the stack goes on. What it starts comes above it, and it goes on when that is gone. */
export function advance(run: ShellRun): void {
  const frame = run.top;
  switch (frame?.type) {
    case undefined:
      return run.finish(run.status);
    case 'sequence': {
      const item = frame.node.items[frame.index];
      if (item === undefined) return run.pop();
      run.replace({ ...frame, index: frame.index + 1 });
      return run.push(item);
    }
    case 'and-or': {
      const part = frame.node.parts[frame.index];
      if (part === undefined) return run.pop();
      run.replace({ ...frame, index: frame.index + 1 });
      if (part.when === 'always' || (part.when === 'success') === (run.status === 0)) run.push(part.node);
      return;
    }
    case 'not':
      run.pop();
      run.status = run.status === 0 ? 1 : 0;
      return;
    case 'if':
      return advanceIf(run, frame);
    case 'loop':
      return advanceLoop(run, frame);
    case 'for':
      return advanceFor(run, frame);
    case 'case':
      return advanceCase(run, frame);
    case 'simple':
      return runSimple(run, frame);
    case 'redirect':
      return advanceRedirect(run, frame);
    case 'arithmetic': {
      const found = run.expand(frame, (expander) => expander.arithmetic(frame.node.expression));
      if (found === undefined) return;
      run.pop();
      return run.done(found.value === 0 ? 1 : 0);
    }
    case 'await':
      return advanceAwait(run, frame);
    case 'wait':
      return advanceWait(run, frame);
    case 'read':
      return readLine(run, frame);
    case 'finish':
      run.save();
      return run.system.exit(run.pid, frame.status);
    case 'input':
      return advanceInput(run, frame);
    case 'restore':
    case 'call':
    case 'source':
    case 'unset':
    case 'trap':
      return run.pop();
  }
}

function advanceIf(run: ShellRun, frame: FrameOf<'if'>): void {
  const { node, phase } = frame;
  if (phase === 'body') return run.pop();
  const index = phase === 'start' ? 0 : frame.index + 1;
  if (phase === 'condition' && run.status === 0) {
    run.replace({ ...frame, phase: 'body' });
    return run.push(node.clauses[frame.index]!.body);
  }
  const clause = node.clauses[index];
  if (clause !== undefined) {
    run.replace({ ...frame, index, phase: 'condition' });
    return run.push(clause.condition);
  }
  run.replace({ ...frame, phase: 'body' });
  if (node.otherwise !== undefined) return run.push(node.otherwise);
  run.status = 0;
}

function advanceLoop(run: ShellRun, frame: FrameOf<'loop'>): void {
  if (frame.phase !== 'condition') {
    run.replace({ ...frame, phase: 'condition', last: frame.phase === 'body' ? run.status : 0 });
    return run.push(frame.node.condition);
  }
  if ((run.status === 0) === frame.node.until) {
    run.pop();
    run.status = frame.last;
    return;
  }
  run.replace({ ...frame, phase: 'body' });
  run.push(frame.node.body);
}

function advanceFor(run: ShellRun, frame: FrameOf<'for'>): void {
  const { node } = frame;
  if (frame.values === undefined) {
    const found = node.words === undefined ? { value: run.parameters } : run.expand(frame, (expander) => expander.words(node.words!));
    if (found === undefined) return;
    if (found.value.length === 0) run.status = 0;
    run.replace({ ...frame, values: found.value });
    return;
  }
  const value = frame.values[frame.index];
  if (value === undefined) return run.pop();
  run.replace({ ...frame, index: frame.index + 1 });
  run.set(node.name, value);
  run.push(node.body);
}

function advanceCase(run: ShellRun, frame: FrameOf<'case'>): void {
  if (frame.chosen) return run.pop();
  const { node } = frame;
  const found = run.expand(frame, (expander) => {
    const text = expander.text(node.word);
    return node.clauses.find((clause) => clause.patterns.some((pattern) => matches(expander.whole(pattern), text)));
  });
  if (found === undefined) return;
  run.replace({ ...frame, chosen: true });
  run.status = 0;
  if (found.value !== undefined) run.push(found.value.body);
}

function advanceRedirect(run: ShellRun, frame: FrameOf<'redirect'>): void {
  const found = run.expand(frame, (expander) => frame.redirections.map((item) => ({ ...item, text: expander.text(item.target) })));
  if (found === undefined) return;
  const before = run.descriptors;
  run.pop();
  if (!applyRedirections(run, found.value)) {
    run.descriptors = before;
    return run.done(1);
  }
  run.frames.push({ type: 'restore', descriptors: before });
  run.push(frame.node);
}

function advanceAwait(run: ShellRun, { pids }: FrameOf<'await'>): void {
  const codes = pids.map((pid) => run.system.collect(run.pid, pid) ?? 0);
  const failed = run.pipefail ? codes.findLast((code) => code !== 0) : undefined;
  run.pop();
  run.done(failed ?? codes[codes.length - 1] ?? 0);
}

function advanceWait(run: ShellRun, { pids }: FrameOf<'wait'>): void {
  if (pids.some((pid) => run.system.tasks.has(pid))) {
    run.blocked = { type: 'children', pids, interruptible: true };
    return;
  }
  const codes = pids.map((pid) => run.system.collect(run.pid, pid));
  run.pop();
  run.done(codes[codes.length - 1] ?? (pids[pids.length - 1] === 0 ? 0 : notFound));
}

/** Commands from standard input, a line at a time: what is not complete waits for more. */
function advanceInput(run: ShellRun, frame: FrameOf<'input'>): void {
  const { text, ended, pipe } = run.system.input(run.current, 0);
  const newline = text.indexOf('\n');
  if (newline < 0 && !ended && pipe !== undefined) {
    if (frame.interactive && text === '') run.out(frame.text === '' ? prompt(run) : '> ');
    run.blocked = { type: 'read', pipe };
    return;
  }
  if (text === '') return endInput(run, frame);
  const line = run.system.take(run.current, 0, newline < 0 ? text.length : newline + 1);
  const parsed = parseScript(frame.text + line, run.initial.dialect === 'bash');
  if ('node' in parsed) {
    run.replace({ ...frame, text: '' });
    return run.push(parsed.node);
  }
  if (parsed.unfinished) return run.replace({ ...frame, text: frame.text + line });
  run.complain(parsed.error);
  run.replace({ ...frame, text: '' });
  if (frame.interactive) run.status = 2;
  else run.finish(2);
}

function endInput(run: ShellRun, frame: FrameOf<'input'>): void {
  if (frame.text === '') return run.finish(run.status);
  const parsed = parseScript(frame.text, run.initial.dialect === 'bash');
  run.replace({ ...frame, text: '' });
  if ('node' in parsed) return run.push(parsed.node);
  run.complain(parsed.error);
  run.finish(2);
}

/** `/ # `, as busybox shows it. */
const prompt = (run: ShellRun): string => `${run.cwd.replace(/^\/root(?=\/|$)/, '~')} ${run.system.process.uid === 0 ? '#' : '$'} `;
