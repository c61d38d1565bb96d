/** Metrics in the real runtime: counted by objects, carried along with rows, kept by shards over their death. */

import { evictDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { shardMap, shardName } from '../../src/visibility/shard.ts';
import { until } from '../http-api.ts';
import { api, env } from './support.ts';

const self = (exports as unknown as { default: Fetcher }).default;

/** The value of the one series whose line begins so. */
async function read(start: string): Promise<number> {
  const text = await (await self.fetch('http://127.0.0.1/metrics')).text();
  const lines = text.split('\n').filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function evictShards(): Promise<void> {
  for (const shard of shardMap(env).all())
    await evictDurableObject(env.VISIBILITY.getByName(shardName('default', shard)));
}

it('starts, closes, attempts and requests are counted, and still are after every shard has died', async () => {
  const starts = 'perdure_workflow_starts_total{namespace="default",workflow_type="several"';
  const closes = 'perdure_workflow_closes_total{namespace="default",workflow_type="several"';
  const attempts = 'perdure_activity_attempts_total{namespace="default",task_queue="plain"';
  const waits = 'perdure_activity_schedule_to_start_seconds_count{namespace="default",task_queue="plain"}';
  const before = await read(attempts);
  for (const id of ['m1', 'm2', 'm3']) {
    await api.start({ workflowId: id, workflowType: 'several', taskQueue: 'plain', args: [id, 1] });
    await api.result(id);
  }
  await until('the rows of the closes', async () => (await read(closes)) >= 3);
  expect(await read(starts)).toBe(3);
  await until('the attempts', async () => (await read(attempts)) - before >= 3);
  expect(await read(waits)).toBeGreaterThanOrEqual(3);
  expect(
    await read('perdure_api_requests_total{namespace="default",rpc="StartWorkflowExecution",code="OK"}'),
  ).toBeGreaterThanOrEqual(3);
  const all = [await read(starts), await read(closes), await read(attempts), await read(waits)];
  await evictShards();
  expect([await read(starts), await read(closes), await read(attempts), await read(waits)]).toEqual(all);
});
