import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import process from 'node:process';
import { expect, test } from '@playwright/test';
import { commands, runMs, type Fingerprint } from './determinism.ts';

test('the same seed and inputs give the same journal in Node and in the browser', async ({ page }) => {
  const inNode = JSON.parse(
    execFileSync(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'tests/e2e/determinism.ts'], { encoding: 'utf8' }),
  ) as Fingerprint;
  const worker = fs.readdirSync('dist/assets').find((name) => /^worker-.*\.js$/.test(name))!;
  await page.goto('/');
  const inBrowser = await page.evaluate(
    ({ file, sent, at }) =>
      new Promise<unknown>((resolve) => {
        const session = new Worker(`/assets/${file}`, { type: 'module' });
        session.onmessage = ({
          data,
        }: MessageEvent<{
          readonly frame?: { readonly epoch?: number; readonly time: number; readonly playing?: boolean };
          readonly answer?: unknown;
        }>) => {
          if (data.frame?.epoch !== undefined && first) {
            first = false;
            for (const command of sent) session.postMessage({ command });
            session.postMessage({ command: { type: 'run-until', condition: { type: 'time', at: data.frame.epoch + at } } });
            end = data.frame.epoch + at;
          }
          if (data.frame !== undefined && end !== undefined && data.frame.time >= end)
            session.postMessage({ ask: { type: 'hash' }, id: 1 });
          if (data.answer !== undefined) {
            session.terminate();
            resolve(data.answer);
          }
        };
        let first = true;
        let end: number | undefined;
      }),
    { file: worker, sent: commands, at: runMs },
  );
  expect(inBrowser).toEqual(inNode);
});
