import { expect, test, type Page } from '@playwright/test';

async function open(page: Page, title: string): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByRole('menuitem', { name: title }).click();
  await expect(page.locator('.player')).toContainText(title);
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeEnabled({ timeout: 30_000 });
}

/** Takes a lesson by the clicker's keys alone; a question is answered by its first option. */
async function playToTheGoal(page: Page, beats: number): Promise<void> {
  await page.getByLabel('Tempo').selectOption('fastest');
  for (let beat = 1; beat <= beats; beat++) {
    await page.keyboard.press('PageDown');
    const options = page.locator('.player .options button');
    await expect(page.locator('.player .progress')).toHaveText(`${beat} / ${beats}`, { timeout: 30_000 });
    if ((await options.count()) > 0) await options.first().click();
    await expect(page.locator('.player .waiting, .player .options')).toHaveCount(0, { timeout: 30_000 });
    await expect(page.locator('.player .words p').last()).not.toBeEmpty();
  }
  await page.keyboard.press('PageDown');
}

const lessons = [
  { title: 'A tour of the components', beats: 8, solution: 'kubectl create namespace shop' },
  {
    title: 'What is inside etcd',
    beats: 8,
    solution: 'kubectl create namespace kitchen; kubectl create configmap menu -n kitchen --from-literal=soup=tomato',
  },
  {
    title: 'Who may touch etcd?',
    beats: 11,
    solution: 'kubectl create rolebinding app-view --clusterrole=view --serviceaccount=default:default',
  },
  {
    title: '401, 403, denied, stored',
    beats: 12,
    solution: `kubectl patch quota small -p '{"spec":{"hard":{"pods":"1"}}}'; sleep 1; kubectl run app --image=nginx`,
  },
  {
    title: 'What you sent is not what is stored',
    beats: 9,
    solution: 'kubectl run calm --image=nginx:1.27',
  },
  { title: 'Two writers, one object', beats: 12, solution: `kubectl patch configmap menu -p '{"data":{"drink":"coffee"}}'` },
  { title: 'Nobody calls the kubelet', beats: 10, solution: 'kubectl label pod app tier=front' },
  { title: 'From one command to running containers', beats: 14, solution: 'kubectl scale deployment web --replicas=5' },
  { title: 'A Deployment without a controller manager', beats: 11, solution: 'kubectl scale deployment web --replicas=3' },
  {
    title: 'The scheduler is dead; I name the node myself',
    beats: 10,
    solution: `kubectl run picked --image=nginx --overrides='{"spec":{"nodeName":"node-3"}}'`,
  },
  { title: 'I deleted it and it came back', beats: 7, solution: 'kubectl delete deployment web' },
  { title: 'Control plane down, customers happy', beats: 10, solution: 'kubectl scale deployment web --replicas=2' },
] as const;

for (const { title, beats, solution } of lessons) {
  test(`${title}: to its goal`, async ({ page }) => {
    await open(page, title);
    await playToTheGoal(page, beats);
    await expect(page.locator('.player .question')).toBeVisible();
    await page.locator('#line').fill(solution);
    await page.keyboard.press('Enter');
    await expect(page.locator('.player .right')).toBeVisible({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Lessons' }).click();
    await expect(page.getByRole('menuitem', { name: title }).getByLabel('done')).toBeVisible();
  });
}

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

test('a lesson opened before the first picture of the cluster still begins', async ({ page }) => {
  await page.route('**/worker-*.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await route.continue();
  });
  await open(page, 'A tour of the components');
});
