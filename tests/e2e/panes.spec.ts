import fs from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { openBooted, type } from './page.ts';

const open = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click();

/** What a click on something gives to keep. */
async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const coming = page.waitForEvent('download');
  await click();
  return fs.readFile(await (await coming).path(), 'utf8');
}

async function inExport(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Export' }).click();
  return saved(page, () => page.getByRole('menuitem', { name }).click());
}

test.beforeEach(async ({ page }) => openBooted(page));

test('a ladder tells a story, message by message, and is a file', async ({ page }) => {
  await type(page, 'kubectl run lone --image=nginx');
  await expect(page.locator('.pod.Running', { hasText: 'lone' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Only this story' }).click();
  await open(page, 'Ladder');
  const rows = page.getByRole('listbox', { name: 'Ladder' });
  await rows.press('Home');
  const chosen = page.locator('.rung[aria-selected="true"]');
  await expect(chosen).toHaveAttribute('aria-label', /alice\/terminal.*kube-apiserver/);
  await rows.press('ArrowDown');
  await expect(chosen).toHaveAttribute('aria-posinset', '2');
  await page.locator('.rung[aria-label*="POST pods"]').first().click();
  await expect(page.locator('.side')).toContainText('/api/v1/namespaces/default/pods');
  await expect(page.locator('.side .chain .say_typed')).toContainText('alice typed: kubectl run lone --image=nginx');
  await rows.press('Enter');
  await expect(page.locator('.ladder g.future').first()).toBeVisible();
  expect(await inExport(page, 'Mermaid')).toMatch(/^sequenceDiagram\n {2}participant p0 as alice · kubectl\n[^]*p0->>p1: POST pods\n/);
  expect(await inExport(page, 'SVG')).toMatch(/^<svg [^]*POST pods[^]*<\/svg>$/);
  expect(JSON.parse(await inExport(page, 'Trace for Perfetto'))).toHaveProperty('traceEvents');
});

test('two views stand beside each other, and still do after a reload', async ({ page }) => {
  await page.getByRole('button', { name: 'Show another view beside' }).click();
  await expect(page.getByRole('region', { name: 'Ladder' })).toBeVisible();
  await page.getByLabel('View beside', { exact: true }).selectOption('Queues');
  await page.getByRole('separator', { name: 'Width of the view beside' }).press('ArrowRight');
  const width = await page.locator('.pane.beside').evaluate((pane) => pane.clientWidth);
  await page.reload();
  await expect(page.getByRole('region', { name: 'Queues' })).toBeVisible();
  expect(await page.locator('.pane.beside').evaluate((pane) => pane.clientWidth)).toBe(width);
  await page.getByRole('button', { name: 'Close the view beside' }).click();
  await expect(page.getByRole('region', { name: 'Queues' })).toHaveCount(0);
});

test('a field says who wrote it and why; a pod that cannot be placed says what is in the way', async ({ page }) => {
  await type(page, 'kubectl create deployment web --image=nginx');
  await page.locator('.pod.Running', { hasText: 'web' }).click({ timeout: 30_000 });
  await page.getByRole('option', { name: 'nodeName: minikube' }).click();
  const why = page.getByRole('region', { name: 'Why?' });
  await expect(why).toContainText('scheduler asked kube-apiserver: POST pods/web-');
  await expect(why).toContainText('let it pass: authentication → authorization');
  await expect(why).toContainText('alice typed: kubectl create deployment web --image=nginx');
  await page.getByRole('tab', { name: 'Owners of fields' }).click();
  await expect(page.locator('.owned').first()).toContainText('spec.containers[name=nginx].image');
  await type(page, `kubectl run big --image=nginx --overrides='{"spec":{"nodeSelector":{"disk":"ssd"}}}'`);
  await expect(page.locator('.terminal')).toContainText('pod/big created');
  await open(page, 'Queues');
  await expect(page.locator('tr', { hasText: 'default/big' })).toContainText('unschedulable NodeAffinity');
  await open(page, 'Scheduler');
  await page.locator('.sheet select').selectOption('default/big');
  await expect(page.locator('.sheet')).toContainText("node(s) didn't match Pod's node affinity/selector");
  await expect(page.getByRole('region', { name: 'What is in the way' })).toContainText('0/1 nodes are available');
});

test('caches stand beside the truth, and the audit log is one of audit.k8s.io', async ({ page }) => {
  await type(page, 'kubectl create namespace shop');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await open(page, 'Caches');
  await expect(page.locator('.sheet tr', { hasText: 'coredns' }).filter({ hasText: 'namespaces' })).toContainText('as stored');
  await open(page, 'Audit log');
  await page.getByRole('searchbox', { name: 'Filter requests' }).fill('create /api/v1/namespaces?');
  await expect(page.locator('.sheet tbody tr')).toContainText('minikube-user');
  const lines = (await saved(page, () => page.getByRole('button', { name: 'Save as JSON lines' }).click())).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { readonly apiVersion: string; readonly objectRef?: { readonly name?: string } });
  expect(events.every(({ apiVersion }) => apiVersion === 'audit.k8s.io/v1')).toBe(true);
  expect(events.some(({ objectRef }) => objectRef?.name === 'shop')).toBe(true);
});

test('time runs until what one waits for, and stops there', async ({ page }) => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('slider', { name: 'timeline' }).press('Home');
  const wanted = page.getByRole('combobox', { name: 'Run until…' });
  await wanted.fill('a pod is bound to a node');
  await wanted.press('Enter');
  await expect(page.getByRole('log')).toContainText('kube-scheduler → kube-apiserver: POST pods/', { timeout: 30_000 });
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  await wanted.fill('coredns');
  await wanted.press('Enter');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible({ timeout: 30_000 });
});

test('two branches are compared at the same moment', async ({ page }) => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('slider', { name: 'timeline' }).click({ position: { x: 500, y: 20 } });
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  await type(page, 'kubectl create namespace other');
  await expect(page.locator('.terminal')).toContainText('namespace/other created', { timeout: 30_000 });
  await open(page, 'Compare');
  await expect(page.locator('.difference-of', { hasText: 'Namespace other' })).toContainText('only in B');
});

for (const theme of ['dark', 'light'] as const)
  test(`no view breaks a rule of accessibility (${theme})`, async ({ page }) => {
    if (theme === 'light') await page.getByRole('button', { name: 'Light or dark' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    for (const name of ['Ladder', 'Caches', 'Queues', 'Scheduler', 'Audit log', 'Activity', 'Compare']) {
      await open(page, name);
      await expect(page.getByRole('region', { name, exact: true }).locator('.sheet, .ladder')).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).include('.stage').analyze();
      expect(violations.map(({ id, nodes }) => `${name} ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    }
  });
