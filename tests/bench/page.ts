import { spawn } from 'node:child_process';
import process from 'node:process';
import { chromium, type Page } from '@playwright/test';

/**
 * How fast the built page is, in a headless browser without a graphics card: `npm run bench:page` after `npm run build`.
 * Arguments: the size of the Deployment (1000 unless given).
 */
const replicas = Number(process.argv[2] ?? 1000);
const port = 4188;
const watchMs = 20_000;

interface Watched {
  readonly tasks: readonly number[];
  readonly frames: number;
}

/** Long tasks of the page (over 50 ms) and the frames that it draws in a while. As text: what compiles this file knows nothing of pages. */
const watch = (page: Page, ms: number): Promise<Watched> =>
  page.evaluate<Watched>(`new Promise((resolve) => {
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ entryTypes: ['longtask'] });
    let frames = 0;
    const count = () => { frames++; requestAnimationFrame(count); };
    count();
    setTimeout(() => resolve({ tasks, frames }), ${ms});
  })`);

const show = (name: string, value: string): void => console.log(`${name.padEnd(44)} ${value}`);
const rate = ({ tasks, frames }: Watched, ms: number): string =>
  `${((frames * 1000) / ms).toFixed(0)} frames/s, ${tasks.length} tasks over 50 ms, longest ${Math.round(Math.max(0, ...tasks))} ms`;

async function measure(page: Page): Promise<void> {
  const started = Date.now();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator('.box').first().waitFor();
  show('first picture', `${Date.now() - started} ms`);
  await page.locator('.host .dot.good').first().waitFor({ timeout: 120_000 });
  show('the node is Ready', `${Date.now() - started} ms`);
  const bytes = await page.evaluate<number>(`performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.transferSize, 0)`);
  show('first load', `${Math.round(bytes / 1000)} kB over the wire`);
  show('nothing but background', rate(await watch(page, 5_000), 5_000));
  await page.getByLabel('Tempo').selectOption('fastest');
  await page.locator('#line').fill(`kubectl create deployment web --image=nginx --replicas=${replicas}`);
  await page.keyboard.press('Enter');
  show(`a Deployment of ${replicas}, for ${watchMs / 1000} s`, rate(await watch(page, watchMs), watchMs));
  const asked = Date.now();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Play' }).waitFor();
  show('a click on Pause is answered after', `${Date.now() - asked} ms`);
}

const server = spawn(process.execPath, ['node_modules/vite/bin/vite.js', 'preview', '--port', String(port), '--strictPort']);
await new Promise((resolve) => server.stdout.once('data', resolve));
const executablePath = process.env['CHROMIUM_PATH'];
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await measure(await browser.newPage({ viewport: { width: 1280, height: 720 } }));
} finally {
  await browser.close();
  server.kill();
}
