import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { World } from './browser.ts';
import { seed } from './seed.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const world = new World();

beforeAll(async () => {
  await world.start();
  await world.startWorker();
  await seed(world.api);
  await fill();
});
afterEach(async () => {
  await world.closePages();
  expect(world.complaints.splice(0)).toEqual([]);
  expect(world.strangers.splice(0)).toEqual([]);
});
afterAll(() => world.end());

/** What pages that list something show when there is something. */
async function fill(): Promise<void> {
  const { api } = world;
  await api.start({ workflowId: 'broken-1', workflowType: 'broken', taskQueue: 'ui' });
  await api.ok('POST', '/batch-operations/job-1', {
    executions: [{ workflowId: 'fails-1' }],
    signalOperation: { signal: 'finish' },
    reason: 'It was forgotten',
  });
  await api.ok('POST', '/schedules/nightly', {
    schedule: {
      spec: { cronString: ['0 3 * * *'], interval: [{ interval: '5s' }] },
      action: {
        startWorkflow: {
          workflowId: 'report',
          workflowType: { name: 'recovers' },
          taskQueue: { name: 'ui' },
          input: [0],
        },
      },
    },
  });
  await api.ok('POST', '/webhooks/stripe', {
    webhook: { kind: 'stripe', workflowId: 'order-{$.data.object.id}', signalName: 'paid' },
    secrets: ['whsec_of_the_tests_of_the_web_ui'],
  });
}

const run = (id: string, tab = ''): string => `/ui/default/workflows/${id}${tab && `?tab=${tab}`}`;
const TABS = ['timeline', 'history', 'pending', 'result', 'stack', 'queries', 'relations', 'metadata'];
const PAGES = [
  '/ui/default/workflows',
  '/ui/default/workflows?query=WorkflowId%3D%27nobody%27',
  '/ui/default/workers',
  '/ui/default/batch',
  '/ui/default/batch/job-1',
  '/ui/default/schedules',
  '/ui/default/schedules/nightly',
  '/ui/default/new-schedule',
  '/ui/default/task-queues/ui',
  '/ui/default/start',
  '/ui/default/webhooks',
  '/ui/default/namespaces',
  '/ui/default/codec',
  '/ui/default/history-file',
  ...TABS.map((tab) => run('order-1', tab)),
  ...['timeline', 'pending', 'stack'].map((tab) => run('retries-1', tab)),
  run('broken-1'),
  run('fails-1', 'result'),
  `${run('family-1')}?item=5`,
  `${run('family-1', 'history')}&event=5`,
  `${run('family-1', 'history')}&view=compact`,
  `${run('family-1', 'history')}&view=json`,
];
/** On the page of an open run. */
const DIALOGS = ['Signal', 'Update', 'Pause', 'Cancel', 'Terminate', 'Reset', 'Fork', 'Delete'];

interface AxeResult {
  violations: Array<{ id: string; impact: string; nodes: Array<{ html: string }> }>;
}

async function serious(page: Page, path: string): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResult>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]!.html}`);
}

describe.each(['light', 'dark'] as const)('in %s, axe finds no serious fault', (colorScheme) => {
  it('on any page', { timeout: 180_000 }, async () => {
    const page = await world.page('/ui/', { colorScheme });
    const faults: string[] = [];
    for (const path of PAGES) {
      await page.goto(`${world.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('load');
      faults.push(...(await serious(page, path)));
    }
    expect(faults).toEqual([]);
  });

  it('in any dialog of a run, of chosen runs, and of a task queue', { timeout: 120_000 }, async () => {
    const page = await world.page(run('order-1'), { colorScheme });
    const faults: string[] = [];
    const look = async (button: string): Promise<void> => {
      await page.getByRole('dialog').waitFor();
      faults.push(...(await serious(page, `dialog of ${button}`)));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    for (const name of DIALOGS) {
      await page.locator('.run-title').getByRole('button', { name, exact: true }).click();
      await look(name);
    }
    await page.goto(`${world.url}/ui/default/workflows`);
    await page.getByLabel('Select fails-1').check();
    for (const name of ['Cancel', 'Signal', 'Reset', 'Delete', 'Terminate']) {
      await page.getByRole('toolbar').getByRole('button', { name }).click();
      await look(`runs: ${name}`);
    }
    await page.goto(`${world.url}/ui/default/task-queues/ui`);
    await page.getByRole('button', { name: 'Change limits' }).click();
    await look('limits');
    expect(faults).toEqual([]);
  });
});

it('on a phone no page is wider than the screen, and each section has its name', {
  timeout: 120_000,
}, async () => {
  const page = await world.page('/ui/', { viewport: { width: 390, height: 844 }, isMobile: true });
  for (const path of PAGES) {
    await page.goto(`${world.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect([path, excess]).toEqual([path, 0]);
  }
  for (const name of ['Workflows', 'Schedules', 'Batch', 'Workers', 'Webhooks', 'Namespaces'])
    await page.getByRole('navigation', { name: 'Sections' }).getByText(name).waitFor();
});

describe('by keyboard alone', () => {
  /** Presses Tab until what has the focus is called so. */
  async function tabTo(page: Page, name: string | RegExp): Promise<void> {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate<string>(
        "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()",
      );
      if (typeof name === 'string' ? text === name : name.test(text)) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  }
  const focused = (page: Page): Promise<string> =>
    page.evaluate<string>('document.activeElement.innerText || document.activeElement.id');

  it('a workflow is started, looked at, signalled and seen to its end', async () => {
    const page = await world.page('/ui/default/workflows');
    await page.getByRole('link', { name: 'fails-1' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await tabTo(page, 'Start workflow');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Start a workflow' }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('workflowType');
    await page.keyboard.type('waitsForSignal');
    await page.keyboard.press('Tab');
    await page.keyboard.type('ui');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('by-keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'by-keyboard' }).waitFor();
    expect(await page.title()).toBe('by-keyboard · default · Perdure');

    await tabTo(page, 'Signal');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Signal');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('name');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('finish');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'What it does now' }).waitFor({ state: 'detached' });

    await tabTo(page, 'Timeline');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('region', { name: 'History', exact: true }).waitFor();
    await tabTo(page, /Workflow execution started/);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Event 1' }).waitFor();
  });

  it('what has the focus is seen to have it', async () => {
    const page = await world.page(run('order-1'));
    await page.getByRole('button', { name: 'Terminate' }).waitFor();
    const without: string[] = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate<[string, string]>(
        `(() => { const e = document.activeElement; const s = getComputedStyle(e); return [e.outerHTML.slice(0, 80), s.outlineStyle]; })()`,
      );
      if (seen[1] === 'none' && !seen[0].startsWith('<body')) without.push(seen[0]);
    }
    expect(without).toEqual([]);
  });
});

it('who wants no motion gets none', async () => {
  const moving = async (reducedMotion: 'reduce' | 'no-preference'): Promise<number> => {
    const page = await world.page(run('order-1'), { reducedMotion });
    await page.locator('.badge.tone-running').first().waitFor();
    return page.evaluate<number>('document.getAnimations().length');
  };
  expect(await moving('no-preference')).toBeGreaterThan(0);
  expect(await moving('reduce')).toBe(0);
});
