import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';

const KEY = 'a-secret-of-the-engine-that-is-long-enough-to-be-one';
const world = new World({ PERDURE_ADMIN_KEY: KEY });
beforeAll(() => world.start());
afterEach(() => world.closePages());
afterAll(() => world.end());

it('the page of the API lists every route, finds one, and calls it with a key', async () => {
  const page = await world.page('/');
  await page.goto(`${world.url}/docs/api`);
  const document = (await (await fetch(`${world.url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  const routes = Object.values(document.paths).flatMap((item) => Object.keys(item));
  await page.locator('summary').first().waitFor();
  expect(await page.locator('summary').count()).toBe(routes.length);
  await page.getByLabel('Find').fill('ListNamespaces');
  await page.locator('summary').click();
  const send = page.getByRole('button', { name: 'Send' });
  await send.click();
  await page.getByRole('status').getByText('401', { exact: false }).waitFor();
  await page.getByLabel('API key', { exact: false }).fill(KEY);
  await send.click();
  await page.getByRole('status').getByText('NAMESPACE_STATE_REGISTERED', { exact: false }).waitFor();
  expect(world.complaints).toEqual([]);
});
