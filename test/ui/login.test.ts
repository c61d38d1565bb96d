import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';

const KEY = 'a-secret-of-the-engine-that-is-long-enough-to-be-one';
const world = new World({ PERDURE_ADMIN_KEY: KEY });
beforeAll(() => world.start());
afterEach(() => world.closePages());
afterAll(() => world.end());

const admin = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const post = async (path: string, body: object) => {
  const reply = await fetch(`${world.url}/api/v1${path}`, {
    method: 'POST',
    headers: admin,
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(200);
  return reply.json() as Promise<{ key: string }>;
};

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
  // No script of a page can read it.
  expect(
    await page.evaluate('document.cookie + JSON.stringify({ ...sessionStorage, ...localStorage })'),
  ).not.toContain(KEY);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: '__Host-perdure', httpOnly: true, secure: true, sameSite: 'Strict' });
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  expect(world.complaints).toEqual([]);
});

it('somebody who may only read sees everything, and no button that would be refused', async () => {
  const start = { workflowType: { name: 'order' }, taskQueue: { name: 'nobody' } };
  await post('/namespaces/default/workflows/to-read', start);
  const { key } = await post('/api-keys', { name: 'auditor', permissions: ['default:reader'] });
  const page = await world.page('/ui/default/workflows/to-read');
  await page.getByLabel('API key or token').fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Waits for a Worker on task queue nobody').waitFor();
  await page.getByRole('button', { name: 'History', exact: true }).waitFor();
  for (const name of ['Terminate', 'Signal', 'Reset', 'Pause'])
    expect([name, await page.getByRole('button', { name, exact: true }).count()]).toEqual([name, 0]);
  await page.goto(`${world.url}/ui/default/workflows`);
  await page.getByRole('link', { name: 'to-read' }).waitFor();
  await page.getByLabel('Select to-read').check();
  expect(await page.getByRole('link', { name: 'Start workflow' }).count()).toBe(0);
  expect(await page.getByRole('toolbar').count()).toBe(0);
  expect(world.complaints).toEqual([]);
});
