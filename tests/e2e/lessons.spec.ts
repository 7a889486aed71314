import fs from 'node:fs';
import { expect, test, type Page } from '@playwright/test';

async function open(page: Page, title: string, begin = 'Next'): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByRole('dialog').getByRole('button', { name: title }).first().click();
  await expect(page.locator('.player')).toContainText(title);
  await expect(page.getByRole('button', { name: begin, exact: true })).toBeEnabled({ timeout: 30_000 });
}

/** Takes a lesson by the clicker's keys alone; a question is answered by its first option. */
async function playToTheGoal(page: Page, beats: number): Promise<void> {
  await page.getByLabel('Tempo').selectOption('fastest');
  for (let beat = 1; beat <= beats; beat++) {
    await page.keyboard.press('PageDown');
    const options = page.locator('.player .options button');
    await expect(page.locator('.player .progress')).toHaveText(`${beat} / ${beats}`, { timeout: 30_000 });
    if ((await options.count()) > 0 && (await page.locator('.player .options input').count()) === 0) await options.first().click();
    else if ((await page.locator('.player .question').count()) > 0) await page.keyboard.press('PageDown');
    await expect(page.locator('.player .waiting, .player .options')).toHaveCount(0, { timeout: 30_000 });
    await expect(page.locator('.player .words p').last()).not.toBeEmpty();
  }
  await page.keyboard.press('PageDown');
}

interface Shown {
  readonly id: string;
  readonly title: string;
  readonly beats: number;
  readonly solution: readonly string[];
}

/** A lesson as its files have it. */
function read(id: string, folder = '.'): Shown {
  const file = (name: string) =>
    JSON.parse(fs.readFileSync(new URL(`../../src/scenarios/${folder}/${id}/${name}.json`, import.meta.url), 'utf8'));
  const { beats, solution } = file('scenario') as { readonly beats: readonly unknown[]; readonly solution: readonly string[] };
  return { id, title: (file('en') as { readonly title: string }).title, beats: beats.length, solution };
}

const lessons = fs
  .readdirSync(new URL('../../src/scenarios/', import.meta.url), { withFileTypes: true })
  .filter((item) => item.isDirectory() && item.name !== 'challenges')
  .map((item) => read(item.name));
const challenges = ['image-typo', 'wrong-selector'].map((id) => read(id, 'challenges'));

/** Types the solution as a person does: a line when the one before is through. */
async function solve(page: Page, { id, title, solution }: Shown): Promise<void> {
  await expect(page.locator('.player .question')).toBeVisible();
  for (const line of solution) {
    await page.locator('#line').fill(line);
    await page.keyboard.press('Enter');
    await expect(page.locator('#line')).toBeEnabled();
    await page.waitForTimeout(300);
  }
  await expect(page.locator('.player .right')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Lessons' }).click();
  await expect(page.getByRole('dialog').locator(`[data-lesson="${id}"]`).getByLabel('done')).toBeVisible();
  expect(title).not.toBe('');
}

for (const lesson of lessons) {
  test(`${lesson.title}: to its goal`, async ({ page }) => {
    await open(page, lesson.title);
    await playToTheGoal(page, lesson.beats);
    await solve(page, lesson);
  });
}

for (const challenge of challenges) {
  test(`${challenge.title}: is repaired`, async ({ page }) => {
    await open(page, challenge.title, 'Repair it');
    await page.getByLabel('Tempo').selectOption('fastest');
    await page.keyboard.press('PageDown');
    await solve(page, challenge);
  });
}

test('a prediction is made by pointing at the picture; a link opens the lesson, and a bad file is refused with the place', async ({
  page,
}) => {
  await page.goto('/#lesson=list-then-watch');
  const next = page.getByRole('button', { name: 'Next', exact: true });
  await expect(next).toBeEnabled({ timeout: 30_000 });
  await page.getByLabel('Tempo').selectOption('fastest');
  for (let beat = 1; beat <= 3; beat++) {
    await page.keyboard.press('PageDown');
    await expect(page.locator('.player .progress')).toHaveText(`${beat} / 10`, { timeout: 30_000 });
    if (beat === 2) await page.locator('.player .options button').first().click();
    if (beat < 3) await expect(page.locator('.player .waiting, .player .options')).toHaveCount(0, { timeout: 30_000 });
  }
  await expect(page.locator('.player')).toContainText('Point at it');
  await page.locator('.diagram button', { hasText: /^etcd/ }).first().focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.player .right')).toContainText('etcd, as you said', { timeout: 30_000 });
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByLabel('Open a file…').setInputFiles({
    name: 'bad.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"scenario": {"format": "kube-orrery-scenario", "version": 3}, "texts": {}}'),
  });
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('scenario.id: is missing');
});

test('a lesson goes back, and changes its language on the way', async ({ page }) => {
  await open(page, 'A tour of the components');
  await page.getByLabel('Tempo').selectOption('fastest');
  await page.keyboard.press('PageDown');
  await expect(page.locator('.player .words')).toContainText('GET componentstatuses', { timeout: 30_000 });
  const first = await page.locator('.clock').innerText();
  await page.keyboard.press('PageDown');
  await page.locator('.player .options button').first().click();
  await expect(page.locator('.player .words')).toContainText('kube-scheduler, as you said', { timeout: 30_000 });
  await page.keyboard.press('PageUp');
  await expect(page.locator('.player .words')).toContainText('GET componentstatuses');
  await expect(page.locator('.clock')).toHaveText(first);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('.player')).toContainText('认识各个组件');
});

test('who leaves the rails comes back by one button, and the next beat is the one of the lesson', async ({ page }) => {
  await open(page, 'A tour of the components');
  await page.getByLabel('Tempo').selectOption('fastest');
  await page.keyboard.press('PageDown');
  await expect(page.locator('.player .waiting, .player .options')).toHaveCount(0, { timeout: 30_000 });
  const there = await page.locator('.clock').innerText();
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.locator('.terminal')).toContainText('etcd-0', { timeout: 30_000 });
  await page.locator('#line').fill('kubectl create namespace elsewhere');
  await page.keyboard.press('Enter');
  await expect(page.locator('.terminal')).toContainText('namespace/elsewhere created', { timeout: 30_000 });
  await page.getByRole('button', { name: 'Return to the lesson' }).click();
  await expect(page.locator('.clock')).toHaveText(there);
  await expect(page.getByRole('button', { name: 'Return to the lesson' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.locator('.clock')).not.toHaveText(there);
  await page.locator('.player header').click();
  await page.keyboard.press('PageDown');
  await expect(page.locator('.player .progress')).toHaveText('2 / 8', { timeout: 30_000 });
  await page.locator('.player .options button').first().click();
  await expect(page.locator('.player .words')).toContainText('kube-scheduler, as you said', { timeout: 30_000 });
  await expect(page.getByRole('button', { name: 'Return to the lesson' })).toHaveCount(0);
});

test('a lesson opened before the first picture of the cluster still begins', async ({ page }) => {
  await page.route('**/worker-*.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await route.continue();
  });
  await open(page, 'A tour of the components');
});
