import { crashEverywhere, failFirst, neverAnswer, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as made from './activities.ts';
import { type Order, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { processOrder, getStatus } = workflows;
const HOUR = 3_600_000;
const order: Order = { id: 'order-1', customer: 'ada', items: { tea: 2 }, total: 900 };

let env: TestWorkflowEnvironment;
let calls: string[];
/** How often the carrier is asked until the parcel is there. */
let stops: number;
const noted =
  (name: string) =>
  async ({ id }: Order): Promise<void> =>
    void calls.push(`${name} ${id}`);
const activities = {
  ...made,
  refund: noted('refund'),
  release: noted('release'),
  pack: noted('pack'),
  track: async () => ({ location: `stop ${calls.push('track')}`, delivered: calls.length >= stops }),
};

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  calls = [];
  stops = 4;
});

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = (changed: Partial<Order> = {}) =>
  env.client.workflow.start(processOrder, {
    taskQueue: TASK_QUEUE,
    workflowId: `order-${crypto.randomUUID()}`,
    args: [{ ...order, ...changed }],
  });
const process = (changed: Partial<Order> = {}) => serve(async () => (await start(changed)).result());

describe('an order', () => {
  it('is charged, reserved, packed, shipped and followed to the door', async () => {
    const begun = await env.currentTimeMs();
    const { state, log } = await process();
    expect(state).toBe('delivered');
    expect(log.map(({ what }) => what.replace(/ as .*/, ''))).toEqual([
      ...['charging', 'reserving', 'packing', 'shipping', 'on its way'],
      ...['in stop 2', 'in stop 3', 'in stop 4', 'delivered'],
    ]);
    expect(Math.round((log.at(-1)!.time - begun) / HOUR)).toBe(2);
  });

  it('can be asked for its status while it is under way, and afterwards', () =>
    serve(async () => {
      const handle = await start();
      await env.sleep('90 minutes');
      expect(await handle.query(getStatus)).toMatchObject({ state: 'on its way', location: 'stop 3' });
      const result = await handle.result();
      expect(await handle.query(getStatus)).toEqual(result);
    }));

  it('whose card is declined is over, with nothing to undo', async () => {
    expect((await process({ customer: 'broke' })).log.at(-1)!.what).toBe('declined: card declined');
    expect(calls).toEqual([]);
  });

  it('for something that is not there is refunded', async () => {
    const { state, log } = await process({ items: { unicorn: 1 } });
    expect(state).toBe('refunded');
    expect(log.at(-2)!.what).toBe('refunding: no unicorns left');
    expect(calls).toEqual(['release order-1', 'refund order-1']);
  });
});

describe('what goes wrong on the way', () => {
  it('a parcel that is lost for thirty days is refunded', async () => {
    stops = 1_000;
    const { state, log } = await process({ trackEvery: 6 * HOUR });
    expect([state, log.at(-2)!.what]).toEqual(['refunded', 'refunding: The parcel is lost']);
    expect(calls.filter((call) => call === 'track')).toHaveLength(120);
  });

  it('a cancelled order is refunded too', () =>
    serve(async () => {
      const handle = await start();
      await env.sleep('90 minutes');
      await handle.cancel();
      expect((await handle.result()).state).toBe('refunded');
      expect(calls.slice(-2)).toEqual(['release order-1', 'refund order-1']);
    }));

  it('a carrier that is away and a warehouse that forgets only take time', async () => {
    const faults = { activities: { ship: failFirst(30), pack: neverAnswer(3) } };
    expect((await env.withFaults(faults, () => process())).state).toBe('delivered');
  });
});

it('is delivered wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    async (crashing) => {
      let asked = 0;
      const track = async () => ({ location: 'here', delivered: ++asked >= 2 });
      const worker = {
        taskQueue: TASK_QUEUE,
        workflows,
        activities: { ...made, pack: noted('pack'), ship: async () => 'parcel-1', track },
      };
      return crashing.runUntil(worker, async () => {
        const started = { taskQueue: TASK_QUEUE, workflowId: 'order-1', args: [order] as [Order] };
        const { state, log } = await crashing.client.workflow.execute(processOrder, started);
        return [state, log.length];
      });
    },
    { maxRuns: 30 },
  );
  expect(result).toEqual(['delivered', 7]);
});
