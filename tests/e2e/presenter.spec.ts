import { expect, test } from '@playwright/test';
import { seriousViolations } from './page.ts';

test('a lesson is presented: large, with notes in a window of their own, by the clicker, and from beat to beat', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('.pod').first()).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'An action' }).fill('tour of the components');
  await page.getByRole('option', { name: 'A tour of the components' }).click();
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeEnabled({ timeout: 60_000 });
  await page.getByLabel('Tempo').selectOption('fastest');
  await page.getByRole('button', { name: 'Keep, share and open sessions' }).click();
  await page.getByRole('menuitem', { name: 'Present' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'projector');
  await expect(page.locator('.head, .side, .timeline')).toHaveCount(0);
  await expect(page.getByRole('tab', { name: 'Topology' })).toBeHidden();
  const size = await page
    .locator('.player .words p')
    .first()
    .evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
  expect(size).toBeGreaterThan(24);

  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Notes' }).click();
  const notes = await opened;
  await expect(notes.locator('.notes')).toContainText('A tour of the components');
  await expect(notes.getByRole('region', { name: 'Next' })).toContainText('componentstatuses');
  await expect(notes.getByRole('timer')).toHaveText(/^\d\d:\d\d$/);
  await page.keyboard.press('PageDown');
  await expect(notes.locator('.progress')).toHaveText('1 / 8');
  await expect(notes.getByRole('region', { name: 'For you' })).toContainText('deprecated and still answers');
  await expect(page.locator('.player')).not.toContainText('deprecated and still answers');
  await expect(page.locator('.player .words')).toContainText('componentstatuses', { timeout: 30_000 });
  expect(await seriousViolations(page)).toEqual([]);
  expect(await seriousViolations(notes)).toEqual([]);
  // The clicker may have been pressed while the notes had the focus.
  await notes.keyboard.press('PageDown');
  await expect(page.locator('.player .progress')).toHaveText('2 / 8');

  const jump = async (beat: string): Promise<void> => {
    await page.getByRole('button', { name: 'Beats' }).click();
    await page.getByRole('menuitem', { name: `${beat}. ` }).click();
    await expect(page.locator('.player .progress')).toHaveText(`${beat} / 8`, { timeout: 60_000 });
    await expect(page.locator('.player .waiting, .player .options')).toHaveCount(0, { timeout: 30_000 });
  };
  await jump('5');
  await jump('1');
  await expect(page.locator('.player .words')).toContainText('componentstatuses');

  const closed = notes.waitForEvent('close');
  await page.keyboard.press('Escape');
  await closed;
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByLabel('Tempo')).toHaveValue('fastest');
  await page.locator('.clock').click();
  await page.keyboard.press('p');
  await expect(page.locator('.presenting')).toBeVisible();
});
