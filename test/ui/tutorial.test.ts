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
