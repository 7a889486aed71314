// Installs what package-lock.json asks for, unless it is installed already.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Ends the process with a sentence on a Node that is too old; installs the dependencies where they are missing or stale. */
export function install() {
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Kube Orrery needs Node 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  const marker = 'node_modules/.package-lock.json';
  if (fs.existsSync(marker) && fs.statSync(marker).mtimeMs >= fs.statSync('package-lock.json').mtimeMs) return;
  console.log('Installing dependencies…');
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs one of the project's tools. Returns its exit status. */
export function run(file, args, options = {}) {
  return spawnSync(process.execPath, [file, ...args], { stdio: 'inherit', ...options }).status ?? 1;
}
