/** Records for tests. */

import { toTimestampJson } from '../../sdk/common/duration.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';

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
  parentExecution?: WorkflowExecution;
  rootExecution?: WorkflowExecution;
}

export function makeRecord(fields: RecordFields = {}): VisibilityRecord {
  const status = fields.status ?? 'RUNNING';
  const open = status === 'RUNNING';
  const startTime = fields.startTime ?? 1_000;
  return {
    namespace: 'default',
    version: fields.version ?? 1,
    open,
    ...(fields.nextDeadline !== undefined && { nextDeadline: fields.nextDeadline }),
    info: {
      execution: { workflowId: fields.workflowId ?? 'w', runId: fields.runId ?? 'r' },
      type: { name: fields.type ?? 'transfer' },
      startTime: toTimestampJson(startTime),
      executionTime: toTimestampJson(startTime),
      ...(!open && { closeTime: toTimestampJson(startTime + 1) }),
      status: `WORKFLOW_EXECUTION_STATUS_${status}`,
      historyLength: '3',
      taskQueue: fields.taskQueue ?? 'q',
      ...(fields.parentExecution && { parentExecution: fields.parentExecution }),
      ...(fields.rootExecution && { rootExecution: fields.rootExecution }),
      ...(fields.memo !== undefined && { memo: { fields: { note: { data: fields.memo } } } }),
    },
  };
}
