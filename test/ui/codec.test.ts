import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { World } from './browser.ts';
import { CodecServer } from './codec-server.ts';

const TOKEN = 'a-token-of-the-codec';
const world = new World();
let codec: CodecServer;

beforeAll(async () => {
  await world.start();
  await world.startEncryptedWorker();
  codec = new CodecServer(await freePort(), world.url, TOKEN);
  await codec.start();
});
afterEach(async () => {
  await world.closePages();
  // The endpoint is away on purpose in one of them.
  expect(world.complaints.splice(0)).toEqual([]);
  const strangers = world.strangers.splice(0);
  expect(strangers.filter((url) => !url.startsWith(codec.url))).toEqual([]);
});
afterAll(async () => {
  await codec?.stop();
  await world.end();
});

/** A page whose browser has the codec endpoint. */
async function pageWithCodec(path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await world.page('/ui/default/codec', options);
  await page.getByLabel('Address').fill(`${codec.url}/`);
  await page
    .getByLabel('What goes along')
    .selectOption({ label: 'A token of mine, as Authorization: Bearer' });
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('It answers').waitFor();
  await page.goto(`${world.url}${path}`);
  return page;
}

const storedText = async (id: string): Promise<string> => JSON.stringify(await world.api.history(id));

it('what is typed is encrypted before the engine gets it, and every page shows what was encrypted as text', async () => {
  const page = await pageWithCodec('/ui/default/start');
  await page.getByLabel('Workflow type').fill('order');
  await page.getByLabel('Task queue').fill('encrypted');
  await page.getByLabel('Workflow ID').fill('secret-1');
  await page.getByLabel('Arguments').fill('"A violin"');
  await page.getByText('More: timeouts').click();
  await page.getByLabel('Memo').fill('{"buyer": "Ada Lovelace"}');
  await page.getByRole('button', { name: 'Start workflow' }).click();
  const now = page.getByRole('region', { name: 'What it does now' });
  await now.getByRole('button', { name: 'signal approve' }).click();
  await page.getByLabel('Arguments').fill('"Grace"');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('"A violin approved by Grace, at most 0"').first().waitFor();
  const stored = await storedText('secret-1');
  for (const secret of ['A violin', 'Grace', 'Ada Lovelace'])
    expect(stored).not.toContain(Buffer.from(JSON.stringify(secret)).toString('base64'));
  expect(stored).toContain(Buffer.from('binary/encrypted').toString('base64'));

  await page.locator('#tab-result').click();
  await page.getByLabel('argument', { exact: true }).getByText('"A violin"').waitFor();
  await page.locator('#tab-history').click();
  await page.locator('.event', { hasText: 'approve("Grace")' }).waitFor();
  await page.locator('.event', { hasText: 'greet("A violin")' }).waitFor();
  await page.getByRole('button', { name: 'JSON' }).click();
  // Lines out of sight are not in the document: the argument stands in the first ones.
  await page.locator('.json-lines').getByText('"A violin"').waitFor();
  await page.locator('#tab-metadata').click();
  await page.getByText('"Ada Lovelace"').waitFor();
  // The download is what the engine has: a replayer has a codec of its own.
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'History', exact: true }).click(),
  ]);
  const file = readFileSync(await download.path());
  expect(JSON.parse(file.toString()).events).toEqual(await world.api.history('secret-1'));
  await page.goto(`${world.url}/ui/default/history-file?tab=result`);
  await page
    .getByLabel('Choose a file')
    .setInputFiles({ name: 'h.json', mimeType: 'application/json', buffer: file });
  await page.getByText('"A violin approved by Grace, at most 0"').waitFor();
  await page.goto(`${world.url}/ui/default/start?like=secret-1`);
  await expect.poll(() => page.getByLabel('Arguments').inputValue()).toBe('"A violin"');
});

it('encrypted failures of runs and of pending activities, query results and call stacks are readable', async () => {
  for (const type of ['fails', 'retries', 'order'])
    await world.api.start({
      workflowId: `${type}-e`,
      workflowType: type,
      taskQueue: 'encrypted',
      args: ['A'],
    });
  await world.api.closed('fails-e');
  expect(await storedText('fails-e')).not.toContain('card is over its limit');
  const page = await pageWithCodec('/ui/default/workflows/fails-e');
  const ended = page.getByRole('region', { name: 'How it ended' });
  await ended.getByText('The order was refused: the card is over its limit').waitFor();
  await page.locator('#tab-result').click();
  await page.getByLabel('details').getByText('**** 4242').waitFor();

  await page.goto(`${world.url}/ui/default/workflows/retries-e?tab=pending`);
  await page.locator('.failure-message', { hasText: 'The card terminal does not answer' }).waitFor();
  await page.locator('#tab-stack').click();
  await page.getByRole('region', { name: 'call stack 1' }).getByText('retries', { exact: false }).waitFor();
  await page.getByRole('region', { name: 'activity stack' }).getByText('flaky', { exact: false }).waitFor();
  await page.goto(`${world.url}/ui/default/workflows/order-e?tab=queries`);
  await page.getByRole('button', { name: 'getStage' }).click();
  await page.getByText('"waiting for approval"').waitFor();
});

it('without an endpoint, or while it fails, payloads stay encoded; the page says so, and reads them when it is back', async () => {
  await world.api.start({ workflowId: 'fails-f', workflowType: 'fails', taskQueue: 'encrypted' });
  await world.api.closed('fails-f');
  const path = '/ui/default/workflows/fails-f?tab=result';
  const without = await world.page(path);
  await without.getByText('not readable here').first().waitFor();
  await without.getByRole('link', { name: 'Set a codec endpoint' }).first().click();
  await without.getByRole('heading', { level: 1, name: 'Codec endpoint' }).waitFor();

  const page = await pageWithCodec(path);
  await page.getByLabel('details').getByText('**** 4242').waitFor();
  await codec.stop();
  await page.reload();
  const trouble = page.getByRole('alert').filter({ hasText: 'Payloads stay encoded' });
  await trouble.getByText(`${codec.url}/decode cannot be reached`, { exact: false }).waitFor();
  await page.getByText('not readable here').first().waitFor();
  await page.goto(`${world.url}/ui/default/start`);
  await page.getByLabel('Workflow type').fill('order');
  await page.getByLabel('Task queue').fill('encrypted');
  await page.getByLabel('Workflow ID').fill('never');
  await page.getByLabel('Arguments').fill('"plain"');
  await page.getByRole('button', { name: 'Start workflow' }).click();
  await page
    .locator('form')
    .getByRole('alert')
    .getByText('/encode cannot be reached', { exact: false })
    .waitFor();
  expect((await world.api.send('GET', '/workflows/never')).status).toBe(404);

  await page.goto(`${world.url}${path}`);
  await page.getByText('not readable here').first().waitFor();
  await codec.start();
  await trouble.getByRole('button', { name: 'Try again' }).click();
  await page.getByLabel('details').getByText('**** 4242').waitFor();
  expect(await trouble.count()).toBe(0);
});

it('a token that the endpoint refuses is said, an address that is none too, and what is removed is asked no more', async () => {
  const page = await pageWithCodec('/ui/default/codec');
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Save' }).click();
  await page
    .getByText('answered 403: {"message":"You may not read these payloads"}', { exact: false })
    .waitFor();
  await page.getByLabel('Address').fill('http://codec.example.com');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Only an https:// address may be sent tokens or cookies').waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('link', { name: 'Codec endpoint: none' }).waitFor();
  const before = codec.asked.length;
  await page.goto(`${world.url}/ui/default/workflows`);
  await page.getByRole('link', { name: 'fails-f' }).waitFor();
  expect(codec.asked.length).toBe(before);
  const policy = (await page.request.get(`${world.url}/ui/`)).headers()['content-security-policy'];
  expect(policy).not.toContain('http');
});
