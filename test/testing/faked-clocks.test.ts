/** Tests that fake the clock for their own code: neither the engine nor workflow code is part of that, as with Temporal's server and sandbox. */

import { join } from 'node:path';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { DefaultLogger, Runtime, Worker } from 'perdure/worker/node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { clocks } from './fixtures/clocks.ts';

const workflowsPath = join(import.meta.dirname, 'fixtures/clocks.ts');
const taskQueue = 'clocks';
/** Taken before anybody fakes it. */
const { setTimeout: realTimeout } = globalThis;

beforeAll(() => void Runtime.install({ logger: new DefaultLogger('ERROR') }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const activities = {
  yearThere: async () => new Date().getUTCFullYear(),
  stuck: () => new Promise<void>((resolve) => realTimeout(resolve, 100)),
};

async function seenWhile(
  env: TestWorkflowEnvironment,
  fake: () => void,
): Promise<Awaited<ReturnType<typeof clocks>>> {
  const { client, nativeConnection: connection } = env;
  try {
    const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
    fake();
    return await worker.runUntil(client.workflow.execute(clocks, { taskQueue, workflowId: 'clocks' }));
  } finally {
    await env.teardown();
  }
}

const year = new Date().getUTCFullYear();
const now = new Date('2001-02-03');

describe.each(['createLocal', 'createTimeSkipping'] as const)('an environment of %s', (kind) => {
  const make = () => TestWorkflowEnvironment[kind]();

  it.each([
    ['a clock that stands still', () => vi.useFakeTimers({ toFake: ['Date'], now })],
    ['timers that nobody advances', () => vi.useFakeTimers({ now })],
  ])('goes on beside %s', async (_, fake) => {
    const seen = await seenWhile(await make(), () => void fake());
    // Where time is skipped it stands still while an activity works.
    const end = kind === 'createLocal' ? 'START_TO_CLOSE' : undefined;
    expect(seen).toMatchObject({ there: 2001, ...(end && { end }) });
    expect(seen.year).toBeGreaterThanOrEqual(year);
    expect(seen.passed).toBeGreaterThanOrEqual(40);
  });

  it('goes on beside a Date.now that always says the same', async () => {
    const seen = await seenWhile(await make(), () => void vi.spyOn(Date, 'now').mockReturnValue(7));
    expect(seen.year).toBeGreaterThanOrEqual(year);
    expect(seen.passed).toBeGreaterThanOrEqual(40);
  });

  it('begins at the real time, whatever the test has made of it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now });
    const env = await make();
    expect(new Date(await env.currentTimeMs()).getUTCFullYear()).toBeGreaterThanOrEqual(year);
    await env.teardown();
  });
});
