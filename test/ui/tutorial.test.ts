import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';

const world = new World();
beforeAll(() => world.start());
afterEach(() => world.closePages());
afterAll(() => world.end());

it('the money transfer, with its page open: no Worker, a Worker that appears, a Worker that dies, and the end', async () => {
  const page = await world.page('/');
  await page.getByRole('button', { name: 'Start a money transfer now' }).click();
  const now = page.getByRole('region', { name: 'What it does now' });
  await now.getByText('Waits for a Worker on task queue money-transfer').waitFor();

  await world.startTransferWorker(2_000);
  await now.getByText(/Activity withdraw runs/).waitFor();
  await world.stopTransferWorker();
  // Nobody is lost: the attempt waits, and the page says for what.
  await now.getByText(/Activity withdraw/).waitFor();
  await now.locator('.now-reason').first().waitFor();
  await page.locator('#tab-pending').click();
  await page.getByRole('heading', { name: /withdraw/ }).waitFor();

  await world.startTransferWorker(100);
  await page
    .getByText(/Transfer complete \(transaction IDs: W/)
    .first()
    .waitFor();
  await page.locator('#tab-result').click();
  await page.getByText('"sourceAccount"').waitFor();
  await page.locator('#tab-metadata').click();
  await page.getByText('Workers that took its tasks').waitFor();
  await page.goto(`${world.url}/ui/default/workers`);
  await page.getByText('moneyTransfer').waitFor();
  expect(world.complaints).toEqual([]);
  expect(world.strangers).toEqual([]);
});

it('an activity that is broken, fixed while its workflow runs: the page says what fails, when it is tried again, and that it is over', async () => {
  await world.stopTransferWorker();
  await world.startBrokenTransferWorker();
  const page = await world.page('/ui/default/start');
  await page.getByLabel('Workflow ID').fill('transfer-broken');
  await page.getByLabel('Workflow type').fill('moneyTransfer');
  await page.getByLabel('Task queue').fill('money-transfer');
  await page
    .getByLabel('Arguments')
    .fill(
      '{ "amount": 25, "sourceAccount": "acct-alice", "targetAccount": "acct-bob", "referenceId": "broken" }',
    );
  await page.getByRole('button', { name: 'Start workflow' }).click();

  const now = page.getByRole('region', { name: 'What it does now' });
  await now.getByText(/Activity deposit (will be tried again|runs).*attempt [2-9]/).waitFor();
  await now.getByText('takes no deposits right now', { exact: false }).first().waitFor();
  await page.locator('#tab-pending').click();
  await page.getByRole('heading', { name: /deposit/ }).waitFor();
  await page.locator('#tab-stack').click();
  await page
    .getByText(/depositThatFails/)
    .first()
    .waitFor();
  await page.locator('#tab-result').click();
  await page.getByText('"acct-bob"').waitFor();

  // The fix: the right code is deployed. Nobody touches the workflow, and no money is moved twice.
  await world.stopBrokenTransferWorker();
  await world.startTransferWorker(0);
  await page
    .getByText(/Transfer complete \(transaction IDs: W/)
    .first()
    .waitFor({ timeout: 60_000 });
  await page.locator('#tab-timeline').click();
  await page.locator('.row', { hasText: 'withdraw' }).waitFor();
  expect(await page.locator('.row', { hasText: 'withdraw' }).count()).toBe(1);
  expect(world.complaints).toEqual([]);
});
