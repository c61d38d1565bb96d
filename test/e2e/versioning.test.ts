/** Two builds of a Worker as two processes, from the first deploy of the new build to the end of the old one. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DescribeWorkerDeploymentVersionReply } from '../../sdk/common/deployments.ts';
import { isRamped } from '../../src/matching/routing.ts';
import { until } from '../http-api.ts';
import { World } from './processes.ts';

const world = new World();
const api = (): World['api'] => world.api;
const QUEUE = 'versioned';

beforeAll(() => world.startEngine());
afterAll(() => world.end());

const deployment = '/worker-deployments/orders';
const setCurrent = (buildId: string) => api().ok('POST', `${deployment}/set-current-version`, { buildId });
const ramp = (buildId: string, percentage: number) =>
  api().ok('POST', `${deployment}/set-ramping-version`, { buildId, percentage });
const version = (buildId: string) => `/worker-deployment-versions/orders/${buildId}`;
const describeVersion = (buildId: string) =>
  api().ok<DescribeWorkerDeploymentVersionReply>('GET', version(buildId));
const start = (workflowId: string, workflowType: string, args: unknown[] = []) =>
  api().start({ workflowId, workflowType, taskQueue: QUEUE, args });

let probes = 0;
/** Where a new run goes now. */
async function whereIs(workflowId = `probe-${++probes}`): Promise<unknown> {
  await start(workflowId, 'where');
  return api().result(workflowId);
}

it('pinned runs end on the old build, others move, a ramp splits by id, and the old build can go', async () => {
  const one = await world.versionedWorker('one', QUEUE);
  await one.serve();
  await start('early', 'where');
  await until('the reason', async () =>
    (await api().describe('early')).problems.some((problem) => problem.includes('no version is current')),
  );
  await setCurrent('one');
  expect(await api().result('early')).toBe('one');
  await start('order-1', 'order', ['order-1']);
  await start('follower', 'follow');
  await until('their first tasks', async () => (await describeVersion('one')).openWorkflowCount === '2');

  const two = await world.versionedWorker('two', QUEUE);
  await two.serve();
  await ramp('two', 50);
  const ids = Array.from({ length: 20 }, (_, i) => `ramped-${i}`);
  const [firstRamped] = Array.from({ length: 100 }, (_, i) => `look-${i}`).filter((id) => isRamped(id, 50));
  await until('the ramp to be known', async () => (await whereIs(firstRamped)) === 'two');
  const went = await Promise.all(ids.map((id) => whereIs(id)));
  expect(went).toEqual(ids.map((id) => (isRamped(id, 50) ? 'two' : 'one')));
  expect(new Set(went).size).toBe(2);

  await setCurrent('two');
  const [notRamped] = Array.from({ length: 100 }, (_, i) => `rest-${i}`).filter((id) => !isRamped(id, 50));
  await until('the new build to be current', async () => (await whereIs(notRamped)) === 'two');
  await start('order-2', 'order', ['order-2']);
  expect(await describeVersion('one')).toMatchObject({
    workerDeploymentVersionInfo: { status: 'WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING' },
    openPinnedWorkflowCount: '1',
    safeToRemove: false,
  });
  // The new build dies and comes back, the engine restarts: nobody changes sides for it.
  await two.kill();
  await world.killEngine();
  await world.startEngine();
  await two.serve();
  for (const id of ['order-1', 'order-2', 'follower']) await api().signal(id, 'go');
  expect(await api().result('order-1')).toMatch(/^build one: /);
  expect(await api().result('order-2')).toMatch(/^build two: /);
  expect(await api().result('follower')).toEqual(['one', 'two']);

  await until('the old build to be drained', async () => (await describeVersion('one')).safeToRemove, 60_000);
  expect((await api().send('DELETE', version('one'))).body.message).toContain('stop them first');
  await one.stop();
  await until('its Worker to be forgotten', async () => {
    const { status } = await api().send('DELETE', version('one'));
    return status === 200;
  });
  expect((await api().send('GET', version('one'))).status).toBe(404);
  expect(await whereIs()).toBe('two');
});
