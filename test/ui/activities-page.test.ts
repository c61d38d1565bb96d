import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';

const world = new World();
beforeAll(async () => {
  await world.start();
  await world.startWorker();
});
afterEach(async () => {
  await world.closePages();
  expect(world.complaints.splice(0)).toEqual([]);
});
afterAll(() => world.end());

const start = (id: string, type: string, input: unknown[]) =>
  world.api.ok('POST', `/activities/${encodeURIComponent(id)}`, {
    activityType: { name: type },
    taskQueue: { name: 'ui' },
    input,
    startToCloseTimeout: '30s',
    retryPolicy: { initialInterval: '300s' },
  });

it('activities of no workflow are listed, found, looked at, cancelled and deleted', async () => {
  await start('mail/to ada', 'greet', ['Ada']);
  await start('charge', 'flaky', [99]);
  const page = await world.page('/ui/default/activities');
  await page.getByRole('link', { name: 'charge' }).waitFor();
  await page.getByLabel('Filter, or an activity ID').fill('mail/to ada');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
  await page.getByRole('link', { name: 'mail/to ada' }).click();
  await page.getByRole('heading', { level: 1, name: 'mail/to ada' }).waitFor();
  await page.getByText('"Hello, Ada"').waitFor();
  await page.getByText('Completed', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'Activities' }).first().click();
  await page.getByLabel('Filter, or an activity ID').fill("ActivityType = 'flaky' AND nonsense");
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page
    .getByLabel('Filter, or an activity ID')
    .fill("ActivityType = 'flaky' AND ExecutionStatus = 'Running'");
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'charge' }).click();
  await page.getByText(/Attempt 2 comes in/).waitFor();
  await page.getByText('The card terminal does not answer (attempt 1)', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Reason').fill('not needed');
  await page.getByRole('button', { name: 'Request cancellation' }).click();
  await page.getByText('Canceled', { exact: true }).first().waitFor();

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Activities of no workflow' }).waitFor();
  await expect.poll(() => page.getByRole('link', { name: 'charge' }).count()).toBe(0);
});
