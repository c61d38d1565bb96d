/** Finds a run of this workflow id by what is logged: also one that nothing in memory tells of. */

import { notFound } from '../../sdk/common/errors.ts';
import { attributesOf, isTransient, type LogEvent } from '../../sdk/common/history.ts';
import { checkName } from './check.ts';
import type { ResetOrigin } from './reset-origin.ts';
import type { Execution } from './state.ts';

/** What is logged of the runs of a workflow id. */
export interface RunLogs {
  readonly execution: Execution;
  log(runNumber: number): Iterable<LogEvent>;
}

export interface RunHead {
  runId: string;
  firstExecutionRunId: string;
  reset?: ResetOrigin;
  /** It was written elsewhere. */
  imported?: true;
}

/**
 * Without `runId`, the newest run.
 * @throws ServiceError NOT_FOUND
 */
export function findLogged(t: RunLogs, runId: string | undefined): RunHead & { runNumber: number } {
  const { execution } = t;
  if (runId) checkName('workflowExecution.runId', runId);
  const newest = execution.runNumber;
  for (let runNumber = newest; runNumber >= 0 && (runId || runNumber === newest); runNumber--) {
    const head = headOf(t.log(runNumber));
    if (head && (!runId || head.runId === runId)) return { runNumber, ...head };
  }
  const which = runId ? `${execution.workflowId} and run ID: ${runId}` : execution.workflowId;
  throw notFound(`workflow not found for ID: ${which}`);
}

/** Who the run is: its first events say so. */
export function headOf(log: Iterable<LogEvent>): RunHead | undefined {
  let reset: ResetOrigin | undefined;
  let runId: string | undefined;
  let imported = false;
  for (const event of log) {
    if (isTransient(event)) {
      if (event.transient === 'RunImported') {
        runId = event.attributes.runId;
        imported = true;
      } else if (event.transient === 'RunReset') {
        const { runId: own, baseWorkflowId: _, ...origin } = event.attributes;
        runId = own;
        reset = { ...origin, time: event.time };
      }
      continue;
    }
    const { originalExecutionRunId, firstExecutionRunId } = attributesOf(event, 'WorkflowExecutionStarted');
    return {
      runId: runId ?? originalExecutionRunId,
      firstExecutionRunId,
      ...(reset && { reset }),
      ...(imported && { imported }),
    };
  }
  return undefined;
}
