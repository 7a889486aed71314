// npm test: everything that has to hold, stage by stage. Arguments name the stages to run; none means all.
import process from 'node:process';
import { install, run } from './install.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
install();
const stages = [
  ['types', () => run('node_modules/typescript-native/bin/tsc', ['-b'])],
  ['lint', () => run('node_modules/oxlint/bin/oxlint', ['--deny-warnings', 'src', 'tests', 'scripts'])],
  ['format', () => run('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', 'src', 'tests', 'scripts'])],
  ['unit', () => run('node_modules/vitest/vitest.mjs', ['run'])],
  ['fuzz', () => run('node_modules/vitest/vitest.mjs', ['run', 'tests/fuzz'], { env: { ...process.env, FUZZ: 'all' } })],
  ['swarm', () => run('--import=tsx', ['tests/swarm/cli.ts', '--seeds', '100'])],
  ['build', () => run('node_modules/vite/bin/vite.js', ['build', '--logLevel', 'warn'])],
  ['size', () => run('node_modules/size-limit/bin.js', [])],
  ['browser', () => run('node_modules/@playwright/test/cli.js', ['test'])],
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !stages.some(([stage]) => stage === name));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}; there are ${stages.map(([name]) => name).join(', ')}.`);
  process.exit(2);
}
const failed = [];
const chosen = stages.filter(([name]) => wanted.length === 0 || wanted.includes(name));
for (const [name, stage] of chosen) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const status = stage();
  console.log(`── ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
