/** What a batch job that has completed must have done: to each run what it says, once, or said why not. */

import { attributesOf, historyEvents } from '../../sdk/common/history.ts';
import { operationOf } from '../../src/batch/jobs.ts';
import type { JobRecord } from '../../src/batch/store.ts';
import type { HistoryCheck } from '../checker/history-check.ts';
import { check } from '../checker/violation.ts';
import type { Owner } from './objects.ts';

export interface Looked {
  /** Ids of runs that matched from the first page to the last. */
  matched: string[];
  found: Set<string>;
}

export function checkJob(job: JobRecord, looked: Looked | undefined, owners: Iterable<Owner>): void {
  const { jobId, total, completed, failed, failures, request } = job;
  const at = `batch ${jobId} (${operationOf(request)})`;
  check(completed + failed === total, `${at} is completed: ${completed} and ${failed} of ${total} runs`);
  const targets = looked ? [...looked.found] : [];
  check(targets.length >= total, `${at} has ${total} runs, and found ${targets.length}`);
  check(failures.length === failed, `${at} names ${failures.length} of ${failed} failures`);
  const excused = new Set(failures.map(({ runId }) => runId));
  for (const runId of looked?.matched ?? []) {
    if (excused.has(runId)) continue;
    const found = workflowOf(runId, owners);
    check(found, `${at} knows run ${runId}, which is nowhere`);
    const { workflow, run } = found;
    const done = timesDone(job, workflow, run);
    check(done > 0, `${at} has nothing done to run ${runId} of ${workflow.workflowId}`);
    check(done === 1, `${at} was done ${done} times to run ${runId} of ${workflow.workflowId}`);
  }
}

function timesDone(job: JobRecord, workflow: Owner, run: HistoryCheck): number {
  const requestId = `batch/${job.jobId}/${run.runId}`;
  switch (operationOf(job.request)) {
    case 'signalOperation':
      return count(workflow, run, 'WorkflowExecutionSignaled', requestId);
    case 'cancellationOperation':
      // One that is closed needs none, nor does one that was asked before.
      return run.closed || count(workflow, run, 'WorkflowExecutionCancelRequested') > 0 ? 1 : 0;
    case 'resetOperation':
      return workflow.runs.flatMap(({ requests }) =>
        requests.filter((key) => key === `ResetWorkflowExecution/${requestId}`),
      ).length;
    default:
      return run.closed ? 1 : 0;
  }
}

/** In history, or held back and as durable. */
function count(
  { shadow }: Owner,
  run: HistoryCheck,
  name: 'WorkflowExecutionSignaled' | 'WorkflowExecutionCancelRequested',
  requestId?: string,
): number {
  const { eventType } = historyEvents[name];
  const recorded = run.events
    .filter((event) => event.eventType === eventType)
    .map((event) => attributesOf(event, name));
  const held = shadow.run?.runId === run.runId ? shadow.run.heldBack : [];
  const waiting = held.filter((event) => event.name === name).map(({ attributes }) => attributes);
  const all = [...recorded, ...waiting] as Array<{ requestId?: string }>;
  return all.filter((attributes) => requestId === undefined || attributes.requestId === requestId).length;
}

function workflowOf(
  runId: string,
  owners: Iterable<Owner>,
): { workflow: Owner; run: HistoryCheck } | undefined {
  for (const workflow of owners) {
    const run = workflow.runs.find((candidate) => candidate.runId === runId);
    if (run) return { workflow, run };
  }
  return undefined;
}
