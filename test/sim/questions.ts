/** What clients ask and only read, and answers that come too late. */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { decodeTaskToken } from '../../sdk/common/ids.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { Request } from '../../sdk/common/service.ts';
import { isOpen, pendingActivity } from '../../src/core/state.ts';
import type { ClientPorts } from './clients.ts';
import { NAMESPACE } from './world.ts';

const payloads = (...values: unknown[]) => toPayloadsJson(defaultPayloadConverter, ...values);

/** I38: what was acknowledged before the query is in its answer. */
export async function query({ api, ledger, owner, world }: ClientPorts, workflowId: string): Promise<void> {
  const { run } = owner(workflowId).shadow;
  if (run?.workflowType !== 'collect' && run?.workflowType !== 'chain') return;
  const before = ledger.acknowledgedValues(workflowId, run.runId);
  const request = {
    namespace: NAMESPACE,
    execution: { workflowId, runId: run.runId },
    query: { queryType: 'seen' },
  };
  try {
    const { queryResult } = await api.call(workflowId, 'query', (object) => object.query(request));
    const values = fromPayloadsJson(defaultPayloadConverter, queryResult)[0] as string[];
    const missing = before.filter((value) => !values.includes(value));
    // What was closed from outside with signals unseen answers as far as it got.
    const now = owner(workflowId).shadow.run;
    // Nor does the code of one that is paused see what is acknowledged meanwhile.
    const same = isOpen(now) && now.runId === run.runId && !run.pause && !now.pause;
    if (missing.length > 0 && same)
      world.violate(`I38: a query of ${workflowId} did not see ${missing.join(', ')}`);
  } catch (error) {
    // Nobody could be asked, or not in time.
    const said = error instanceof ServiceError ? error.code : '';
    if (!['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'FAILED_PRECONDITION'].includes(said)) throw error;
  }
}

/** I14: pages read through the object are what the log holds. */
export async function readHistory({ api, owner, world }: ClientPorts, workflowId: string): Promise<void> {
  const { run } = owner(workflowId).shadow;
  if (!run) return;
  const { runId, runNumber } = run;
  const maximumPageSize = world.random.between(1, 20);
  const read: HistoryEvent[] = [];
  let nextPageToken: string | undefined;
  do {
    const request = {
      namespace: NAMESPACE,
      execution: { workflowId, runId },
      maximumPageSize,
      nextPageToken,
    };
    const page = await api.call(workflowId, 'history', (object) => object.history(request));
    read.push(...page.history.events);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  const stored = owner(workflowId).runs[runNumber]!.events.slice(0, read.length);
  if (JSON.stringify(read) !== JSON.stringify(stored)) {
    world.violate(`I14: the history of ${workflowId} reads otherwise than it is stored`);
  }
}

/** I25: an answer to an attempt that is over changes nothing, whoever gives it. */
export async function staleAnswer({ api, executions, owner, world }: ClientPorts): Promise<void> {
  if (executions.tokens.length === 0) return;
  const task = decodeTaskToken(world.random.pick(executions.tokens));
  const { run } = owner(task.workflowId).shadow;
  const pending =
    run && isOpen(run) && run.runId === task.runId && pendingActivity(run, task.scheduledEventId);
  if (pending && pending.attempt === task.attempt) return;
  const request = world.random.pick([
    { kind: 'RespondActivityTaskCompleted' as const, task, result: payloads('stale') },
    { kind: 'RespondActivityTaskFailed' as const, task, failure: { message: 'stale' } },
    { kind: 'RespondActivityTaskCanceled' as const, task },
    { kind: 'RecordActivityTaskHeartbeat' as const, task, details: payloads(1_000_000) },
  ]);
  await api.request(task.workflowId, request as Request<'RespondActivityTaskCompleted'>);
  world.violate(`I25: a stale ${request.kind} of attempt ${task.attempt} in ${task.workflowId} was taken`);
}
