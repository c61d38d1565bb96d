/** G. What listings say is what the objects know. */

import type { Facts } from './facts.ts';
import { groupBy } from './facts.ts';

const STATUS: Record<string, string> = {
  WorkflowExecutionCompleted: 'COMPLETED',
  WorkflowExecutionFailed: 'FAILED',
  WorkflowExecutionCanceled: 'CANCELED',
  WorkflowExecutionTerminated: 'TERMINATED',
  WorkflowExecutionTimedOut: 'TIMED_OUT',
  WorkflowExecutionContinuedAsNew: 'CONTINUED_AS_NEW',
};

/** I45 */
export function* visibilityIsTrue(facts: Facts): Iterable<string> {
  const { rows, all, counts } = facts.evidence.visibility;
  const byRun = new Map(rows.map((row) => [row.runId, row]));
  for (const run of facts.allRuns()) {
    const row = byRun.get(run.runId);
    const at = `${run.workflowId}, run ${run.runId}`;
    if (!row) {
      yield `visibility does not know ${at}`;
      continue;
    }
    const status = `WORKFLOW_EXECUTION_STATUS_${run.close ? STATUS[run.close] : 'RUNNING'}`;
    if (row.info.status !== status) yield `${at} is ${status}, visibility has ${row.info.status}`;
    if (row.open !== !run.close) yield `${at}: the row is ${row.open ? 'open' : 'closed'}`;
    if (Date.parse(row.info.startTime) !== run.startTime) yield `${at}: another start time`;
    if (run.closeTime !== undefined && Date.parse(row.info.closeTime ?? '') !== run.closeTime)
      yield `${at}: another close time`;
  }
  for (const row of rows)
    if (!facts.runById.has(row.runId)) yield `visibility has a ghost: ${row.workflowId}, run ${row.runId}`;
  const byStatus = groupBy(all, ({ status }) => status);
  for (const [status, count] of Object.entries(counts)) {
    const there = byStatus.get(`WORKFLOW_EXECUTION_STATUS_${status}`)?.length ?? 0;
    if (there !== count) yield `${count} runs were counted as ${status}, and there are ${there}`;
  }
}

/** I46 */
export function* newestVersionWins(facts: Facts): Iterable<string> {
  const versions = new Map(facts.evidence.visibility.rows.map((row) => [row.runId, row.version]));
  for (const object of facts.evidence.objects) {
    const run = facts.stateOf(object)?.run;
    if (!run) continue;
    const version = versions.get(run.runId);
    if (version !== undefined && (version > run.visibilityVersion || version < run.recordedVisibilityVersion))
      yield `${object.workflowId}: visibility has version ${version}, the object ${run.visibilityVersion}, confirmed ${run.recordedVisibilityVersion}`;
  }
}

/** I47 */
export function* pagesAreWhole(facts: Facts): Iterable<string> {
  const { pages, all } = facts.evidence.visibility;
  const listed = groupBy(pages.flat(), (runId) => runId);
  for (const [runId, times] of listed) if (times.length > 1) yield `run ${runId} is on ${times.length} pages`;
  for (const { runId } of all) if (!listed.has(runId)) yield `run ${runId} is on no page`;
}
