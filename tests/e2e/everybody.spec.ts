import { expect, test } from '@playwright/test';
import { openBooted, seriousViolations, type } from './page.ts';

test('the page asks nobody else for anything, keeps to its policy, and works without a network', async ({ page, context }) => {
  const asked: string[] = [];
  const refused: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  page.on('console', (message) => message.text().includes('Content Security Policy') && refused.push(message.text()));
  await openBooted(page);
  await page.keyboard.press('Control+k');
  await expect(page.locator('.found [role=option]').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  expect(new Set(asked)).toEqual(new Set([new URL(page.url()).origin]));
  // What the policy does not allow does not happen.
  const inline = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.allowed = true';
    document.body.append(script);
    return 'allowed' in window;
  });
  expect(inline).toBe(false);
  expect(refused.filter((text) => !text.includes('inline script'))).toEqual([]);
  await page.reload();
  await expect(page.locator('.pod').first()).toBeVisible({ timeout: 30_000 });
  await context.setOffline(true);
  await page.reload();
  await type(page, 'kubectl create configmap offline --from-literal=colour=red; kubectl edit configmap offline');
  await expect(page.locator('.cm-content')).toContainText('colour: red', { timeout: 30_000 });
});

test('in a frame there is the picture and the lesson, at the step that was asked for, and the page around is told', async ({ page }) => {
  const around = `<script>heard = []; addEventListener('message', ({ data }) => heard.push(data));</script>
    <iframe src="/?embed&scenario=etcd-keys&step=3" style="width: 800px; height: 500px; border: 0"></iframe>`;
  await page.route('**/around.html', (route) => route.fulfill({ contentType: 'text/html', body: around }));
  await page.goto('/around.html');
  const frame = page.frameLocator('iframe');
  await expect(frame.locator('.player .progress')).toHaveText(/^3 \/ /, { timeout: 60_000 });
  await expect(frame.locator('.player .words p').last()).not.toBeEmpty();
  await expect(frame.locator('.head, .terminal, .timeline')).toHaveCount(0);
  const heard = await page.evaluate(() => (window as unknown as { readonly heard: readonly unknown[] }).heard);
  expect(heard).toContainEqual(expect.objectContaining({ source: 'kube-orrery', type: 'step', scenario: 'etcd-keys', step: 3 }));
  expect(heard).toContainEqual({ source: 'kube-orrery', type: 'size', width: 800, height: 500 });
});

test('an address that asks for a lesson or a step that is not there says so in a sentence', async ({ page }) => {
  await page.goto('/?embed&scenario=no-such-lesson');
  await expect(page.getByRole('alert')).toContainText('There is no lesson “no-such-lesson”');
  await page.goto('/?embed&scenario=etcd-keys&step=99');
  await expect(page.getByRole('alert')).toContainText('“99” is none of them', { timeout: 30_000 });
  await expect(page.locator('.player')).toBeVisible();
});

test('for a projector: no accessibility violations', async ({ page }) => {
  await openBooted(page);
  for (let count = 0; count < 2; count++) await page.getByRole('button', { name: 'for a projector' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'projector');
  expect(await seriousViolations(page)).toEqual([]);
});

for (const [name, width, height] of [
  ['a phone', 390, 844],
  ['a screen at 200 %', 640, 360],
] as const)
  test(`on ${name} nothing is beside the screen`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await page.goto('/');
    await expect(page.locator('#line')).toBeVisible({ timeout: 30_000 });
    for (const language of ['中文', 'EN']) {
      await page.getByRole('button', { name: language, exact: true }).click();
      const wide = await page.evaluate(() =>
        [document.documentElement, document.querySelector('.app')!].map(({ scrollWidth }) => scrollWidth),
      );
      expect(Math.max(...wide)).toBeLessThanOrEqual(width);
    }
    await page.keyboard.press('Control+k');
    const box = await page.getByRole('dialog').boundingBox();
    expect(box!.x).toBeGreaterThanOrEqual(0);
    expect(box!.x + box!.width).toBeLessThanOrEqual(width);
  });
