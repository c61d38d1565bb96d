/** The example of the long file, as its README has it: its Worker is killed at line 5,000, and the next one goes on from there. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { World } from './processes.ts';

const world = new World();
beforeAll(() => world.startEngine());
afterAll(() => world.end());

it('a Worker that is killed at line 5,000 loses what it had not reported, and nothing else', async () => {
  const worker = await world.fileWorker();
  await worker.serve();
  await world.api.start({
    workflowId: 'import',
    workflowType: 'processFile',
    taskQueue: 'file-processing',
    args: [{ name: 'sales.csv', lines: 10_000 }],
  });
  await until('line 5,000', () => worker.output.includes('line 5000'), 60_000);
  await worker.kill();
  await worker.serve();
  await until('the second attempt', () => worker.output.includes('begins at line'), 60_000);
  const begun = Number(/begins at line (\d+)/.exec(worker.output)![1]);
  expect(begun).toBeGreaterThan(3_000);
  expect(begun).toBeLessThanOrEqual(5_100);
  expect(await world.api.result('import', 60_000)).toEqual({ line: 10_000, sum: (9_999 * 10_000) / 2 });
  const scheduled = (await world.api.eventTypes('import')).filter((type) => type === 'ActivityTaskScheduled');
  expect(scheduled).toHaveLength(1);
});
