import fs from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';

/** Playwright's own browser where it could be installed, else the system's. */
function browser(): string | undefined {
  if (fs.existsSync(chromium.executablePath())) return undefined;
  const found = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => file !== undefined && fs.existsSync(file));
  if (found === undefined) throw new Error('The browser tests need a Chromium: `npx playwright install chromium`, or Debian\'s package `chromium`, or CHROMIUM_PATH.');
  return found;
}

const executablePath = browser();

export default defineConfig({
  testDir: 'tests/e2e',
  timeout: 90_000,
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: 'http://127.0.0.1:4199',
    viewport: { width: 1280, height: 720 },
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  webServer: { command: 'node node_modules/vite/bin/vite.js preview --port 4199 --strictPort', url: 'http://127.0.0.1:4199', reuseExistingServer: false },
});
