/** A history from a file: what a download, an export, or Temporal's own tools wrote. Pure. */

import { attributesOf, type HistoryEvent } from '../../../sdk/common/history.ts';
import type { DescribeWorkflowExecutionReply } from '../../../sdk/common/service.ts';

export interface HistoryFile {
  events: HistoryEvent[];
  /** As far as the file says it. */
  workflowId?: string;
  runId?: string;
}

interface Written {
  events?: unknown;
  history?: { events?: unknown };
  workflowExecution?: { workflowId?: string; runId?: string };
}

/** @throws Error that says what is wrong with it. */
export function parseHistory(text: string): HistoryFile {
  let written: Written;
  try {
    written = JSON.parse(text) as Written;
  } catch (error) {
    throw new Error(`This is no JSON: ${(error as Error).message}`);
  }
  const events = Array.isArray(written) ? written : (written?.events ?? written?.history?.events);
  if (!Array.isArray(events) || events.length === 0) throw new Error('There are no events in it.');
  const [first] = events as Array<Partial<HistoryEvent> | undefined>;
  if (first?.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED')
    throw new Error(
      'It does not begin with the start of a workflow (EVENT_TYPE_WORKFLOW_EXECUTION_STARTED).',
    );
  const { workflowId, runId } = written.workflowExecution ?? {};
  const started = attributesOf(events[0] as HistoryEvent, 'WorkflowExecutionStarted');
  const ids = {
    workflowId: workflowId ?? (started as { workflowId?: string }).workflowId,
    runId: runId ?? started.originalExecutionRunId,
  };
  return { events: events as HistoryEvent[], ...ids };
}

const ENDS = new Set(['COMPLETED', 'FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT', 'CONTINUED_AS_NEW']);

/** What the engine would say of such a run, as far as its history tells. */
export function describeFile({
  events,
  workflowId = '',
  runId = '',
}: HistoryFile): DescribeWorkflowExecutionReply {
  const started = attributesOf(events[0]!, 'WorkflowExecutionStarted');
  const last = events.at(-1)!;
  const name = last.eventType.replace('EVENT_TYPE_WORKFLOW_EXECUTION_', '');
  const end = ENDS.has(name) ? name : undefined;
  return {
    executionConfig: {
      taskQueue: started.taskQueue,
      workflowExecutionTimeout: started.workflowExecutionTimeout,
      workflowRunTimeout: started.workflowRunTimeout,
      defaultWorkflowTaskTimeout: started.workflowTaskTimeout ?? '10s',
    },
    workflowExecutionInfo: {
      execution: { workflowId, runId },
      type: started.workflowType,
      startTime: events[0]!.eventTime,
      executionTime: events[0]!.eventTime,
      ...(end && { closeTime: last.eventTime }),
      status: `WORKFLOW_EXECUTION_STATUS_${end ?? 'RUNNING'}`,
      historyLength: String(events.length),
      memo: started.memo,
      searchAttributes: started.searchAttributes,
      taskQueue: started.taskQueue.name,
    },
    pendingActivities: [],
    pendingChildren: [],
    pendingTimers: [],
    problems: [],
  };
}
