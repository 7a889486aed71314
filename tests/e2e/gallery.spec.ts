import { expect, test } from '@playwright/test';
import { openBooted, seriousViolations } from './page.ts';

test('a manifest of the gallery is shown, and applied', async ({ page }) => {
  await openBooted(page);
  await page.getByRole('button', { name: 'Keep, share and open sessions' }).click();
  await page.getByRole('menuitem', { name: 'Manifests to begin with' }).click();
  const gallery = page.getByRole('dialog', { name: 'Manifests to begin with' });
  await expect(gallery.getByRole('button', { name: 'Running, and never Ready' })).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);
  await gallery.getByRole('button', { name: 'A web server' }).click();
  const dialog = page.getByRole('dialog', { name: 'Apply manifests' });
  await expect(dialog).toContainText('Served from a ConfigMap');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(page.locator('.terminal')).toContainText('deployment.apps/web created', { timeout: 30_000 });
});
