import {
  crashEverywhere,
  failFirst,
  historyToText,
  neverAnswer,
  TestWorkflowEnvironment,
} from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as made from './activities.ts';
import { TASK_QUEUE, type Trip, type WhenStuck } from './shared.ts';
import * as workflows from './workflows.ts';

const { bookTrip, manualResolution, getStatus } = workflows;
const trip: Trip = { id: 'trip-1', flight: 'LH 400', hotel: 'Sea View', car: 'Mini' };
const noCar: Partial<Trip> = { car: 'sold out' };

let env: TestWorkflowEnvironment;
let alerts: string[];
let workflowId: string;
const activities = {
  ...made,
  alert: async (severity: string, message: string) => void alerts.push(`${severity} ${message}`),
};

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  alerts = [];
  workflowId = `trip-${crypto.randomUUID()}`;
});

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = (changed: Partial<Trip> = {}, whenStuck: WhenStuck = 'freeze') =>
  env.client.workflow.start(bookTrip, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [{ ...trip, ...changed }, whenStuck],
  });
/** Names of the activities, in the order in which the workflow asked for them. */
async function scheduled(): Promise<string[]> {
  const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
  return [...historyToText(history).matchAll(/ActivityTaskScheduled (\w+)/g)].map((match) => match[1]!);
}

describe('a trip', () => {
  it('is booked step by step', async () => {
    const result = await serve(async () => (await start()).result());
    expect(result).toMatchObject({ status: 'booked', confirmations: { length: 3 } });
    expect(await scheduled()).toEqual(['bookFlight', 'bookHotel', 'bookCar']);
  });

  it('whose last step fails is undone in reverse, and says which step failed', async () => {
    const error = await serve(async () => (await start(noCar)).result().catch((thrown) => thrown));
    expect(error.cause).toMatchObject({ message: 'step [car] failed', type: 'StepFailed' });
    expect(error.cause.cause.cause).toMatchObject({ message: 'sold out', type: 'SoldOut' });
    expect((await scheduled()).slice(3)).toEqual(['cancelCar', 'cancelHotel', 'cancelFlight']);
  });

  it('that is cancelled undoes what it has booked', async () => {
    const work = async () => {
      const handle = await start();
      await env.sleep('1 second');
      await handle.cancel();
      await handle.result();
    };
    const faults = { activities: { bookHotel: neverAnswer() } };
    await expect(env.withFaults(faults, () => serve(work))).rejects.toThrow();
    expect(await scheduled()).toEqual(['bookFlight', 'bookHotel', 'cancelHotel', 'cancelFlight']);
  });
});

describe('a cancellation that fails', () => {
  const stuck: Partial<Trip> = { ...noCar, hotel: 'final offer' };

  it('for a while is tried until it works', async () => {
    const faults = { activities: { cancelHotel: failFirst(19) } };
    const failed = env.withFaults(faults, () => serve(async () => (await start(noCar)).result()));
    await expect(failed).rejects.toThrow();
    expect(alerts).toEqual([]);
  });

  it('for good freezes the saga: the workflow succeeds, with a critical alert and what is left to review', async () => {
    expect(await serve(async () => (await start(stuck)).result())).toEqual({
      status: 'manual review',
      reason: 'step [car] failed: sold out',
      notUndone: ['hotel', 'flight'],
    });
    expect(alerts).toEqual([
      'CRITICAL Trip trip-1: the hotel cannot be cancelled: final offer: no cancellations',
    ]);
    expect(await scheduled()).not.toContain('cancelFlight');
  });

  it.each([
    ['skip', { status: 'manual review', notUndone: ['hotel'] }, 1],
    ['escalate', { status: 'manual review', notUndone: ['hotel', 'flight'] }, 2],
  ] as const)('waits for somebody who says %s', async (resolution, result, numberOfAlerts) => {
    await serve(async () => {
      const handle = await start(stuck, 'wait');
      await env.sleep('1 day');
      expect(await handle.query(getStatus)).toBe('waiting for a decision about the hotel');
      await handle.signal(manualResolution, resolution);
      expect(await handle.result()).toMatchObject(result);
    });
    expect(alerts).toHaveLength(numberOfAlerts);
    expect(alerts.some((alert) => alert.startsWith('CRITICAL'))).toBe(resolution === 'escalate');
  });

  it('works after somebody has said retry', async () => {
    let calls = 0;
    const cancelHotel = async (): Promise<void> => {
      if (++calls <= 20) throw new Error('the hotel does not answer');
    };
    const work = async () => {
      const handle = await start(noCar, 'wait');
      await env.sleep('1 day');
      await handle.signal(manualResolution, 'retry');
      await handle.result();
    };
    const worker = { taskQueue: TASK_QUEUE, workflows, activities: { ...activities, cancelHotel } };
    await expect(env.runUntil(worker, work)).rejects.toMatchObject({
      cause: { message: 'step [car] failed' },
    });
    expect(await scheduled()).toContain('cancelFlight');
    expect(calls).toBe(21);
  });
});

it('is undone wherever the engine dies', async () => {
  const { result } = await crashEverywhere((crashing) =>
    crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: made }, () =>
      crashing.client.workflow
        .execute(bookTrip, { taskQueue: TASK_QUEUE, workflowId: 'trip', args: [{ ...trip, ...noCar }] })
        .catch((error) => error.cause.message),
    ),
  );
  expect(result).toBe('step [car] failed');
});
