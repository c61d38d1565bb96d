/** Local activities: carried out by the Worker that has the workflow task, and lost with it. */

import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import type { LocalActivityRunner } from '../../sdk/workflow/runtime/local-execution.ts';
import type { SimWorker } from './workers.ts';
import { failure, type World } from './world.ts';

export function localActivities(world: World, worker: SimWorker): LocalActivityRunner {
  const { scheduler } = world;
  const run = async ({ input, workflowId }: ActivityTask): Promise<ActivityTaskAnswer> => {
    const [n] = fromPayloadsJson(defaultPayloadConverter, input) as [number];
    await scheduler.wait(world.random.int(n), `local activity ${workflowId} ${worker.id}`);
    if (world.fault('activityFails')) return { failed: { failure: failure('failed locally') } };
    const result = toPayloadsJson(defaultPayloadConverter, n);
    return { completed: result ? { result } : {} };
  };
  return {
    serves: () => true,
    now: () => world.now,
    after: (ms, callback) => scheduler.at(ms, `local wait ${worker.id}`, callback),
    runLocalActivity: run,
  };
}
