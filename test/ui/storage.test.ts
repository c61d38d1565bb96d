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
  expect(world.strangers.splice(0)).toEqual([]);
});
afterAll(() => world.end());

it('a run is forked under another id from its page, and one that nobody needs is deleted', async () => {
  await world.api.start({ workflowId: 'fails-1', workflowType: 'fails', taskQueue: 'ui', args: [] });
  await world.api.closed('fails-1');
  const page = await world.page('/ui/default/workflows/fails-1');
  await page.getByRole('button', { name: 'Fork' }).click();
  await page.getByLabel('New workflow ID').fill('fails-again');
  await page.getByLabel('Reason').fill('a test');
  await page.getByRole('dialog').getByRole('button', { name: 'Fork' }).click();
  await page.getByRole('heading', { level: 1, name: 'fails-again' }).waitFor();
  await page
    .getByRole('region', { name: 'How it ended' })
    .getByText('The order was refused', { exact: false })
    .waitFor();

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Workflows' }).waitFor();
  await expect.poll(() => page.getByRole('link', { name: 'fails-again' }).count()).toBe(0);
  await page.getByRole('link', { name: 'fails-1' }).waitFor();
});

it('a history from a file is looked at without the engine, and imported when somebody wants it', async () => {
  await world.api.start({ workflowId: 'to-export', workflowType: 'recovers', taskQueue: 'ui', args: [1] });
  await world.api.closed('to-export');
  const events = await world.api.history('to-export');
  const file = { name: 'export.json', mimeType: 'application/json' };
  const page = await world.page('/ui/default/workflows');
  await page.getByRole('link', { name: 'History file' }).click();
  await page.getByLabel('Choose a file').setInputFiles({ ...file, buffer: Buffer.from('{"events":[]}') });
  await page.getByRole('alert').getByText('There are no events in it').waitFor();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByLabel('Choose a file').setInputFiles({
    ...file,
    buffer: Buffer.from(JSON.stringify({ events })),
  });
  await page.getByRole('heading', { level: 1, name: 'recovers' }).waitFor();
  await page.locator('.row', { hasText: 'flaky' }).waitFor();
  await page.locator('#tab-history').click();
  await page.locator('.event', { hasText: 'Activity task completed' }).click();
  await page.getByRole('complementary').waitFor();
  await page.locator('#tab-result').click();
  await page.getByText('"worked at attempt 2"').waitFor();
  expect(asked.filter((url) => url.includes('/api/'))).toEqual([]);
  await page.getByRole('button', { name: 'Import into this engine' }).click();
  await page.getByLabel('Workflow ID').fill('imported-1');
  await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
  await page.getByRole('heading', { level: 1, name: 'imported-1' }).waitFor();
  await page.getByText('"worked at attempt 2"').waitFor();
});

it('webhook sources show what they do and what came in', async () => {
  const page = await world.page('/ui/default/webhooks');
  await page.getByRole('heading', { name: 'No webhook source yet' }).waitFor();
  await world.api.ok('POST', '/webhooks/stripe', {
    webhook: { kind: 'stripe', workflowId: 'order-{$.data.object.id}', signalName: 'paid' },
    secrets: ['whsec_of_the_tests_of_the_web_ui'],
  });
  await fetch(`${world.url}/webhooks/default/stripe`, { method: 'POST', body: '{}' });
  await page.reload();
  await page.getByText(`${world.url}/webhooks/default/stripe`).waitFor();
  const row = page.getByRole('row', { name: /refused/ });
  await row.getByText('it is not signed').waitFor();
});

it('a namespace is registered, and is one to go to', async () => {
  const page = await world.page('/ui/default/namespaces');
  await page.getByRole('button', { name: 'Register namespace' }).click();
  await page.getByLabel('Name', { exact: true }).fill('shop');
  await page.getByLabel('Keep closed runs for (days)').fill('7');
  await page.getByRole('dialog').getByRole('button', { name: 'Register' }).click();
  await page.getByRole('row', { name: /shop/ }).getByText('7d').waitFor();
  await page.getByRole('link', { name: 'shop' }).click();
  await page.getByRole('heading', { name: 'No workflow has run here yet' }).waitFor();
});
