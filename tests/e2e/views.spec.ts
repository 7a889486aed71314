import { expect, test } from '@playwright/test';
import { openBooted, seriousViolations, type } from './page.ts';

test.beforeEach(({ page }) => openBooted(page));

test('etcd’s keyspace is browsed at any revision, with what a write changed', async ({ page }) => {
  await type(page, 'kubectl create namespace shop');
  await expect(page.locator('.terminal')).toContainText('namespace/shop created');
  await type(page, 'kubectl label namespace shop tier=gold');
  await expect(page.locator('.terminal')).toContainText('namespace/shop labeled');
  await page.getByRole('tab', { name: 'etcd keyspace' }).click();
  await page.getByRole('searchbox').fill('namespaces/shop');
  await page.locator('.keyspace li button', { hasText: /^namespaces\/shop/ }).click();
  await expect(page.locator('.keyspace .added', { hasText: 'tier: gold' })).toBeVisible();
  await page.getByRole('button', { name: 'All keys' }).click();
  await page.getByRole('slider', { name: 'Revision' }).press('Home');
  await expect(page.locator('.keyspace li')).toHaveText('nothing yet');
});

test('an object shows its manifest, its history and its events', async ({ page }) => {
  await type(page, 'kubectl run lone --image=nginx');
  await page.locator('.pod.Running', { hasText: 'lone' }).click({ timeout: 30_000 });
  await expect(page.locator('.side .document')).toContainText('name: lone');
  await page.getByRole('tab', { name: 'History' }).click();
  await expect(page.locator('.revisions .added', { hasText: 'nodeName: minikube' }).first()).toBeVisible();
  await page.getByRole('tab', { name: 'Events' }).click();
  await expect(page.locator('.side')).toContainText('Successfully assigned default/lone to minikube');
  await page.locator('.pod', { hasText: 'coredns' }).click();
  await page.getByRole('group', { name: 'owned by' }).getByRole('button').click();
  await expect(page.locator('.side .key')).toContainText('/registry/replicasets/kube-system/coredns-');
  await page.getByRole('group', { name: 'owns' }).getByRole('button').click();
  await expect(page.locator('.side .key')).toContainText('/registry/pods/kube-system/coredns-');
});

test('a component shows its chart; stopped from a menu it goes, and its kubelet starts it again', async ({ page }) => {
  const scheduler = page.locator('.box', { hasText: 'kube-scheduler' }).first();
  await scheduler.click();
  await expect(page.locator('.chart .lit')).toHaveText('scheduling');
  await expect(page.locator('.chart .state')).toHaveCount(4);
  await expect(page.locator('.chart .edge.taken path')).toHaveCount(1);
  await scheduler.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Kill' }).click();
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(async () => {
    await type(page, 'kubectl get pod kube-scheduler-minikube -n kube-system');
    await expect(page.locator('.terminal pre').last()).toContainText(/1\/1 +Running +1/, { timeout: 1_000 });
  }).toPass({ timeout: 40_000 });
});

test('kubectl edit opens an editor, and what is saved is applied', async ({ page }) => {
  await type(page, 'kubectl create configmap settings --from-literal=colour=red');
  await expect(page.locator('.terminal')).toContainText('configmap/settings created');
  await type(page, 'kubectl edit configmap settings');
  const code = page.locator('.cm-content');
  await expect(code).toContainText('colour: red');
  await code.click();
  await page.keyboard.press('Control+Home');
  const text = (await code.innerText()).replace('colour: red', 'colour: blue');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.terminal')).toContainText('configmap/settings edited');
  await type(page, 'kubectl get configmap settings -o jsonpath={.data.colour}');
  await expect(page.locator('.terminal')).toContainText('blue');
});

for (const theme of ['dark', 'light'] as const)
  test(`the views have no serious accessibility violations (${theme})`, async ({ page }) => {
    if (theme === 'light') await page.getByRole('button', { name: 'Light or dark' }).click();
    const check = async (): Promise<void> => expect(await seriousViolations(page)).toEqual([]);
    await check();
    await page.locator('.box', { hasText: 'kube-scheduler' }).first().click();
    await expect(page.locator('.chart .lit')).toBeVisible();
    await check();
    await page.getByRole('button', { name: 'authorization' }).click();
    await check();
    await page.locator('.pod', { hasText: 'coredns' }).click();
    await check();
    await page.getByRole('tab', { name: 'etcd keyspace' }).click();
    await check();
    await page.getByRole('button', { name: 'Lessons' }).click();
    await page.getByRole('dialog').locator('[data-lesson=components]').click();
    await expect(page.locator('.player')).toBeVisible();
    await check();
  });
