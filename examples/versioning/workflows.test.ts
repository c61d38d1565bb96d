import { crashEverywhere, historyToText, TestWorkflowEnvironment } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { DeterminismViolationError } from 'perdure/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { buildOf, TASK_QUEUE } from './shared.ts';
import * as before from './versions/1-before.ts';
import * as withPatch from './versions/2-patched.ts';
import * as deprecated from './versions/3-deprecated.ts';
import * as after from './versions/4-after.ts';
import * as workflows from './workflows.ts';

const versions = { 1: before, 2: withPatch, 3: deprecated, 4: after };
const files = { 1: '1-before', 2: '2-patched', 3: '3-deprecated', 4: '4-after' };
type Version = keyof typeof versions;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

/** An order that begins with one version; the next one is deployed before it is packed. */
async function order(begins: Version, ends: Version, on = env) {
  const workflowId = `order-${crypto.randomUUID()}`;
  const serving = (version: Version) => ({ taskQueue: TASK_QUEUE, workflows: versions[version], activities });
  const handle = await on.runUntil(serving(begins), async () => {
    const started = { taskQueue: TASK_QUEUE, workflowId, args: [workflowId] as [string] };
    const begun = await on.client.workflow.start(before.order, started);
    await on.sleep('1 day');
    return begun;
  });
  // A deploy ends every Worker of the version before.
  on.evictAll();
  await on.runUntil(serving(ends), async () => {
    await handle.signal(before.packed);
    expect(await handle.result()).toBe(`${workflowId} is shipped`);
  });
  return handle.fetchHistory();
}
const activitiesOf = (history: unknown): string[] =>
  [...historyToText(history).matchAll(/ActivityTaskScheduled (\w+)/g)].map((match) => match[1]!);

describe('a deploy while orders are open', () => {
  it.each([
    [1, 2, ['charge', 'ship']],
    [2, 2, ['checkFraud', 'charge', 'ship']],
    [2, 3, ['checkFraud', 'charge', 'ship']],
    [3, 4, ['checkFraud', 'charge', 'ship']],
  ] as const)('from version %i to %i: an order goes on as it began', async (begins, ends, asked) => {
    expect(activitiesOf(await order(begins, ends))).toEqual(asked);
  });

  it('is of version 2 as this example stands', () => {
    expect(workflows.order).toBe(withPatch.order);
  });
});

describe('a replay of kept histories finds what would go wrong', () => {
  const replay = async (history: object, version: Version) => {
    const workflowsPath = new URL(`./versions/${files[version]}.ts`, import.meta.url).href;
    return Worker.runReplayHistory({ workflowsPath }, history);
  };

  it.each([
    [1, 3],
    [1, 4],
    [2, 4],
  ] as const)('a run of version %i does not fit version %i', async (begun, deployed) => {
    const history = await order(begun, begun);
    await expect(replay(history, begun)).resolves.toBeUndefined();
    await expect(replay(history, deployed)).rejects.toThrow(DeterminismViolationError);
  });
});

describe('pinned versions', () => {
  const begin = async (workflowId: string) => {
    const started = { taskQueue: TASK_QUEUE, workflowId, args: [workflowId] as [string] };
    await env.client.workflow.start(before.order, started);
    await env.sleep('1 day');
    return env.client.workflow.getHandle<typeof before.order>(workflowId);
  };
  const serve = (version: Version) =>
    env.serve({
      taskQueue: TASK_QUEUE,
      workflows: versions[version],
      activities,
      workerDeploymentOptions: buildOf(files[version]),
    });
  const makeCurrent = (version: Version) =>
    env.client.workflow.workflowService.setWorkerDeploymentCurrentVersion({
      ...{ namespace: 'default', deploymentName: 'orders', buildId: files[version] },
    });

  it('keep an order on the build that it began on, without a patch, also when the engine restarts', async () => {
    const stopFirst = serve(1);
    await makeCurrent(1);
    const early = await begin('pinned-early');
    const stopSecond = serve(4);
    await makeCurrent(4);
    const late = await begin('pinned-late');
    env.evictAll();
    for (const handle of [early, late]) {
      await handle.signal(before.packed);
      await handle.result();
    }
    expect(activitiesOf(await early.fetchHistory())).toEqual(['charge', 'ship']);
    expect(activitiesOf(await late.fetchHistory())).toEqual(['checkFraud', 'charge', 'ship']);
    stopFirst();
    stopSecond();
  });

  it('wait for a Worker of their build, rather than go on with another', async () => {
    const stopFirst = serve(1);
    await makeCurrent(1);
    const handle = await begin('pinned-waits');
    stopFirst();
    const stopSecond = serve(4);
    await makeCurrent(4);
    await handle.signal(before.packed);
    await env.sleep('1 day');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const stopAgain = serve(1);
    await handle.result();
    expect(activitiesOf(await handle.fetchHistory())).toEqual(['charge', 'ship']);
    stopSecond();
    stopAgain();
  });
});

it('goes on as it began wherever the engine dies', async () => {
  const { result } = await crashEverywhere(async (crashing) => activitiesOf(await order(1, 2, crashing)));
  expect(result).toEqual(['charge', 'ship']);
});
