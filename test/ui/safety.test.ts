import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
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

/** A Worker whose every word is hostile. It serves nothing. */
async function startHostileWorker(): Promise<Server> {
  const [identity, name] = HOSTILE as [string, string];
  const description: WorkerDescription = {
    identity,
    buildId: HOSTILE[2]!,
    sdk: { name, version: HOSTILE[3]! },
    taskQueues: [{ name, workflowTypes: [...HOSTILE], activityTypes: [...HOSTILE] }],
  };
  const server = createServer((_, answer) => {
    answer.setHeader('perdure-sdk', 'hostile/1');
    answer.end(JSON.stringify(description));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await world.api.register(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return server;
}

/** What pages show beside runs: schedules, batch jobs, webhook sources, namespaces, limits. */
async function plantElsewhere(): Promise<void> {
  const { api } = world;
  const [text] = HOSTILE as [string];
  for (const [i, each] of HOSTILE.entries()) {
    await api.ok('POST', `/schedules/${encodeURIComponent(`${each} ${i}`)}`, {
      schedule: {
        spec: { interval: [{ interval: '86400s' }] },
        action: {
          startWorkflow: {
            workflowId: each,
            workflowType: { name: each },
            taskQueue: { name: each },
            input: [each, { [each]: each }],
          },
        },
        state: { paused: true, notes: each },
      },
    });
    await api.ok('POST', `/activities/${encodeURIComponent(`${each} ${i}`)}`, {
      activityType: { name: each },
      taskQueue: { name: each },
      input: [each, { [each]: each }],
      startToCloseTimeout: '60s',
      userMetadata: { summary: each },
    });
    await api.ok('POST', `/activities/${encodeURIComponent(`${each} ${i}`)}/cancel`, { reason: each });
    await api.ok('POST', `/batch-operations/job-${i}`, {
      executions: [{ workflowId: `${each} is nowhere` }],
      signalOperation: { signal: each, identity: each },
      reason: each,
    });
  }
  await api.ok('POST', '/webhooks/hostile', {
    webhook: { kind: 'stripe', workflowId: `${text}{$.id}`, signalName: text },
    secrets: ['whsec_of_the_tests_of_the_web_ui'],
  });
  await api.ok('POST', '/task-queues/ui/update-config', {
    taskQueueType: 2,
    updateQueueRateLimit: { rateLimit: { requestsPerSecond: 1_000 }, reason: text },
    setFairnessWeightOverrides: { [text]: 2 },
  });
  await fetch(`${world.url}/api/v1/namespaces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ namespace: 'hostile', description: text }),
  });
}

it('nor are they more than text among schedules, batch jobs, webhooks, Workers, namespaces and in files', {
  timeout: 240_000,
}, async () => {
  const worker = await startHostileWorker();
  await plantElsewhere();
  const page = await world.page('/ui/default/schedules');
  const open = async (path: string, text = HOSTILE[0]!): Promise<void> => {
    await page.goto(`${world.url}/ui/default/${path}`);
    await page.getByText(text, { exact: false }).first().waitFor();
  };
  for (const path of [
    'schedules',
    'activities',
    'batch/job-0',
    'webhooks',
    'namespaces',
    'workers',
    'task-queues/ui',
  ])
    await open(path);
  await page.goto(`${world.url}/ui/default/batch`);
  await page.getByRole('link', { name: 'Signal' }).first().waitFor();
  for (const [i, text] of HOSTILE.entries()) {
    await open(`schedules/${encodeURIComponent(`${text} ${i}`)}`, `${text} ${i}`);
    await open(`batch/job-${i}`, text);
    await open(`activities/${encodeURIComponent(`${text} ${i}`)}`, `${text} ${i}`);
  }
  await page.getByRole('link', { name: 'Schedules' }).click();
  await page.goto(`${world.url}/ui/default/history-file`);
  const attributes = {
    workflowType: { name: HOSTILE[0] },
    taskQueue: { name: HOSTILE[1] },
    identity: HOSTILE[2],
  };
  const event = {
    eventId: HOSTILE[3],
    eventTime: HOSTILE[4],
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
    workflowExecutionStartedEventAttributes: attributes,
  };
  const strange = {
    eventId: '2',
    eventType: HOSTILE[5],
    [`${HOSTILE[6]}EventAttributes`]: { [HOSTILE[7]!]: HOSTILE[8] },
  };
  await page.getByLabel('Choose a file').setInputFiles({
    name: `${HOSTILE[0]!.replaceAll('/', '')}.json`,
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ events: [event, strange] })),
  });
  await page.getByRole('heading', { level: 1, name: HOSTILE[0]! }).waitFor();
  for (const tab of ['history', 'result', 'timeline']) await page.locator(`#tab-${tab}`).click();
  const foreign = await page
    .locator('iframe, object, embed, main img, main script, main style, main link')
    .count();
  expect(foreign).toBe(0);
  expect(world.complaints).toEqual([]);
  expect(world.strangers).toEqual([]);
  worker.closeAllConnections();
  worker.close();
});

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
