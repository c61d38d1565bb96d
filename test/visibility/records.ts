/** Records for tests. */

import { toTimestampJson } from '../../sdk/common/duration.ts';
import type { SearchAttributesJson, WorkflowExecution } from '../../sdk/common/history.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import type { VisibilityDetails, VisibilityRecord } from '../../sdk/common/service.ts';

export interface RecordFields {
  workflowId?: string;
  runId?: string;
  version?: number;
  type?: string;
  status?: string;
  taskQueue?: string;
  startTime?: number;
  nextDeadline?: number;
  memo?: string;
  closeTime?: number;
  searchAttributes?: Record<string, unknown>;
  details?: VisibilityDetails;
  parentExecution?: WorkflowExecution;
  rootExecution?: WorkflowExecution;
}

function encodeAttributes(values: Record<string, unknown>): SearchAttributesJson {
  const indexedFields = Object.entries(values).map(([name, value]) => [
    name,
    { metadata: { encoding: btoa('json/plain') }, data: bytesToBase64(Buffer.from(JSON.stringify(value))) },
  ]);
  return { indexedFields: Object.fromEntries(indexedFields) };
}

export function makeRecord(fields: RecordFields = {}): VisibilityRecord {
  const status = fields.status ?? 'RUNNING';
  const open = status === 'RUNNING';
  const startTime = fields.startTime ?? 1_000;
  return {
    namespace: 'default',
    version: fields.version ?? 1,
    open,
    ...(fields.details && { details: fields.details }),
    ...(fields.nextDeadline !== undefined && { nextDeadline: fields.nextDeadline }),
    info: {
      execution: { workflowId: fields.workflowId ?? 'w', runId: fields.runId ?? 'r' },
      type: { name: fields.type ?? 'transfer' },
      startTime: toTimestampJson(startTime),
      executionTime: toTimestampJson(startTime),
      ...(!open && { closeTime: toTimestampJson(fields.closeTime ?? startTime + 1) }),
      status: `WORKFLOW_EXECUTION_STATUS_${status}`,
      historyLength: '3',
      taskQueue: fields.taskQueue ?? 'q',
      ...(fields.parentExecution && { parentExecution: fields.parentExecution }),
      ...(fields.rootExecution && { rootExecution: fields.rootExecution }),
      ...(fields.searchAttributes && {
        searchAttributes: encodeAttributes(fields.searchAttributes),
      }),
      ...(fields.memo !== undefined && { memo: { fields: { note: { data: fields.memo } } } }),
    },
  };
}
