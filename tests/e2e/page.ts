import AxeBuilder from '@axe-core/playwright';
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

/** Serious accessibility violations of the page, each with its first element. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

/** What has the focus, in words. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');
}

/** The texts of all runs that this browser keeps. */
export function keptTexts(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const request = indexedDB.open('kube-orrery', 1);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const all = request.result.transaction('runs').objectStore('runs').getAll() as IDBRequest<{ readonly text: string }[]>;
          all.onsuccess = () => (request.result.close(), resolve(all.result.map(({ text }) => text).join('\n')));
        };
      }),
  );
}
