import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Nothing but the page's own files, and no code from text. The development server adds code of its own, so only what is built has it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function strict(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
    ],
  };
}

/** Writes the service worker, which keeps every file of this build for times without a network. */
function offline(): Plugin {
  let folder = 'dist';
  return {
    name: 'offline',
    apply: 'build',
    configResolved: ({ build }) => void (folder = build.outDir),
    closeBundle() {
      const all = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'sw.js');
      const files = all.filter((name) => fs.statSync(path.join(folder, name)).isFile()).sort();
      const hash = createHash('sha256');
      for (const name of files) hash.update(name).update(fs.readFileSync(path.join(folder, name)));
      const head = `const version = '${hash.digest('hex').slice(0, 16)}';\nconst files = ${JSON.stringify(files)};\n`;
      fs.writeFileSync(path.join(folder, 'sw.js'), head + fs.readFileSync('scripts/service-worker.js', 'utf8'));
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [react(), strict(), offline()],
  worker: { format: 'es' },
  build: { target: 'es2023', chunkSizeWarningLimit: 900 },
  preview: { host: '127.0.0.1', strictPort: false },
});
