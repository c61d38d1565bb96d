import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { World } from './browser.ts';
import { serveHistory } from './long-history.ts';
import { seed } from './seed.ts';

const world = new World();

beforeAll(async () => {
  await world.start();
});
afterEach(async () => {
  await world.closePages();
  expect(world.complaints.splice(0)).toEqual([]);
  expect(world.strangers.splice(0)).toEqual([]);
});
afterAll(() => world.end());

const run = (id: string, tab = ''): string => `/ui/default/workflows/${id}${tab && `?tab=${tab}`}`;
const now = (page: Page) => page.getByRole('region', { name: 'What it does now' });
const start = (workflowId: string, workflowType: string, args: unknown[] = []) =>
  world.api.start({ workflowId, workflowType, taskQueue: 'ui', args });

describe('first run', () => {
  it('an empty engine shows the commands that make it not empty, and starts the example at one click', async () => {
    const page = await world.page('/');
    await expect
      .poll(() => page.locator('.command code').allTextContents())
      .toEqual([
        `PERDURE_ADDRESS=${world.url} npm run worker`,
        `PERDURE_ADDRESS=${world.url} npm run client`,
        `PERDURE_ADDRESS=${world.url} npm run perdure -- workflow list`,
      ]);
    await page.getByRole('button', { name: 'Start a money transfer now' }).click();
    // Nobody serves it: the page says so.
    await now(page).getByText('Waits for a Worker on task queue money-transfer').waitFor();
    await now(page).getByText('no Worker', { exact: false }).first().waitFor();
  });
});

describe('with a Worker', () => {
  beforeAll(async () => {
    await world.startWorker();
    await seed(world.api);
  });

  it('the list shows what runs as it happens, and its chips and box filter it', async () => {
    const page = await world.page();
    await page.getByRole('link', { name: 'fails-1' }).waitFor();
    await start('later-1', 'waitsForSignal');
    await page.getByRole('link', { name: 'later-1' }).waitFor();
    await page.getByRole('button', { name: /^Failed/ }).click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('query')).toBe("ExecutionStatus = 'Failed'");
    await page.getByRole('textbox', { name: /Filter/ }).fill('order-1');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'order-1' }).waitFor();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('textbox', { name: /Filter/ }).fill('Nonsense = 1');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Nonsense');
    await page.goBack();
    await page.getByRole('link', { name: 'order-1' }).waitFor();
  });

  it('runs that are chosen are signalled together, and what is refused is said', async () => {
    await Promise.all(['batch-1', 'batch-2'].map((id) => start(id, 'waitsForSignal')));
    const page = await world.page();
    for (const id of ['batch-1', 'batch-2', 'fails-1']) await page.getByLabel(`Select ${id}`).check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Signal' }).click();
    await page.getByLabel('Signal name').fill('finish');
    await page.getByLabel('Reason').fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Signal' }).click();
    await page.getByText('3 of 3 runs, 1 failed').waitFor();
    await page.getByRole('link', { name: 'fails-1' }).waitFor();
    for (const id of ['batch-1', 'batch-2'])
      expect((await world.api.closed(id)).status).toBe('WORKFLOW_EXECUTION_STATUS_COMPLETED');
  });

  it('runs that are chosen are reset together, to the first workflow task of each', async () => {
    await Promise.all(['again-1', 'again-2'].map((id) => start(id, 'fails')));
    for (const id of ['again-1', 'again-2']) await world.api.closed(id);
    const query = encodeURIComponent("WorkflowId STARTS_WITH 'again-'");
    const page = await world.page(`/ui/default/workflows?query=${query}`);
    await page.getByRole('button', { name: 'Failed 2' }).waitFor();
    await page.getByLabel('Select all').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Reset' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Undo').selectOption({ label: 'The first workflow task that a build completed' });
    await dialog.getByLabel('Build ID').waitFor();
    await dialog.getByLabel('Undo').selectOption({ label: 'The first workflow task that was completed' });
    await dialog.getByLabel('Reason').fill('a test');
    await dialog.getByRole('button', { name: 'Reset' }).click();
    await page.getByText('2 of 2 runs').waitFor();
    await page.goto(`${world.url}/ui/default/workflows?query=${query}`);
    await page.getByRole('button', { name: 'Failed 4' }).waitFor();
    const events = await world.api.history('again-1');
    expect(events.some(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_FAILED')).toBe(true);
  });

  it('a task queue says what waits, for how long and how fast it goes; its limits are changed there', async () => {
    await world.api.start({
      workflowId: 'lone-1',
      workflowType: 'order',
      taskQueue: 'unserved',
      args: ['A'],
    });
    const page = await world.page('/ui/default/task-queues/unserved');
    const waiting = page.getByRole('row', { name: /Workflow tasks none 1 / });
    await waiting.waitFor();
    await page.getByText('No Worker serves it', { exact: false }).waitFor();
    await world.api.ok('POST', '/workflows/lone-1/pause', {});
    const paused = "WorkflowId = 'lone-1' AND ExecutionStatus = 'Paused'";
    await expect.poll(() => world.api.count(paused)).toBe(1);
    await page.reload();
    await page.getByRole('link', { name: '1 open run', exact: true }).waitFor();
    await world.api.ok('POST', '/workflows/lone-1/terminate', {});
    await page.goto(`${world.url}/ui/default/task-queues/ui`);
    await page.getByRole('row', { name: /Activity tasks 1 .* a second/ }).waitFor();
    await page.getByRole('button', { name: 'Change limits' }).click();
    await page.getByLabel('Begin in a second').fill('many');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByRole('alert').getByText('expected a number').waitFor();
    await page.getByLabel('Begin in a second').fill('500');
    await page.getByLabel('Run at a time').fill('40');
    await page.getByLabel('Reason').fill('the bank');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('at most 500, because: the bank').waitFor();
    await page.getByText('at most 40, because: the bank').waitFor();
    await page.getByRole('button', { name: 'Change limits' }).click();
    await page.getByLabel('Begin in a second').fill('');
    await page.getByLabel('Run at a time').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('None: they begin as soon as they are due').waitFor();
  });

  it('a run says what it has cost', async () => {
    const page = await world.page();
    // Its own answers, of which each may say more: an object that has left memory is loaded, and sets its alarm.
    const told: string[] = [];
    page.on('response', async (response) => {
      if (!/\/api\/.*\/workflows\/recovers-1(?:\?|$)/.test(response.url())) return;
      // The page may be closed before an answer is read.
      const body: unknown = await response.json().catch(() => ({}));
      const { operations } = body as Awaited<ReturnType<typeof world.api.describe>>;
      if (operations) told.push(operations.rowsWritten.toLocaleString('en'));
    });
    await page.goto(`${world.url}${run('recovers-1', 'metadata')}`);
    const row = page.locator('.facts > div').filter({ hasText: 'Rows written' });
    const shown = (): Promise<string> => row.locator('dd').innerText();
    await expect.poll(async () => told.includes(await shown())).toBe(true);
    expect(Number(await shown())).toBeGreaterThan(1);
    await page.getByText(/^\$\d+\.\d\d$/).waitFor();
    await page.getByRole('heading', { name: 'Cost, at least' }).waitFor();
  });

  it('all runs that a filter finds are ended at once, those on later pages too', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, i) => start(`many-${i}`, 'waitsForSignal')));
    const query = encodeURIComponent("WorkflowId STARTS_WITH 'many-' AND ExecutionStatus = 'Running'");
    const page = await world.page(`/ui/default/workflows?query=${query}`);
    await page.getByRole('button', { name: 'Running 60' }).waitFor();
    await page.getByLabel('Select all').check();
    await page.getByRole('button', { name: 'Select all 60 that match' }).click();
    await page.getByRole('toolbar').getByRole('button', { name: 'Terminate' }).click();
    await page.getByLabel('Reason').fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.getByText('60 of 60 runs').waitFor();
    expect((await world.api.closed('many-59')).status).toBe('WORKFLOW_EXECUTION_STATUS_TERMINATED');
  });

  it('columns are chosen and kept in the address', async () => {
    const page = await world.page();
    await page.locator('.menu summary').click();
    await page.getByLabel('Run ID').check();
    await page.getByRole('columnheader', { name: 'Run ID' }).waitFor();
    await page.reload();
    await page.getByRole('columnheader', { name: 'Run ID' }).waitFor();
  });

  it('a run says what it waits for, takes the signal from its page, and shows the result as it comes', async () => {
    await start('order-2', 'order', ['A boat']);
    const page = await world.page(run('order-2'));
    await now(page).getByText('Timer of 1d').waitFor();
    await now(page).getByRole('button', { name: 'update setLimit' }).click();
    await page.getByLabel('Arguments').fill('90');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: /^setLimit/ }).waitFor();
    await now(page).getByRole('button', { name: 'signal approve' }).click();
    await page.getByLabel('Arguments').fill('no JSON');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('dialog').getByText('Not JSON', { exact: false }).waitFor();
    await page.getByLabel('Arguments').fill('"Grace"');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('"A boat approved by Grace, at most 90"').waitFor();
    expect(await world.api.result('order-2')).toBe('A boat approved by Grace, at most 90');
  });

  it('runs that are stuck are counted, listed and shown as such, with what to do', async () => {
    await start('broken-1', 'broken');
    await world.api.start({ workflowId: 'alone-1', workflowType: 'order', taskQueue: 'nobody', args: ['A'] });
    const page = await world.page();
    await page.getByRole('button', { name: /^Stuck \d/ }).click();
    await page.getByText('Workflow task fails: Cannot read properties', { exact: false }).waitFor();
    await page
      .getByRole('row', { name: /alone-1/ })
      .getByText('No Worker takes its task', { exact: false })
      .waitFor();
    await page.getByRole('link', { name: 'broken-1' }).click();
    await now(page).getByText('Stuck: the workflow task fails', { exact: false }).waitFor();
    await page.locator('.run-title').getByText('stuck').waitFor();
    await page.goto(`${world.url}${run('alone-1')}`);
    await now(page).getByRole('link', { name: 'Who serves nobody?' }).click();
    await page.getByRole('heading', { name: 'Task queue nobody' }).waitFor();
    await world.api.ok('POST', '/workflows/alone-1/terminate', {});
  });

  it('a run that fails again and again shows attempt, failure and when the next one comes', async () => {
    const page = await world.page(run('retries-1'));
    await now(page)
      .getByText(/will be tried again, attempt \d of 5/)
      .waitFor();
    await now(page).getByText('The card terminal does not answer', { exact: false }).waitFor();
    expect(await now(page).locator('.countdown').textContent()).toMatch(/in \d+/);
    await page.locator('#tab-pending').click();
    await page.getByRole('heading', { name: 'Last failure' }).waitFor();
    await page.locator('#tab-stack').click();
    await page.getByRole('region', { name: 'call stack 1' }).getByText('retries', { exact: false }).waitFor();
  });

  it('a run is reset to a task of its history, and the page goes on to the new run', async () => {
    await start('fails-2', 'fails');
    await world.api.closed('fails-2');
    const page = await world.page(run('fails-2', 'history'));
    await page.locator('.event', { hasText: 'Workflow task completed' }).first().click();
    await page.getByRole('button', { name: 'Reset to here' }).click();
    await page.getByLabel('Reason').fill('a test');
    const before = page.url();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => new URL(page.url()).pathname).not.toBe(new URL(before).pathname);
    await page.locator('#tab-history').click();
    await page.locator('.event', { hasText: 'from run' }).getByText('Reset').waitFor();
    await page.locator('#tab-relations').click();
    await page.getByText('It was reset from').waitFor();
    await expect.poll(() => page.locator('ol.tree li').count()).toBe(2);
  });

  it('an activity is paused, resumed and tried again from its page, and so is a run', async () => {
    await start('retries-2', 'retries');
    const page = await world.page(run('retries-2', 'pending'));
    const confirm = (name: string) => page.getByRole('dialog').getByRole('button', { name }).click();
    const card = page.locator('.card');
    await card.getByText('Attempt 2').waitFor();
    await card.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Reason').fill('the terminal is broken');
    await confirm('Pause');
    await now(page).getByText('Activity flaky is paused').waitFor();
    await card.getByText('the terminal is broken').waitFor();
    await card.getByRole('button', { name: 'Resume' }).click();
    await confirm('Resume');
    await now(page).getByText('Activity flaky is paused').waitFor({ state: 'detached' });
    await card.getByRole('button', { name: 'Retry now' }).click();
    await confirm('Retry now');
    await now(page).getByText('The card terminal does not answer (attempt 1)', { exact: false }).waitFor();

    await page.locator('.run-title').getByRole('button', { name: 'Pause' }).click();
    await confirm('Pause');
    await page.locator('.run-title').getByText('Paused').waitFor();
    await page.locator('.run-title').getByRole('button', { name: 'Resume' }).click();
    await confirm('Resume');
    await page.locator('.run-title').getByText('Running').waitFor();
  });

  it('a query answers on the page', async () => {
    const page = await world.page(run('order-1', 'queries'));
    await page.getByRole('button', { name: 'getStage' }).click();
    await page.getByText('"waiting for approval"').waitFor();
  });

  it('history is searched, an event has an address of its own, and JSON is all of it', async () => {
    const page = await world.page(run('family-1', 'history'));
    await page.getByRole('searchbox').fill('child workflow execution completed');
    await expect.poll(() => page.locator('.event').count()).toBe(5);
    await page.locator('.event').first().click();
    await page.getByRole('complementary').getByText('Initiated event id').waitFor();
    const address = page.url();
    expect(address).toMatch(/event=\d+/);
    await page.goto(address);
    await page.getByRole('complementary').getByText('Initiated event id').waitFor();
    await page.getByRole('button', { name: 'JSON' }).click();
    await page
      .getByText('"eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"', { exact: false })
      .first()
      .waitFor();
  });

  it('the timeline has a row for each child, and its details lead to the child', async () => {
    const page = await world.page(run('family-1'));
    const row = page.locator('.row', { hasText: 'waitsForSignal' });
    await row.click();
    await page.getByRole('complementary').getByRole('link').first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('#tab-relations').click();
    await page.getByRole('link', { name: 'family-1' }).waitFor();
  });

  it('one is started like another, with its input', async () => {
    const page = await world.page(run('recovers-1'));
    await page.getByRole('link', { name: 'Start like this' }).click();
    await expect.poll(() => page.getByLabel('Arguments').inputValue()).toBe('3');
    await page.getByLabel('Workflow ID').fill('recovers-2');
    await page.getByLabel('Arguments').fill('1');
    await page.getByRole('button', { name: 'Start workflow' }).click();
    await page.getByRole('heading', { level: 1, name: 'recovers-2' }).waitFor();
    await page.getByText('"worked at attempt 2"').waitFor();
  });

  it('the history that is downloaded is the history', async () => {
    const page = await world.page(run('fails-1'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'History' }).click(),
    ]);
    const events = JSON.parse(readFileSync(await download.path(), 'utf8')).events;
    expect(events).toEqual(await world.api.history('fails-1'));
  });

  it('ten thousand events scroll with a few dozen rows in the document', async () => {
    const page = await world.page('/ui/default/workers');
    await serveHistory(page, 3_333);
    await page.goto(`${world.url}${run('fails-1')}`);
    await page.getByText('3,334 rows').waitFor();
    expect(await page.locator('.row').count()).toBeLessThan(60);
    await page.locator('.rows .virtual').evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.locator('.row', { hasText: 'id 3333' }).waitFor();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByText('3,334 rows').waitFor({ state: 'detached' });
    await page.locator('#tab-history').click();
    await page.getByText('10,000 events').waitFor();
    expect(await page.locator('.event').count()).toBeLessThan(80);
  });
});
