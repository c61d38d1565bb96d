/** Activities that write down on disk when they begin and when they are done. Environment: LEDGER, WORKER_NAME. */

import { activityInfo } from 'perdure/activity';
import { appendLine, type LedgerLine } from './ledger.ts';

const { LEDGER = '', WORKER_NAME = '' } = process.env;

function line(what: LedgerLine['what'], key: string): LedgerLine {
  const { workflowExecution, activityId, activityRunId = '', attempt } = activityInfo();
  const { workflowId, runId } = workflowExecution ?? { workflowId: '', runId: activityRunId };
  return { what, time: Date.now(), key, workflowId, runId, activityId, attempt, worker: WORKER_NAME };
}

/** Works for so many milliseconds. Not the SDK's sleep: it is not ended by a cancellation or a shutdown. */
export async function work(key: string, ms: number): Promise<string> {
  await appendLine(LEDGER, line('begin', key));
  await new Promise((resolve) => setTimeout(resolve, ms));
  await appendLine(LEDGER, line('end', key));
  return key;
}
