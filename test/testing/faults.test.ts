import {
  delay,
  duplicate,
  type Faults,
  failFirst,
  loseAnswer,
  neverAnswer,
  runTwice,
  TestWorkflowEnvironment,
} from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import * as workflows from './fixtures/orders.ts';

const { approve, chargedOnce, order, paid } = workflows;
const taskQueue = 'orders';
const MINUTE = 60_000;

interface Ran {
  env: TestWorkflowEnvironment;
  charges: number[];
}

async function withFaulty<T>(faults: Faults, test: (ran: Ran) => Promise<T>): Promise<T> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: 0, faults });
  const charges: number[] = [];
  const activities: workflows.OrderActivities = {
    charge: async (amount) => {
      charges.push(await env.currentTimeMs());
      return `receipt for ${amount}`;
    },
    ship: async (receipt) => `shipped, ${receipt}`,
  };
  try {
    return await env.runUntil({ taskQueue, workflows, activities }, () => test({ env, charges }));
  } finally {
    await env.teardown();
  }
}

const pay = ({ env }: Ran): Promise<string> =>
  env.client.workflow.execute(paid, { taskQueue, workflowId: 'paid', args: [7] });

describe('faults of activities', () => {
  it('failFirst: the first attempts fail, and the retry policy does its work', () =>
    withFaulty({ activities: { charge: failFirst(2) } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toEqual([3_000]);
    }));

  it('failFirst: with an error of the test’s own', () =>
    withFaulty({ activities: { charge: failFirst(1, new RangeError('too much')) } }, async ({ env }) => {
      const options = { taskQueue, workflowId: 'once', args: [7] as [number] };
      expect(await env.client.workflow.execute(chargedOnce, options)).toBe('failed: too much');
    }));

  it('delay: an attempt begins later, by the clock of the environment', () =>
    withFaulty({ activities: { '*': delay('30s') } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toEqual([30_000]);
    }));

  it('delay: beyond its timeout the attempt is retried, and the late answer changes nothing', () =>
    withFaulty({ activities: { charge: delay('90s', { first: 1 }) } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toEqual([MINUTE + 1_000]);
      await ran.env.sleep('1h');
      expect(ran.charges).toEqual([MINUTE + 1_000, 90_000]);
    }));

  it('neverAnswer: the attempt ends by its timeout', () =>
    withFaulty({ activities: { charge: neverAnswer() } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toEqual([MINUTE + 1_000]);
    }));

  it('loseAnswer: the same attempt is executed again', () =>
    withFaulty({ activities: { charge: loseAnswer(2) } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toHaveLength(3);
      const { events } = await ran.env.client.workflow.getHandle('paid').fetchHistory();
      expect(events.find(({ eventType }) => /ACTIVITY_TASK_STARTED/.test(eventType))).toMatchObject({
        activityTaskStartedEventAttributes: { attempt: 1 },
      });
    }));

  it('runTwice: executed twice, counted once; after a failed attempt, where both are asked for', () =>
    withFaulty({ activities: { charge: [failFirst(1), runTwice(2)] } }, async (ran) => {
      expect(await pay(ran)).toBe('receipt for 7');
      expect(ran.charges).toEqual([1_000, 1_000]);
    }));

  it('last as long as the test wants them', () =>
    withFaulty({}, async (ran) => {
      const failing = ran.env.withFaults({ activities: { charge: failFirst(1) } }, () => pay(ran));
      expect(await failing).toBe('receipt for 7');
      expect(await ran.env.currentTimeMs()).toBe(1_000);
      await ran.env.client.workflow.execute(paid, { taskQueue, workflowId: 'second', args: [8] });
      expect(await ran.env.currentTimeMs()).toBe(1_000);
    }));
});

describe('faults of signals', () => {
  it('duplicate: the signal arrives as two', () =>
    withFaulty({ signals: { approve: duplicate() } }, async ({ env }) => {
      const handle = await env.client.workflow.start(order, { taskQueue, workflowId: 'order', args: [7] });
      await handle.signal(approve, 'Ada');
      expect(await handle.result()).toBe('shipped, receipt for 7, approved by Ada and Ada');
    }));
});
