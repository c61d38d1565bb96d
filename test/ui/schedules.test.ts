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

it('a schedule is created, triggered, paused, changed and deleted from its page', async () => {
  const page = await world.page('/ui/default/schedules');
  await page.getByRole('link', { name: 'Create schedule' }).click();
  await page.getByLabel('Schedule ID').fill('nightly');
  await page.getByLabel('Workflow type').fill('recovers');
  await page.getByLabel('Task queue').fill('ui');
  await page.getByLabel('Workflow ID').fill('report');
  await page.getByLabel('Arguments').fill('0');
  await page.getByLabel('Cron strings').fill('nonsense');
  await page.getByRole('button', { name: 'Create schedule' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Cron strings').fill('0 3 * * *');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page
    .getByText(/03:00:00 (CET|GMT\+2|CEST)/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Create schedule' }).click();

  await page.getByRole('heading', { level: 1, name: 'nightly' }).waitFor();
  await expect.poll(() => page.locator('.times li').count()).toBe(10);
  await page.getByText('Time zone Europe/Berlin').waitFor();
  await page.getByRole('button', { name: 'Trigger now' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Trigger' }).click();
  const lastRun = page.getByRole('link', { name: /^report-/ }).first();
  await lastRun.waitFor();

  // The calendar has what it did and what it will do.
  await page.locator('td[aria-current=date] a').waitFor();
  await page.getByRole('button', { name: 'Later' }).click();
  await expect.poll(() => page.locator('.calendar td:not(.other) .moment').count()).toBeGreaterThan(27);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByLabel('Note').fill('the press is broken');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByText('It is paused: the press is broken').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();

  await page.getByRole('link', { name: 'Edit' }).click();
  await expect.poll(() => page.getByLabel('Workflow type').inputValue()).toBe('recovers');
  await page.getByLabel('Every (seconds)').fill('3600');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Every 1h').waitFor();

  await page.getByRole('button', { name: 'Backfill' }).click();
  await page.getByLabel('From (local time)').fill('2026-01-01T00:30');
  await page.getByLabel('To (local time)').fill('2026-01-01T02:30');
  await page.getByRole('dialog').getByRole('button', { name: 'Backfill' }).click();
  await page
    .getByRole('link', { name: /^report-2026-01-01/ })
    .first()
    .waitFor();

  await page.getByRole('link', { name: 'Schedules', exact: true }).first().click();
  await page.getByRole('link', { name: 'nightly' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'No schedule yet' }).waitFor();
});
