import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { workerPaths } from '../../sdk/common/worker-protocol.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import {
  type CustomSlotSupplier,
  type SlotInfo,
  type SlotMarkUsedContext,
  type SlotPermit,
  type SlotReleaseContext,
  type SlotReserveContext,
  Worker,
} from '../../sdk/worker/node.ts';
import { createHandler } from '../../sdk/worker/serve.ts';
import * as workflows from './fixtures/slotted.ts';
import { activityTask, recordingLogger } from './support.ts';

/** So many slots; notes what it is told. */
class Counted<SI extends SlotInfo> implements CustomSlotSupplier<SI> {
  readonly type = 'custom';
  readonly asked: SlotReserveContext[] = [];
  readonly used: SI[] = [];
  readonly released: Array<SlotReleaseContext<SI>> = [];
  most = 0;
  readonly size: number;
  #out = 0;
  #given = 0;
  #waiting: Array<() => void> = [];

  constructor(size: number) {
    this.size = size;
  }

  async reserveSlot(context: SlotReserveContext): Promise<SlotPermit> {
    this.asked.push(context);
    while (this.#out === this.size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#out++;
    this.most = Math.max(this.most, this.#out);
    return { number: ++this.#given };
  }
  tryReserveSlot(): SlotPermit | null {
    throw new Error('there are no eager tasks');
  }
  markSlotUsed({ slotInfo }: SlotMarkUsedContext<SI>): void {
    this.used.push(slotInfo);
  }
  releaseSlot(context: SlotReleaseContext<SI>): void {
    this.released.push(context);
    this.#out--;
    for (const go of this.#waiting.splice(0)) go();
  }
}

describe('slot suppliers of the program’s own', () => {
  it('are asked for every task, told what takes the slot, and get each back', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    let [running, most] = [0, 0];
    const busy = async (): Promise<void> => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    const workflow = new Counted<SlotInfo & { type: 'workflow' }>(1);
    const activity = new Counted<SlotInfo & { type: 'activity' }>(2);
    const local = new Counted<SlotInfo & { type: 'local-activity' }>(2);
    const worker = await Worker.create({
      connection: env.nativeConnection,
      ...{ taskQueue: 'q', identity: 'me', workflows, activities: { busy } },
      logger: recordingLogger().logger,
      tuner: {
        workflowTaskSlotSupplier: workflow,
        activityTaskSlotSupplier: activity,
        localActivityTaskSlotSupplier: local,
      },
    });
    await worker.runUntil(() =>
      env.client.workflow.execute(workflows.both, { taskQueue: 'q', workflowId: 'w', args: [5] }),
    );
    await env.teardown();
    expect([most, activity.most, local.most, workflow.most]).toEqual([2, 2, 2, 1]);
    const about = { taskQueue: 'q', workerIdentity: 'me', workerBuildId: '', isSticky: false };
    expect(activity.asked).toEqual(Array(5).fill({ ...about, slotType: 'activity' }));
    expect(local.asked).toEqual(Array(5).fill({ ...about, slotType: 'local-activity' }));
    expect(activity.used).toEqual(Array(5).fill({ type: 'activity', activityType: 'busy' }));
    expect(local.used).toEqual(Array(5).fill({ type: 'local-activity', activityType: 'busy' }));
    expect(workflow.used[0]).toEqual({ type: 'workflow', workflowType: 'both', isSticky: false });
    expect(workflow.used.slice(1).every(({ isSticky }) => isSticky)).toBe(true);
    expect(workflow.used.length).toBeGreaterThan(1);
    for (const { asked, used, released } of [workflow, activity, local]) {
      expect([used.length, released.length]).toEqual([asked.length, asked.length]);
      expect(new Set(released.map(({ permit }) => JSON.stringify(permit))).size).toBe(asked.length);
      expect(released.every(({ slotInfo }) => slotInfo !== undefined)).toBe(true);
    }
  });

  describe('of activities', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    function worker(supplier: Partial<CustomSlotSupplier<SlotInfo & { type: 'activity' }>>) {
      const { logger, entries } = recordingLogger();
      const activity = {
        type: 'custom',
        tryReserveSlot: () => null,
        markSlotUsed: () => undefined,
        releaseSlot: () => undefined,
        ...supplier,
      } as CustomSlotSupplier<SlotInfo & { type: 'activity' }>;
      const handler = createHandler({
        ...{ taskQueue: 'transfers', activities: { withdraw: async () => 1 }, logger },
        slotSuppliers: { activity },
      });
      let id = 0;
      const call = async (): Promise<number> => {
        const body = JSON.stringify(activityTask({ dispatchId: `run-1/5/${id++}` }));
        const url = `http://worker${workerPaths.activityTask}`;
        return (await handler.fetch(new Request(url, { method: 'POST', body }))).status;
      };
      return { call, entries };
    }

    it('that have none in time are told so; what they reserve after that goes back unused', async () => {
      const released: object[] = [];
      let give: (permit: SlotPermit) => void = () => undefined;
      let told: AbortSignal | undefined;
      const { call } = worker({
        reserveSlot: (_, signal) => {
          told = signal;
          return new Promise((resolve) => {
            give = resolve;
          });
        },
        releaseSlot: (context) => void released.push(context),
      });
      const status = call();
      await vi.advanceTimersByTimeAsync(1_000);
      expect([await status, told?.aborted]).toEqual([503, true]);
      give({ late: true });
      await vi.advanceTimersByTimeAsync(0);
      expect(released).toEqual([{ permit: { late: true } }]);
    });

    it('that throw are in the Worker’s log, and keep nothing from going on', async () => {
      const { call, entries } = worker({
        reserveSlot: async () => undefined as unknown as SlotPermit,
        markSlotUsed() {
          throw new Error('no pen');
        },
      });
      expect(await call()).toBe(200);
      expect(entries.map(({ message }) => message)).toContain('Error in custom slot supplier `markSlotUsed`');
      const failing = worker({ reserveSlot: () => Promise.reject(new Error('no idea')) });
      const status = failing.call();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await status).toBe(503);
      expect(failing.entries[0]).toMatchObject({ message: 'Error in custom slot supplier `reserveSlot`' });
    });
  });
});
