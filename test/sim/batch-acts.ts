/** Clients start batch jobs over a query: the same operation on all runs that match. */

import type { BatchOperation } from '../../sdk/common/batch.ts';
import { askObject } from './api.ts';
import type { Doing } from './operators.ts';
import type { Random } from './random.ts';
import { NAMESPACE } from './world.ts';

const OPERATIONS = [
  'signalOperation',
  'signalOperation',
  'cancellationOperation',
  'terminationOperation',
  'resetOperation',
] as const;
type Operation = (typeof OPERATIONS)[number];
export const BATCH_ACTS = [...new Set<string>([...OPERATIONS, 'stop'])];

const operations: Record<Operation, (random: Random) => BatchOperation> = {
  // Of a name that nobody listens to: what clients send themselves is counted.
  signalOperation: () => ({ signalOperation: { signal: 'batched' } }),
  cancellationOperation: () => ({ cancellationOperation: {} }),
  terminationOperation: () => ({ terminationOperation: {} }),
  resetOperation: (random) => ({
    resetOperation: { options: random.pick([{ lastWorkflowTask: {} }, { firstWorkflowTask: {} }]) },
  }),
};

export async function actOnBatch({ ports, requestId, untilKnown }: Doing): Promise<void> {
  const { world, batches } = ports;
  const { random, coverage } = world;
  const operation = random.pick(OPERATIONS);
  const jobId = requestId();
  const request = {
    namespace: NAMESPACE,
    jobId,
    visibilityQuery: query(random, operation, jobId),
    reason: 'the simulator says so',
    ...(random.chance(0.5) && { maxOperationsPerSecond: random.between(1, 5) }),
    ...operations[operation](random),
  };
  coverage.count('batches', operation);
  const start = () => untilKnown(() => askObject(world, `batch ${jobId}`, () => batches.start(request)));
  await start();
  if (!batches.job(jobId)) world.violate(`batch ${jobId} was acknowledged, and is not stored`);
  if (random.chance(0.2)) await start();
  if (!random.chance(0.1)) return;
  coverage.count('batches', 'stop');
  await untilKnown(() => askObject(world, `stop ${jobId}`, () => batches.stop(jobId)));
}

function query(random: Random, operation: Operation, jobId: string): string {
  // Nobody else's query: it names the job, of which no workflow has the id.
  const conditions = [`WorkflowId STARTS_WITH 'wf-' AND WorkflowId != '${jobId}'`];
  if (operation === 'resetOperation') conditions.push(`WorkflowType != 'transfer'`);
  if (random.chance(0.6)) conditions.push(`ExecutionStatus = 'Running'`);
  if (random.chance(0.4)) conditions.push(`WorkflowType = '${random.pick(['collect', 'beat', 'chain'])}'`);
  return conditions.join(' AND ');
}
