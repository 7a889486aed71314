import { expect, type Page } from '@playwright/test';

/** Opens the page and lets its cluster boot as fast as possible. */
export async function openBooted(page: Page): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Tempo').selectOption('fastest');
  await expect(page.locator('.pod', { hasText: 'storage-provisioner' })).toContainText('Running', { timeout: 60_000 });
}

/** Types a line in the terminal that is shown. */
export async function type(page: Page, line: string): Promise<void> {
  await page.locator('#line').fill(line);
  await page.keyboard.press('Enter');
}

/** What has the focus, in words. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');
}
