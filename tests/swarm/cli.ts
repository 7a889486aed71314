import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SwarmRun } from './run.ts';

/**
 * npm run swarm -- --seeds N [--from K] [--every M]: the seeds K, K+M, … of the N from K on. Without --every they are shared
 * out among as many processes as the machine has cores.
 */
const options = { seeds: { type: 'string', default: '100' }, from: { type: 'string', default: '1' }, every: { type: 'string' } } as const;
const { values } = parseArgs({ options });
const [count, from] = [Number(values.seeds), Number(values.from)];
if (![count, from].every((value) => Number.isInteger(value) && value > 0)) {
  console.error('usage: npm run swarm -- --seeds N [--from K]');
  process.exit(2);
}

/** Runs seeds in this process; how many fail. */
function runSeeds(first: number, end: number, every: number): number {
  let failed = 0;
  for (let seed = first; seed < end; seed += every) {
    const { violations } = new SwarmRun(seed).run();
    if (violations.length === 0) continue;
    failed++;
    console.log(`seed ${seed} fails; once more: npm run swarm -- --seeds 1 --from ${seed}`);
    for (const text of violations) console.log(`  ${text}`);
  }
  return failed;
}

/** A process for a share of the seeds; its exit code says how many of them fail. */
function share(index: number, of: number): Promise<number> {
  const own = ['--seeds', String(count - index), '--from', String(from + index), '--every', String(of)];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...own], { stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? mostFailures)));
}

const mostFailures = 255;
const started = performance.now();
if (values.every !== undefined) process.exit(Math.min(mostFailures, runSeeds(from, from + count, Number(values.every))));
const shares = Math.min(count, availableParallelism());
const codes =
  shares === 1 ? [runSeeds(from, from + count, 1)] : await Promise.all(Array.from({ length: shares }, (_, index) => share(index, shares)));
const failures = codes.reduce((sum, code) => sum + code, 0);
console.log(
  `${failures === 0 ? `all ${count} seeds pass` : `${failures} of ${count} seeds fail`} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
);
process.exit(failures === 0 ? 0 : 1);
