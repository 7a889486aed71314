import { expect, test, type Page } from '@playwright/test';
import { keptTexts, openBooted, type } from './page.ts';

async function openAs(page: Page, user: string): Promise<void> {
  await page.getByRole('button', { name: 'Open a terminal as' }).click();
  await page.getByRole('menuitem', { name: user }).click();
  await expect(page.getByRole('tab', { name: user })).toHaveAttribute('aria-selected', 'true');
}

test.beforeEach(({ page }) => openBooted(page));

test('two users at their terminals: each with their own rights, history and draft', async ({ page }) => {
  await openAs(page, 'bob');
  await type(page, 'kubectl get pods');
  await expect(page.locator('.terminal .err')).toContainText('User "bob" cannot list resource "pods"');
  await page.locator('#line').fill('kubectl get no');
  await page.getByRole('tab', { name: 'alice' }).click();
  await expect(page.locator('#line')).toHaveValue('');
  await type(page, 'kubectl create rolebinding readers --clusterrole=view --user=bob');
  await expect(page.locator('.terminal')).toContainText('rolebinding.rbac.authorization.k8s.io/readers created');
  await page.getByRole('tab', { name: 'alice' }).press('ArrowRight');
  await expect(page.locator('#line')).toHaveValue('kubectl get no');
  await page.locator('#line').press('ArrowUp');
  await expect(page.locator('#line')).toHaveValue('kubectl get pods');
  await page.keyboard.press('Enter');
  await expect(page.locator('.terminal')).toContainText('No resources found in default namespace.');
});

test('terminals rewind, branch, and are there after a refresh', async ({ page }) => {
  await type(page, 'kubectl create namespace shop');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await openAs(page, 'carol');
  await expect(page.locator('.box.client')).toHaveCount(2);
  await page.getByLabel('Pause').click();
  await page.locator('.clock').click();
  await page.keyboard.press('Home');
  await expect(page.locator('.terminal [role=tab]')).toHaveCount(0);
  await page.keyboard.press('End');
  await expect(page.locator('.terminal [role=tab]')).toHaveText(['alice', 'carol']);
  await expect.poll(() => keptTexts(page), { timeout: 15_000 }).toContain('carol/terminal');
  await page.reload();
  await expect(page.locator('.terminal [role=tab]')).toHaveText(['alice', 'carol'], { timeout: 30_000 });
});
