import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';

const KEY = 'a-secret-of-the-engine-that-is-long-enough-to-be-one';
const world = new World({ PERDURE_ADMIN_KEY: KEY });
beforeAll(() => world.start());
afterEach(() => world.closePages());
afterAll(() => world.end());

it('an engine with credentials asks for one, refuses a wrong one, and forgets the right one when told to', async () => {
  const page = await world.page('/');
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await page.getByLabel('API key or token').fill('not the key');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('The engine does not accept', { exact: false }).waitFor();
  await page.getByLabel('API key or token').fill(KEY);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'No workflow has run here yet' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'No workflow has run here yet' }).waitFor();
  // Of this tab alone: another one knows nothing of it.
  const other = await page.context().newPage();
  await other.goto(`${world.url}/ui/`);
  await other.getByRole('heading', { name: 'Log in' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  expect(world.complaints).toEqual([]);
});
