import { describe, expect, it } from 'vitest';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { ResourceBasedController, Worker, type WorkerTuner } from '../../sdk/worker/node.ts';
import { limitsOfTuner } from '../../sdk/worker/tuner.ts';
import * as workflows from './fixtures/tuned.ts';
import { recordingLogger } from './support.ts';

const targets = { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 };
const fixed = (numSlots: number) => ({ type: 'fixed-size', numSlots }) as const;
const holder = (activity: object, local: object = fixed(7)): WorkerTuner =>
  ({
    workflowTaskSlotSupplier: fixed(1),
    activityTaskSlotSupplier: activity,
    localActivityTaskSlotSupplier: local,
    nexusTaskSlotSupplier: fixed(1),
  }) as WorkerTuner;

describe('a tuner', () => {
  const limits = (tuner: WorkerTuner) => {
    const { logger, entries } = recordingLogger();
    return { limits: limitsOfTuner(tuner, {}, logger), warned: entries.map(({ meta }) => meta.ignored) };
  };

  it.each<[string, WorkerTuner, object, string[]]>([
    ['of fixed sizes limits by them', holder(fixed(3)), { activity: 3, local: 7 }, []],
    [
      'of maximum sizes limits by them, and its targets are not followed',
      { tunerOptions: targets, activityTaskSlotOptions: { maximumSlots: 5, minimumSlots: 1 } },
      { activity: 5 },
      ['targets of memory and CPU'],
    ],
    [
      'with a controller for one kind of slots is taken apart',
      holder({
        type: 'resource-based',
        controller: ResourceBasedController.create(targets),
        maximumSlots: 4,
      }),
      { activity: 4, local: 7 },
      ['targets of memory and CPU'],
    ],
    ['of the program’s own sets no number', holder({ type: 'custom' }), { local: 7 }, []],
  ])('%s', (_, tuner, expected, ignored) => {
    const { maxConcurrentActivityTaskExecutions: activity, maxConcurrentLocalActivityExecutions: local } =
      limits(tuner).limits;
    expect({ ...(activity && { activity }), ...(local && { local }) }).toEqual(expected);
    expect(limits(tuner).warned).toEqual(ignored.length > 0 ? [ignored] : []);
  });

  it('that is none, and limits beside one, are refused', () => {
    const { logger } = recordingLogger();
    expect(() => limits({} as WorkerTuner)).toThrow('expected slot suppliers or tunerOptions');
    expect(() => limits(holder({ type: 'elastic' }))).toThrow('unknown type');
    expect(() => ResourceBasedController.create({ ...targets, targetCpuUsage: 80 })).toThrow(
      'targetCpuUsage',
    );
    const beside = { maxConcurrentWorkflowTaskExecutions: 5 };
    expect(() => limitsOfTuner(holder(fixed(1)), beside, logger)).toThrow(
      new TypeError('Cannot set both tuner and maxConcurrentWorkflowTaskExecutions'),
    );
  });

  it('holds for the activities of a Worker', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    let [running, most] = [0, 0];
    const busy = async (): Promise<void> => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    const { nativeConnection: connection } = env;
    const { logger } = recordingLogger();
    const options = { connection, taskQueue: 'q', workflows, activities: { busy }, logger };
    const worker = await Worker.create({ ...options, tuner: holder(fixed(2)) });
    await worker.runUntil(async () => {
      await env.client.workflow.execute(workflows.crowd, { taskQueue: 'q', workflowId: 'w', args: [6] });
    });
    await env.teardown();
    expect(most).toBe(2);
  });
});
