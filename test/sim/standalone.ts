/**
 * Activities that belong to no workflow, of ids that are used again and again. What is acknowledged to a client stays: the start,
 * the cancelling, the deletion; a repeat gets the answer of the first. The run ends as its activity did, in the same moment.
 */

import { attributesOf, type HistoryEvent } from '../../sdk/common/history.ts';
import { activityAddress, standaloneActivityId } from '../../sdk/common/ids.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { Request, StartActivityExecutionRequest } from '../../sdk/common/service.ts';
import { deletion } from './deletions.ts';
import type { Doing } from './operators.ts';
import type { Random } from './random.ts';
import { NAMESPACE, type World } from './world.ts';

const IDS = 3;
/** One id is for those that are deleted. */
const DELETED = activityAddress('gone');

export const isStandalone = ({ workflowId }: { workflowId: string }): boolean =>
  standaloneActivityId(workflowId) !== undefined;

export async function actOnStandalone(doing: Doing): Promise<void> {
  const { ports, requestId, persist } = doing;
  const { random } = ports.world;
  if (random.chance(0.15)) {
    const start = () => startRequest(random, 'gone', requestId());
    return deletion(doing, start, DELETED);
  }
  const activityId = `a-${random.int(IDS)}`;
  const address = activityAddress(activityId);
  if (random.chance(0.7)) return startOne(doing, activityId);
  const workflowExecution = { workflowId: address };
  const one = { namespace: NAMESPACE, workflowExecution };
  if (random.chance(0.4)) {
    const waitMs = random.int(20_000);
    const reply = await ports.api.call(address, 'result', (object) => object.result(undefined, waitMs));
    if (!reply.pending) ports.ledger.resultSeen(address, reply.runId, reply.closeEvent);
  } else if (random.chance(0.7))
    await persist(address, { kind: 'RequestCancelWorkflowExecution', ...one, requestId: requestId() });
  else await persist(address, { kind: 'TerminateWorkflowExecution', ...one, reason: 'the simulator' });
}

async function startOne({ ports, requestId, persist }: Doing, activityId: string): Promise<void> {
  const { world, ledger } = ports;
  const address = activityAddress(activityId);
  const request = startRequest(world.random, activityId, requestId());
  const { runId, started } = await persist(address, request);
  ledger.started(address, runId);
  if (!world.random.chance(0.3)) return;
  const again = await persist(address, request);
  if (again.runId !== runId || again.started !== started)
    world.violate(`I34: start ${request.requestId} of ${activityId} gave ${runId}, then ${again.runId}`);
}

function startRequest(
  random: Random,
  activityId: string,
  requestId: string,
): Request<'StartActivityExecution'> & StartActivityExecutionRequest & { requestId: string } {
  const [name, input] = random.pick([
    ['count', random.between(1, 8)],
    ['count', random.between(1, 8)],
    ['double', random.int(100)],
  ] as const);
  return {
    kind: 'StartActivityExecution',
    namespace: NAMESPACE,
    activityId,
    activityType: { name },
    taskQueue: { name: random.pick(['main', 'side']) },
    input: toPayloadsJson(defaultPayloadConverter, input),
    requestId,
    startToCloseTimeout: random.pick(['3s', '15s', '60s', '600s']),
    ...(random.chance(0.2) && { scheduleToCloseTimeout: random.pick(['20s', '300s']) }),
    ...(random.chance(0.2) && { scheduleToStartTimeout: random.pick(['5s', '60s']) }),
    ...(random.chance(0.2) && { heartbeatTimeout: random.pick(['6s', '30s']) }),
    retryPolicy: { maximumAttempts: random.between(1, 6), initialInterval: random.pick(['1s', '10s']) },
    idConflictPolicy: random.pick([
      'ACTIVITY_ID_CONFLICT_POLICY_FAIL',
      'ACTIVITY_ID_CONFLICT_POLICY_USE_EXISTING',
    ]),
    idReusePolicy: random.pick([
      'ACTIVITY_ID_REUSE_POLICY_ALLOW_DUPLICATE',
      'ACTIVITY_ID_REUSE_POLICY_ALLOW_DUPLICATE',
      'ACTIVITY_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY',
    ]),
  };
}

/** When all is over. How the run ended must fit what its activity did is checked as the log grows. */
export function checkStandalone(world: World, events: HistoryEvent[]): void {
  const done = events.at(-2)!;
  if (done.eventType !== 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED') return;
  const { result } = attributesOf(done, 'ActivityTaskCompleted');
  const { activityType, activityId, input } = attributesOf(events[1]!, 'ActivityTaskScheduled');
  const [given] = fromPayloadsJson(defaultPayloadConverter, input) as [number];
  const [value] = fromPayloadsJson(defaultPayloadConverter, result);
  const wanted = activityType.name === 'count' ? given : given * 2;
  if (value !== wanted) world.violate(`I29: activity ${activityId} came to ${value} instead of ${wanted}`);
}
