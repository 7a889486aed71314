// npm start: installs what is missing, builds the page and serves it.
import process from 'node:process';
import { install, run } from './install.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
install();
const vite = 'node_modules/vite/bin/vite.js';
if (run(vite, ['build', '--logLevel', 'warn']) !== 0) process.exit(1);
process.exit(run(vite, ['preview', '--port', '4173', ...process.argv.slice(2)]));
