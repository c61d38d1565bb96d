import assert from 'node:assert/strict';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { audit } from './audit';
import { countersign, transfer } from './workflows';

const { WorkflowExecutionStatus, HistoryEventFilterType } = temporal.api.enums.v1;

/** Makes a transfer, and reads in every way what happened. */
export async function run(client: Client, taskQueue: string): Promise<void> {
  const workflowId = `transfer-${Date.now()}`;
  const handle = await client.workflow.start(transfer, { taskQueue, workflowId, args: [400] });
  const running: WorkflowExecutionDescription = await handle.describe();
  assert.equal(
    running.raw.workflowExecutionInfo?.status,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
  );
  await handle.signal(countersign, { by: 'Ada', amount: 400 });
  await handle.signal(countersign, { by: 'Bo', amount: 400 });
  assert.equal(await handle.result(), '400 booked, signed by Ada and Bo');

  const history = await handle.fetchHistory();
  const seen = audit(history);
  assert.equal(seen.types.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, 2);
  assert.equal(seen.types.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 1);
  assert.deepEqual(
    seen.signatures.map(({ by }) => by),
    ['Ada', 'Bo'],
  );
  assert.deepEqual(seen.failures, ['ledger locked']);
  assert.ok(seen.waitedMs >= 200);
  assert.deepEqual(
    seen.ids,
    seen.ids.map((_, i) => i + 1),
  );

  // Page by page, as gRPC has it; the close alone; the description's own words.
  const { workflowService } = client.connection;
  const execution = { workflowId, runId: handle.firstExecutionRunId };
  let nextPageToken: Uint8Array = new Uint8Array();
  const ids: number[] = [];
  do {
    const page = await workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution,
      maximumPageSize: 4,
      nextPageToken,
    });
    ids.push(...(page.history?.events ?? []).map((event) => Number(event.eventId)));
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
  assert.deepEqual(ids, seen.ids);
  const close = await workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution,
    historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  });
  assert.ok(close.history?.events?.[0].workflowExecutionCompletedEventAttributes?.result);
  const { raw } = await handle.describe();
  assert.equal(raw.workflowExecutionInfo?.historyLength?.toNumber(), seen.ids.length);
  assert.equal(raw.pendingActivities?.length, 0);
  assert.ok((raw.workflowExecutionInfo?.closeTime?.seconds?.toNumber() ?? 0) > 1_600_000_000);

  // Kept as JSON, and replayed from there and as it is; the protobuf library itself takes it.
  const workflowsPath = require.resolve('./workflows');
  await Worker.runReplayHistory({ workflowsPath }, history, workflowId);
  const kept = historyFromJSON(JSON.parse(historyToJSON(history)));
  assert.deepEqual(audit(kept), seen);
  await Worker.runReplayHistory({ workflowsPath }, kept, workflowId);
  const { History } = temporal.api.history.v1;
  const decoded = History.decode(History.encode(History.fromObject(history)).finish());
  assert.deepEqual(audit(decoded), seen);
  await Worker.runReplayHistory({ workflowsPath }, decoded, workflowId);
  const replayed = Worker.runReplayHistories(
    { workflowsPath },
    client.workflow.list({ query: `WorkflowId = '${workflowId}'` }).intoHistories(),
  );
  for await (const { error } of replayed) assert.equal(error, undefined);
}
