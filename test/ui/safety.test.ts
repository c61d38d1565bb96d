import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './browser.ts';
import { HOSTILE } from './hostile.ts';

const world = new World();
beforeAll(async () => {
  await world.start();
  await world.startWorker();
});
afterEach(() => world.closePages());
afterAll(() => world.end());

/** All of them in every place that a page shows: id, type, queue, input, memo, signal, result, failure, stack. */
async function plant(): Promise<string[]> {
  const ids: string[] = [];
  for (const [i, text] of HOSTILE.entries()) {
    const workflowId = `${text} ${i}`;
    ids.push(workflowId);
    const memo = { fields: { [`${text}!`]: text } };
    await world.api.start({
      workflowId,
      workflowType: 'echo',
      taskQueue: 'ui',
      args: [text, { [text]: text }],
      more: { memo },
    });
    await world.api.signal(workflowId, 'more', [text, { [text]: [text] }, 'fail']);
  }
  const [first, second] = HOSTILE as [string, string];
  await world.api.start({
    workflowId: 'unserved',
    workflowType: first,
    taskQueue: second,
    args: HOSTILE as string[],
  });
  for (const id of ids) await world.api.closed(id);
  return [...ids, 'unserved'];
}

const TABS = ['timeline', 'history', 'pending', 'result', 'stack', 'queries', 'relations', 'metadata'];

it('hostile ids, inputs, memos and failures stay text on every page', { timeout: 240_000 }, async () => {
  const ids = await plant();
  const page = await world.page('/ui/default/workflows');
  await page.getByText(HOSTILE[0]!, { exact: false }).first().waitFor();
  for (const id of ids) {
    await page.goto(`${world.url}/ui/default/workflows/${encodeURIComponent(id)}`);
    await page.getByRole('heading', { level: 1, name: id, exact: true }).waitFor();
    for (const tab of TABS) {
      await page.locator(`#tab-${tab}`).click();
      await page.locator(`#tab-panel[aria-labelledby="tab-${tab}"]`).waitFor();
    }
    await page.locator('#tab-history').click();
    for (const view of ['Compact', 'JSON', 'All events'])
      await page.getByRole('button', { name: view }).click();
    await page.locator('.event').first().click();
    await page.locator('.detail').waitFor();
  }
  await page.goto(`${world.url}/ui/default/start?like=${encodeURIComponent(ids[0]!)}`);
  await page.getByLabel('Arguments').waitFor();
  await page.goto(`${world.url}/ui/default/task-queues/${encodeURIComponent(HOSTILE[1]!)}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.goto(`${world.url}/ui/default/workflows?query=${encodeURIComponent(HOSTILE[1]!)}`);
  await page.getByRole('alert').waitFor();
  const foreign = await page
    .locator('iframe, object, embed, main img, main script, main style, main link')
    .count();
  expect(foreign).toBe(0);
  expect(world.complaints).toEqual([]);
  expect(world.strangers).toEqual([]);
});

it('an id that holds a slash, a percent sign and a question mark is one id', async () => {
  const workflowId = 'a/b?c=%2F#d';
  await world.api.start({ workflowId, workflowType: 'waitsForSignal', taskQueue: 'ui' });
  const page = await world.page('/ui/default/workflows');
  await page.getByRole('link', { name: workflowId, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: workflowId, exact: true }).waitFor();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: workflowId, exact: true }).waitFor();
});

it('the policy of the page refuses scripts and requests that are not its own', async () => {
  const page = await world.page('/ui/');
  // As text: it runs in the browser, whose globals these tests do not have.
  const outcomes = await page.evaluate(`(async () => {
    const elsewhere = await fetch('https://example.com/').then(() => 'sent', () => 'refused');
    const script = document.createElement('script');
    try {
      script.textContent = 'window.ran = true';
      document.head.append(script);
    } catch {}
    return { elsewhere, inline: 'ran' in window ? 'ran' : 'refused' };
  })()`);
  expect(outcomes).toEqual({ elsewhere: 'refused', inline: 'refused' });
  expect(world.strangers.splice(0)).toEqual([]);
});
