import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

async function openMasters(page: Page): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Cluster', { exact: true }).selectOption('ha');
  await page.getByLabel('Tempo').selectOption('fastest');
  await expect(page.locator('.pod', { hasText: 'storage-provisioner' })).toContainText('Running', { timeout: 60_000 });
}

const server = (page: Page, host: string) => page.locator(`[data-id="${host}/kube-apiserver"]`);

test('three masters are drawn, one of their API servers is killed from its menu, and reading still works', async ({ page }) => {
  await openMasters(page);
  for (const host of ['master-1', 'master-2', 'master-3']) await expect(server(page, host)).toBeVisible();
  await page.getByRole('button', { name: 'What still works' }).click();
  const table = page.getByRole('region', { name: 'What still works' });
  await expect(table.getByRole('row', { name: /^read/ })).toContainText('works', { timeout: 30_000 });
  await page.locator('[data-id="host master-2"] .part', { hasText: 'kubelet' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /SIGKILL/ }).click();
  await server(page, 'master-2')
    .locator('.name')
    .click({ button: 'right', position: { x: 4, y: 4 } });
  await page.getByRole('menuitem', { name: /SIGKILL/ }).click();
  await expect(page.locator('[data-id="load-balancer/haproxy"]')).toContainText('2/3 up', { timeout: 30_000 });
  await expect(table.getByRole('row', { name: /^read/ })).toContainText('works');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

test('a machine is cut off and joined again from its menu', async ({ page }) => {
  await openMasters(page);
  const frame = page.locator('[data-id="plane master-3"] .name');
  await frame.focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Cut master-3 off from all others' }).click();
  await expect(frame).toContainText('cut off');
  await frame.focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Join master-3 to the others again' }).click();
  await expect(frame).not.toContainText('cut off');
});
