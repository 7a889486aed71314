import fs from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { keptTexts, seriousViolations } from './page.ts';

async function type(page: Page, line: string): Promise<void> {
  await page.getByRole('textbox').fill(line);
  await page.keyboard.press('Enter');
}

const tempo = (page: Page, value: string) => page.getByLabel('Tempo').selectOption(value);

test.beforeEach(async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto('/');
  await tempo(page, 'fastest');
  await expect(page.locator('.pod', { hasText: 'etcd-minikube' })).toContainText('Running', { timeout: 60_000 });
  expect(errors).toEqual([]);
});

test('a Deployment becomes running pods, and time goes both ways', async ({ page }) => {
  await type(page, 'kubectl create deployment web --image=nginx --replicas=3');
  await expect(page.locator('.terminal')).toContainText('deployment.apps/web created');
  await expect(page.locator('.pod.Running', { hasText: /^web-/ })).toHaveCount(3, { timeout: 60_000 });
  await type(page, 'kubectl get deployment web');
  await expect(page.locator('.terminal')).toContainText('3/3');
  await page.getByLabel('Pause').click();
  const before = await page.locator('.clock').innerText();
  await page.getByLabel('Step back').click();
  await expect(page.locator('.clock')).not.toHaveText(before);
  await page.locator('body').press('Home');
  await expect(page.locator('.pod')).toHaveCount(0);
  await page.locator('body').press('End');
  await expect(page.locator('.pod', { hasText: /^web-/ })).toHaveCount(3);
});

test('a run survives a refresh, both languages and themes work', async ({ page }) => {
  await type(page, 'kubectl create namespace shop');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await expect.poll(() => keptTexts(page), { timeout: 15_000 }).toContain('create namespace shop');
  await page.reload();
  await expect(page.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('.tagline')).toContainText('时间由你掌握');
  await page.getByRole('button', { name: '浅色或深色' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a damaged saved session is told in one sentence and kept', async ({ page }) => {
  const damaged = '{"format":"kube-orrery-session","version":1,"cluster":{}}';
  await page.evaluate((text) => localStorage.setItem('kube-orrery.session', text), damaged);
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('could not be read');
  expect(await page.evaluate(() => localStorage.getItem('kube-orrery.session.damaged'))).toContain('kube-orrery-session');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download it' }).click();
  expect(fs.readFileSync(await (await download).path(), 'utf8')).toBe(damaged);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('alert')).toContainText('could not be read');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await type(page, 'kubectl create namespace shop');
  await expect.poll(() => keptTexts(page), { timeout: 15_000 }).toContain('create namespace shop');
  expect(await page.evaluate(() => localStorage.getItem('kube-orrery.session.damaged'))).toContain('kube-orrery-session');
  await page.getByRole('button', { name: 'Discard it' }).click();
  expect(await page.evaluate(() => localStorage.getItem('kube-orrery.session.damaged'))).toBeNull();
  await page.reload();
  await expect(page.locator('.terminal')).toContainText('kubectl create namespace shop', { timeout: 30_000 });
});

test('a new cluster puts the run aside; it can be taken up again, and back', async ({ page }) => {
  const before = page.getByRole('button', { name: 'Take up the run before this one' });
  await expect(before).toHaveCount(0);
  await type(page, 'kubectl create namespace shop');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await page.getByRole('button', { name: 'New cluster' }).click();
  await expect(page.locator('.terminal')).not.toContainText('shop');
  await type(page, 'echo another run');
  await expect(page.locator('.terminal .out')).toHaveText('another run');
  await before.click();
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await before.click();
  await expect(page.locator('.terminal .out')).toHaveText('another run');
});

test('branches are a tree over the timeline: a click switches', async ({ page }) => {
  const clock = async (): Promise<number> => {
    const [minutes, seconds] = (await page.locator('.clock').innerText()).split(':').map(Number);
    return minutes! * 60 + seconds!;
  };
  const before = await clock();
  await type(page, 'kubectl create namespace first');
  await expect(page.locator('.terminal')).toContainText('namespace/first created');
  await page.getByLabel('Pause').click();
  const width = await page.locator('.lanes').evaluate((element) => element.clientWidth);
  // Just before the command: everything runs, and nothing has been typed.
  await page.locator('.lanes').click({ position: { x: (width * before) / (await clock()) - 1, y: 10 } });
  await expect(page.locator('.terminal')).not.toContainText('first');
  await type(page, 'kubectl create namespace second');
  await expect(page.locator('.terminal')).toContainText('namespace/second created', { timeout: 30_000 });
  const branches = page.getByRole('group', { name: 'branches' }).getByRole('button');
  await expect(branches).toHaveCount(2);
  await expect(branches.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await branches.first().click();
  await page.keyboard.press('End');
  await expect(branches.first()).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('.terminal')).toContainText('namespace/first created');
  await expect(page.locator('.terminal')).not.toContainText('second');
});

test('the page has no serious accessibility violations', async ({ page }) => {
  expect(await seriousViolations(page)).toEqual([]);
});
