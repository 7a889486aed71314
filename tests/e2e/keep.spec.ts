import fs from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { keptTexts, openBooted, type } from './page.ts';

/** Chooses a line of the menu about sessions. */
async function session(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'Keep, share and open sessions' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function createNamespace(page: Page, name: string): Promise<void> {
  await type(page, `kubectl create namespace ${name}`);
  await expect(page.locator('.terminal')).toContainText(`namespace/${name} created`, { timeout: 30_000 });
}

async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page }).include('.dialog').analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

test.beforeEach(({ page }) => openBooted(page));

test('a link is the same run at the same moment, in another browser; one that was changed leaves everything as it is', async ({
  page,
  browser,
}) => {
  await createNamespace(page, 'shop');
  await page.getByLabel('Pause').click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  const clock = await page.locator('.clock').innerText();
  await session(page, 'Share a link');
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(link.length).toBeLessThan(8_000);
  expect(await violations(page)).toEqual([]);
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(other.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await expect(other.locator('.clock')).toHaveText(clock);
  expect(new URL(other.url()).hash).toBe('');
  await createNamespace(other, 'mine');
  await expect.poll(() => keptTexts(other), { timeout: 15_000 }).toContain('create namespace mine');
  await other.goto(`${link.slice(0, -20)}AAAA`);
  await expect(other.getByRole('alert')).toContainText('incomplete or was changed');
  await expect(other.locator('.terminal')).toContainText('namespace/mine created');
  await other.evaluate((end) => (location.hash = end), new URL(link).hash.replace('#run=1', '#run=9'));
  await other.getByRole('alert').getByRole('button', { name: 'Close' }).click();
  await expect(other.getByRole('alert')).toContainText('newer version');
  await other.context().close();
});

test('sessions have names, are copied, opened and deleted, and a deletion is taken back', async ({ page }) => {
  await createNamespace(page, 'shop');
  await session(page, 'Sessions');
  const names = page.getByRole('textbox', { name: 'Name of the session' });
  await names.fill('The shop');
  await names.press('Enter');
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(names).toHaveCount(2);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'New cluster' }).click();
  await expect(page.locator('.terminal')).not.toContainText('namespace/shop created');
  await createNamespace(page, 'bakery');
  await session(page, 'Sessions');
  await expect(names).toHaveCount(3);
  const shop = page.locator('.runs li', { has: page.locator('input[placeholder="The shop"]') });
  await shop.getByRole('button', { name: 'Delete' }).click();
  await expect(names).toHaveCount(2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(names).toHaveCount(3);
  await shop.getByRole('button', { name: 'Open' }).click();
  await expect(page.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await expect(page.locator('.terminal')).not.toContainText('bakery');
});

test('two tabs with the same run do not overwrite each other', async ({ page, context }) => {
  await createNamespace(page, 'shop');
  await expect.poll(() => keptTexts(page), { timeout: 15_000 }).toContain('create namespace shop');
  const second = await context.newPage();
  await second.goto('/');
  await expect(second.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await createNamespace(second, 'second');
  await createNamespace(page, 'first');
  for (const name of ['first', 'second'])
    await expect.poll(() => keptTexts(page), { timeout: 20_000 }).toContain(`create namespace ${name}`);
  await page.reload();
  await expect(page.locator('.terminal')).toContainText('namespace/first created', { timeout: 30_000 });
  await expect(page.locator('.terminal')).not.toContainText('second');
});

test('a session goes into a file and comes back; another file is refused in one sentence', async ({ page }) => {
  await createNamespace(page, 'shop');
  const saved = page.waitForEvent('download');
  await session(page, 'Save as a file');
  const file = await (await saved).path();
  await page.getByRole('button', { name: 'New cluster' }).click();
  await expect(page.locator('.terminal')).not.toContainText('shop');
  const open = async (buffer: Buffer): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await session(page, 'Open a file');
    await (await chooser).setFiles({ name: 'session.json', mimeType: 'application/json', buffer });
  };
  await open(fs.readFileSync(file));
  await expect(page.locator('.terminal')).toContainText('namespace/shop created', { timeout: 30_000 });
  await open(Buffer.from('{"some":"thing"}'));
  await expect(page.getByRole('alert')).toContainText('not a session that can be played');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
});

test('all objects are exported as YAML', async ({ page }) => {
  await createNamespace(page, 'shop');
  const saved = page.waitForEvent('download');
  await session(page, 'Export all objects');
  const documents = fs.readFileSync(await (await saved).path(), 'utf8').split(/^---$/m);
  expect(documents.some((text) => text.includes('kind: Namespace') && text.includes('name: shop'))).toBe(true);
  expect(documents.length).toBeGreaterThan(50);
});

test('the palette finds a component, an object, an action and a command', async ({ page }) => {
  const find = async (text: string): Promise<void> => {
    await page.locator('#line').focus();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'An action' }).fill(text);
  };
  await find('sched kube');
  await page.getByRole('option', { name: 'kube-scheduler minikube' }).first().click();
  await expect(page.locator('.chart .lit')).toBeVisible();
  await find('priorityclasses critical node');
  await expect(page.locator('.found [role=option]').first()).toContainText('system-node-critical');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(page.locator('.side .document')).toContainText('kind: PriorityClass');
  await find('keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Page Down');
  await page.keyboard.press('Escape');
  await find('kubectl create namespace palette');
  await page.keyboard.press('Enter');
  await expect(page.locator('.terminal')).toContainText('namespace/palette created', { timeout: 30_000 });
  await page.locator('.clock').click();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('what happens is told in words, and kept to be read', async ({ page }) => {
  await createNamespace(page, 'shop');
  await expect(page.getByRole('status', { name: 'What has happened' })).not.toBeEmpty();
  await session(page, 'Transcript');
  await expect(page.locator('.transcript')).toContainText('POST namespaces');
  expect(await violations(page)).toEqual([]);
});

test('a dump of another cluster that is dropped on the page is shown, and applied as the user who is chosen', async ({ page }) => {
  const dump = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: menu, namespace: shop, uid: 1-2-3, resourceVersion: "99" }
  data: { soup: tomato }
- apiVersion: v1
  kind: Node
  metadata: { name: far }
`;
  await page.evaluate((text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], 'dump.yaml', { type: 'application/yaml' }));
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
  }, dump);
  const dialog = page.getByRole('dialog', { name: 'Apply manifests' });
  await expect(dialog).toContainText('soup: tomato');
  await dialog.getByText('Left out (1)').click();
  await expect(dialog).toContainText('Node far: belongs to the machines of the other cluster');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(page.locator('.terminal')).toContainText('configmap/menu created', { timeout: 30_000 });
  await type(page, 'kubectl get configmap menu -n shop -o jsonpath={.data.soup}');
  await expect(page.locator('.terminal .out').last()).toHaveText('tomato');
});
