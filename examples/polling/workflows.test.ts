import { ApplicationFailure } from 'perdure/common';
import { crashEverywhere, delay, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as made from './activities.ts';
import { type Conversion, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { convert } = workflows;
const conversion: Conversion = { video: 'holidays', seconds: 0 };

let env: TestWorkflowEnvironment;
let asked: number[];
/** At which question the job is ready. */
let readyAt: number;
const activities = {
  ...made,
  conversionResult: async () => {
    asked.push(await env.currentTimeMs());
    if (asked.length >= readyAt) return 'done';
    throw ApplicationFailure.create({ message: 'not ready', type: 'NotReady' });
  },
};

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  asked = [];
  readyAt = Number.POSITIVE_INFINITY;
});

const run = (args: Conversion, serving: object = activities) =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: serving }, async () => {
    const workflowId = crypto.randomUUID();
    const started = { taskQueue: TASK_QUEUE, workflowId, args: [args] as [Conversion] };
    const handle = await env.client.workflow.start(convert, started);
    const result = await handle.result().catch((error) => error.cause);
    return { result, history: await handle.fetchHistory() };
  });

describe('a job elsewhere', () => {
  it.each([1, 10, 200])('that is ready at question %i leaves the same 17 events', async (question) => {
    readyAt = question;
    const { result, history } = await run(conversion);
    expect(result).toBe('done');
    expect(asked).toHaveLength(question);
    expect(new Set(asked.slice(1).map((time, i) => Math.round((time - asked[i]!) / 1_000)))).toEqual(
      new Set(question === 1 ? [] : [60]),
    );
    expect(history.events).toHaveLength(17);
  });

  it('that is not ready after four hours is given up, with what it said last', async () => {
    const { result, history } = await run(conversion);
    expect(result).toMatchObject({
      // The end of all attempts together; that an attempt ended too late for another would be TIMEOUT.
      retryState: 'NON_RETRYABLE_FAILURE',
      cause: { failure: { cause: { message: 'not ready' } } },
    });
    expect(asked).toHaveLength(240);
    expect(asked.at(-1)! - asked[0]!).toBeLessThan(4 * 3_600_000);
    expect(history.events.length).toBeLessThanOrEqual(17);
  });

  it('that fails for good is asked about once', async () => {
    const { result } = await run({ ...conversion, video: 'broken' }, made);
    expect(result).toMatchObject({
      retryState: 'NON_RETRYABLE_FAILURE',
      cause: { type: 'ConversionFailed' },
    });
  });

  it('whose answer hangs is asked again after the five seconds of an attempt and the minute', async () => {
    readyAt = 1;
    const began = await env.currentTimeMs();
    const faults = { activities: { conversionResult: delay('1 minute', { first: 1 }) } };
    expect((await env.withFaults(faults, () => run(conversion))).result).toBe('done');
    expect(asked.map((time) => Math.round((time - began) / 1_000))).toContain(65);
  });
});

it('is waited for wherever the engine dies', async () => {
  const { result } = await crashEverywhere(async (crashing) => {
    let questions = 0;
    const conversionResult = async (): Promise<string> => {
      if (++questions >= 3) return 'done';
      throw new Error('not ready');
    };
    return crashing.runUntil(
      { taskQueue: TASK_QUEUE, workflows, activities: { ...made, conversionResult } },
      () =>
        crashing.client.workflow.execute(convert, {
          taskQueue: TASK_QUEUE,
          workflowId: 'polling',
          args: [conversion],
        }),
    );
  });
  expect(result).toBe('done');
});
