import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { focused, openBooted, type } from './page.ts';

test.beforeEach(({ page }) => openBooted(page));

test('everything on the diagram is reached by Tab, in the order of the story, with a ring', async ({ page }) => {
  await page.locator('.box .name').first().focus();
  const seen: string[] = [];
  for (let count = 0; count < 90 && !seen.some((item) => item.includes('kube-system/')); count++) {
    seen.push(await focused(page));
    await page.keyboard.press('Tab');
  }
  const place = (text: string): number => seen.findIndex((item) => item.includes(text));
  const order = [
    'alice',
    'kube-apiserver',
    'authentication',
    'storage',
    'etcd',
    'kube-scheduler',
    'kube-controller-manager',
    'deployment',
    'minikube',
    'kubelet',
    'container-runtime',
    'kube-system/',
  ];
  const places = order.map(place);
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  await page.locator('.gate-name').first().focus();
  await page.keyboard.press('Tab');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement!, '::after').outlineStyle);
  expect(ring).toBe('solid');
});

test('a gate is looked into by Enter, and says what it decided', async ({ page }) => {
  await page.getByRole('button', { name: 'authorization' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.side')).toContainText('May this user do that?');
  await expect(page.locator('.passage li').first()).toBeVisible();
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('.side')).toContainText('这个用户可以这样做吗');
  await expect(page.locator('.gate-name').nth(1)).toHaveText('鉴权');
});

test('a node’s menu by keys: into a submenu and out, and the focus comes back', async ({ page }) => {
  const name = page.locator('.host .name');
  await name.focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menu')).toBeVisible();
  expect(await focused(page)).toContain('kubelet');
  await page.keyboard.press('ArrowDown');
  expect(await focused(page)).toContain('container-runtime');
  await page.keyboard.press('l');
  expect(await focused(page)).toContain('Links of minikube');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('menu')).toHaveCount(2);
  expect(await focused(page)).toContain('alice');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toHaveCount(3);
  expect(await focused(page)).toBe('Cut it');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(2);
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('menu')).toHaveCount(1);
  expect(await focused(page)).toContain('Links of minikube');
  const { violations } = await new AxeBuilder({ page }).include('.menu').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(name).toBeFocused();
});

test('a link is cut and healed by menu, and a kubelet restarted', async ({ page }) => {
  const alice = page.locator('.box.client .name');
  const links = async (item: string): Promise<void> => {
    await alice.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Links of alice' }).click();
    await page.getByRole('menuitem', { name: /^minikube/ }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await links('Cut it');
  await page.locator('#line').fill('kubectl get nodes');
  await page.keyboard.press('Enter');
  await expect(page.locator('.terminal .err').last()).toContainText('no route to host', { timeout: 30_000 });
  await links('Heal it');
  await page.locator('#line').fill('kubectl get nodes');
  await page.keyboard.press('Enter');
  await expect(page.locator('.terminal')).toContainText('control-plane', { timeout: 30_000 });
  await page.locator('.part', { hasText: 'kubelet' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Restart' }).click();
  await expect(page.locator('.part', { hasText: 'kubelet' })).toBeVisible();
});

test('panes are sized by keys, and keep their size', async ({ page }) => {
  const border = page.getByRole('separator', { name: 'Width of inspector and terminal' });
  const before = Number(await border.getAttribute('aria-valuenow'));
  await border.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(border).toHaveAttribute('aria-valuenow', String(before + 24));
  expect(await page.locator('.side').evaluate((element) => element.clientWidth)).toBeGreaterThan(before);
  await page.reload();
  await expect(border).toHaveAttribute('aria-valuenow', String(before + 24));
});

test('more pods than can be told apart by name are counted by state, and each is a dot', async ({ page }) => {
  await type(page, 'kubectl create deployment web --image=nginx --replicas=60');
  await expect(page.locator('.counters .running dd')).toHaveText('67', { timeout: 60_000 });
  await expect(page.locator('.pod-dot.running')).toHaveCount(67);
  await page.locator('.pod-dot').last().click();
  await expect(page.locator('.side .document')).toContainText('kind: Pod');
});

test('from afar pods are counted, near by their containers are named, and nothing moves', async ({ page }) => {
  const place = (): Promise<string> =>
    page.locator('.react-flow__node').evaluateAll((nodes) => nodes.map((node) => (node as HTMLElement).style.transform).join());
  const before = await place();
  await expect(page.locator('.pod').first()).toContainText('Running');
  for (let count = 0; count < 4; count++) await page.getByRole('button', { name: 'Zoom Out' }).click();
  await expect(page.locator('.host.far .counters .running')).toContainText('7');
  await expect(page.locator('.pod')).toHaveCount(0);
  expect(await place()).toBe(before);
  for (let count = 0; count < 8; count++) await page.getByRole('button', { name: 'Zoom In' }).click();
  await expect(page.locator('.containers').first()).toContainText('running ✓');
});
