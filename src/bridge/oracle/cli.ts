import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { hash32 } from '#base/random.ts';
import { replay, type RecordedStep } from './replay.ts';

const usage = 'usage: npm run oracle -- --recordings DIR --out DIR [--cluster oracle|oracle-real] [--seed N] [SCENARIO…]';

interface Options {
  readonly recordings: string;
  readonly out: string;
  readonly cluster: string;
  readonly seed: number | undefined;
  readonly wanted: readonly string[];
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { recordings: { type: 'string' }, out: { type: 'string' }, cluster: { type: 'string' }, seed: { type: 'string' } },
  });
  const { recordings, out } = values;
  if (recordings === undefined || out === undefined) throw new Error(usage);
  if (!fs.existsSync(recordings)) throw new Error(`there is no folder ${recordings}\n${usage}`);
  const cluster = values.cluster ?? (path.basename(path.resolve(recordings)).endsWith('-real') ? 'oracle-real' : 'oracle');
  return { recordings, out, cluster, seed: values.seed === undefined ? undefined : Number(values.seed), wanted: positionals };
}

/** The first run of a scenario, whose script is replayed. */
function scriptOf(recordings: string, scenario: string): string | undefined {
  const folder = path.join(recordings, scenario);
  const runs = fs.statSync(folder).isDirectory()
    ? fs
        .readdirSync(folder)
        .filter((name) => name.startsWith('run-'))
        .sort()
    : [];
  return runs.map((run) => path.join(folder, run, 'steps.jsonl')).find((file) => fs.existsSync(file));
}

function writeLines(file: string, items: readonly unknown[]): void {
  fs.writeFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
}

function main(args: readonly string[]): number {
  const options = readOptions(args);
  const all = fs.readdirSync(options.recordings).sort();
  const unknown = options.wanted.filter((wanted) => !all.some((name) => matches(name, wanted)));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')} in ${options.recordings}`);
  let failed = 0;
  for (const scenario of all) {
    if (options.wanted.length > 0 && !options.wanted.some((wanted) => matches(scenario, wanted))) continue;
    const script = scriptOf(options.recordings, scenario);
    if (script === undefined) continue;
    const steps = fs
      .readFileSync(script, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RecordedStep);
    const started = performance.now();
    try {
      const recording = replay(scenario, options.cluster, steps, options.seed ?? hash32(scenario));
      const folder = path.join(options.out, scenario);
      fs.mkdirSync(folder, { recursive: true });
      writeLines(path.join(folder, 'steps.jsonl'), recording.steps);
      writeLines(path.join(folder, 'audit.jsonl'), recording.audit);
      writeLines(path.join(folder, 'objects.jsonl'), recording.objects);
      writeLines(path.join(folder, 'meta.json'), [recording.meta]);
      console.log(
        `${scenario.padEnd(28)} ${steps.length} steps, ${recording.audit.length} requests, ${Math.round(performance.now() - started)} ms`,
      );
    } catch (error) {
      failed++;
      console.error(`${scenario.padEnd(28)} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

const matches = (scenario: string, wanted: string): boolean => scenario === wanted || scenario.startsWith(`${wanted}-`);

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
