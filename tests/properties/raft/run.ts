import process from 'node:process';
import { Swarm } from './swarm.ts';

// npm run swarm:raft -- --seeds 5000 [--from 1]: many groups under faults, each from one seed.
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const from = option('from', 1);
const seeds = option('seeds', 5000);
const total = { steps: 0, elections: 0, acknowledged: 0, reads: 0 };
let failures = 0;
const started = Date.now();
for (let seed = from; seed < from + seeds; seed++) {
  try {
    const report = new Swarm(seed).run(30_000);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report[key];
  } catch (error) {
    failures++;
    process.stdout.write(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
const { steps, elections, acknowledged, reads } = total;
const seconds = ((Date.now() - started) / 1000).toFixed(1);
process.stdout.write(
  `${seeds} seeds, ${steps} steps, ${elections} elections, ${acknowledged} writes and ${reads} reads answered, ${failures} failures, ${seconds} s\n`,
);
process.exit(failures === 0 ? 0 : 1);
