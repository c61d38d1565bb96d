import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { World } from './browser.ts';

const world = new World();
const CITIES = ['Oslo', 'Bergen', "L'Aquila"];
const start = (workflowId: string, workflowType: string, args: unknown[] = [], more = {}) =>
  world.api.start({ workflowId, workflowType, taskQueue: 'ui', args, more });

beforeAll(async () => {
  await world.start();
  await world.startWorker();
  await world.api.ok('POST', '/search-attributes', {
    searchAttributes: { City: 'INDEXED_VALUE_TYPE_KEYWORD' },
  });
  for (let i = 0; i < 120; i++)
    await start(`page-${String(i).padStart(3, '0')}`, 'waitsForSignal', [], {
      searchAttributes: { indexedFields: { City: CITIES[i % 3] } },
    });
});
afterEach(async () => {
  await world.closePages();
  expect(world.complaints.splice(0)).toEqual([]);
  expect(world.strangers.splice(0)).toEqual([]);
});
afterAll(() => world.end());

const ids = (page: Page): Promise<string[]> => page.locator('tbody .col-id').allTextContents();
const query = (page: Page): string | null => new URL(page.url()).searchParams.get('query');

describe('the list', () => {
  it('is paged through, forth and back, and a page has an address', async () => {
    const page = await world.page('/ui/default/workflows');
    await page.getByRole('button', { name: 'All 120' }).waitFor();
    await expect.poll(() => ids(page)).toHaveLength(50);
    const first = await ids(page);
    await page.getByRole('button', { name: 'Older' }).click();
    // Between two pages nothing is shown.
    await expect.poll(async () => (await ids(page)).filter((id) => !first.includes(id))).toHaveLength(50);
    const second = await ids(page);
    const again = await world.page(page.url().slice(world.url.length));
    await expect.poll(() => ids(again)).toEqual(second);
    await page.getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => ids(page)).toHaveLength(20);
    const third = await ids(page);
    expect(new Set([...first, ...second, ...third]).size).toBe(120);
    expect(await page.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Newer' }).click();
    await expect.poll(() => ids(page)).toEqual(second);
  });

  it("is filtered by conditions that are put together by hand, also over search attributes of one's own; the view is a link", async () => {
    const page = await world.page('/ui/default/workflows');
    await page.getByRole('button', { name: 'Condition' }).click();
    await page.getByLabel('Field').selectOption('City');
    await page.getByLabel('Value').fill("L'Aquila");
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'All 40' }).waitFor();
    await page.getByLabel('Field').selectOption('WorkflowId');
    await page.getByLabel('Operator').selectOption('STARTS_WITH');
    await page.getByLabel('Value').fill('page-00');
    await page.getByRole('button', { name: 'Add' }).click();
    await expect.poll(() => ids(page)).toHaveLength(3);
    expect(query(page)).toBe("City = 'L''Aquila' AND WorkflowId STARTS_WITH 'page-00'");
    expect(await page.getByRole('textbox', { name: /Filter/ }).inputValue()).toBe(query(page));

    await page.locator('.menu summary').click();
    await page.getByLabel('City').check();
    await page.getByLabel('Task queue').check();
    await page.getByLabel('What it does now').uncheck();
    const link = page.url().slice(world.url.length);
    const other = await world.page(link);
    await other.getByRole('columnheader', { name: 'City' }).waitFor();
    await other.getByRole('columnheader', { name: 'Task queue' }).waitFor();
    expect(await other.getByRole('columnheader', { name: 'What it does now' }).count()).toBe(0);
    await expect
      .poll(() => other.locator('.col-attribute').allTextContents())
      .toEqual(Array(3).fill('"L\'Aquila"'));
  });
});

describe('the page of a run', () => {
  const open = (id: string, tab = ''): Promise<Page> =>
    world.page(`/ui/default/workflows/${id}${tab && `?tab=${tab}`}`);
  const run = (page: Page) => page.locator('.run-title');

  it('asks it to cancel, and ends it, with a reason; what the engine refuses is said in its words', async () => {
    await start('to-cancel', 'order', ['A']);
    const page = await open('to-cancel');
    await run(page).getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Reason').fill('they called');
    await page.getByRole('button', { name: 'Request cancellation' }).click();
    await run(page).getByText('Canceled').waitFor();
    const asked = (await world.api.history('to-cancel')).find(({ eventType }) =>
      /CANCEL_REQUESTED$/.test(eventType),
    );
    expect(JSON.stringify(asked)).toContain('they called');

    const other = await open('page-000');
    await run(other).getByRole('button', { name: 'Terminate' }).waitFor();
    await run(other).getByRole('button', { name: 'Update' }).click();
    await other.getByLabel('Name', { exact: true }).fill('nonsense');
    await other.getByRole('button', { name: 'Send' }).click();
    await other.getByRole('dialog').getByRole('alert').getByText('nonsense', { exact: false }).waitFor();
    await other.keyboard.press('Escape');
    await run(other).getByRole('button', { name: 'Terminate' }).click();
    await other.getByLabel('Reason').fill('a duplicate');
    await other.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await other.getByRole('region', { name: 'How it ended' }).getByText('a duplicate').waitFor();
  });

  it('chooses a span of the timeline by dragging, and goes back to before what is chosen in it', async () => {
    await start('to-reset', 'recovers', [0]);
    await world.api.closed('to-reset');
    const page = await open('to-reset');
    await page.getByText('2 rows').waitFor();
    const box = (await page.locator('.overview').boundingBox())!;
    await page.mouse.move(box.x + 5, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 3, box.y + 10, { steps: 5 });
    await page.mouse.up();
    await page.locator('.brush').waitFor();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.locator('.brush').waitFor({ state: 'detached' });

    await page.locator('.row', { hasText: 'flaky' }).click();
    await page.getByRole('button', { name: 'Reset to before this' }).click();
    const before = page.url();
    await page.getByLabel('Reason').fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => page.url()).not.toBe(before);
    await page.getByRole('region', { name: 'How it ended' }).getByText('worked at attempt 1').waitFor();
  });

  it('shows its timeouts, memo, search attributes and Workers, and asks a query with arguments', async () => {
    await start('to-describe', 'order', ['A'], {
      workflowRunTimeout: '7200s',
      memo: { fields: { customer: 'Ada Lovelace' } },
      searchAttributes: { indexedFields: { City: 'Oslo' } },
    });
    const page = await open('to-describe', 'metadata');
    await page.locator('.facts > div', { hasText: 'Run' }).getByText('2h').waitFor();
    for (const text of ['"Ada Lovelace"', '"Oslo"']) await page.getByText(text).waitFor();
    await page
      .locator('.facts > div', { hasText: /@.*tasks?$/ })
      .first()
      .waitFor();
    await page.getByText(/^temporal-typescript \d|^perdure\S* \d/).waitFor();
    await page.locator('#tab-queries').click();
    await page.getByLabel('Query').fill('getStage');
    await page.getByLabel('Arguments').fill('{"deep": true}');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('"waiting for approval"').waitFor();
  });
});

it('the ID that a start proposes stays the same when the known names come in, so that it is not in the way of who types', async () => {
  const page = await world.page('/ui/default/start');
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/api/**', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${world.url}/ui/default/start`);
  const proposed = await page.getByLabel('Workflow ID').inputValue();
  release();
  await page.locator('datalist option[value="ui"]').waitFor({ state: 'attached' });
  expect(await page.getByLabel('Workflow ID').inputValue()).toBe(proposed);
});
