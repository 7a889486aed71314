import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

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
  await expect
    .poll(() => page.evaluate(() => localStorage.getItem('kube-orrery.session')?.includes('create namespace shop') ?? false), {
      timeout: 15_000,
    })
    .toBe(true);
  await page.reload();
  await expect(page.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('.tagline')).toContainText('时间由你掌握');
  await page.getByRole('button', { name: '浅色或深色' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a damaged saved session is told in one sentence and kept', async ({ page }) => {
  await page.evaluate(() => localStorage.setItem('kube-orrery.session', '{"format":"kube-orrery-session","version":1,"cluster":{}}'));
  await page.addInitScript(() => undefined);
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('could not be read');
  expect(await page.evaluate(() => localStorage.getItem('kube-orrery.session.damaged'))).toContain('kube-orrery-session');
});

test('the page has no serious accessibility violations', async ({ page }) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations
      .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .map((violation) => `${violation.id}: ${violation.nodes[0]?.html ?? ''}`),
  ).toEqual([]);
});
