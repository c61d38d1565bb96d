/** perdure/client in a page: starts, asks, signals, waits; deadlines and signals without AsyncLocalStorage. */

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type * as client from '../../sdk/client/index.ts';
import { bundleForBrowsers } from '../client/bundle.ts';
import { World } from './browser.ts';

const world = new World();
let bundle: string;
beforeAll(async () => {
  const entry = `import * as perdure from 'perdure/client'; globalThis.perdure = perdure;`;
  [bundle] = await Promise.all([bundleForBrowsers(entry, 'iife'), world.start()]);
  await world.startWorker();
});
afterEach(() => world.closePages());
afterAll(() => world.end());

/** In the page: the module, as a script of the page has it. */
declare const perdure: typeof client;
declare const location: { origin: string };

async function pageWithClient(): Promise<Page> {
  // The page is the engine's own, whose policy lets no script in but its own: a test is no script of it.
  const page = await world.page('/ui/', { bypassCSP: true });
  await page.addScriptTag({ content: bundle });
  return page;
}

it('a page starts a workflow, signals and queries it, and gets its result', async () => {
  const page = await pageWithClient();
  const seen = await page.evaluate(async () => {
    const connection = await perdure.Connection.connect({ address: location.origin });
    const { workflow } = new perdure.Client({ connection });
    const options = { taskQueue: 'ui', workflowId: 'from-a-page', args: ['a book'] };
    const handle = await workflow.start('order', options);
    const { status } = await handle.describe();
    const stage = await handle.query('getStage');
    const before = await handle.executeUpdate('setLimit', { args: [7] });
    const refused = await workflow.start('order', options).catch((error: Error) => error.name);
    await handle.signal('approve', 'the page');
    return { status: status.name, stage, before, refused, result: await handle.result() };
  });
  expect(seen).toEqual({
    status: 'RUNNING',
    stage: 'waiting for approval',
    before: 0,
    refused: 'WorkflowExecutionAlreadyStartedError',
    result: 'a book approved by the page, at most 7',
  });
  expect(world.complaints).toEqual([]);
});

it('in a page, deadlines and signals end calls of the client that the function is given', async () => {
  const page = await pageWithClient();
  const seen = await page.evaluate(async () => {
    const { Client, Connection, isGrpcCancelledError, isGrpcDeadlineError } = perdure;
    const all = new Client({ connection: Connection.lazy({ address: location.origin }) });
    const wait = (c: client.Client) =>
      c.workflow.execute('order', { taskQueue: 'ui', workflowId: 'waits-for-long', args: ['a pen'] });
    const late = await all.withDeadline(Date.now() + 500, wait).catch((e) => e as unknown);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    const cancelled = await all
      .withAbortSignal(abort.signal, (c) => c.workflow.getHandle('waits-for-long').result())
      .catch((e) => e as unknown);
    const silent = await all.withDeadline(Date.now() + 500, () => wait(all)).catch((e: Error) => e.message);
    return [isGrpcDeadlineError(late), isGrpcCancelledError(cancelled), silent];
  });
  expect(seen).toEqual([true, true, expect.stringContaining('no AsyncLocalStorage')]);
});
