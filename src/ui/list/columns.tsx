/** The columns of the list: which there are, and what each shows of a run. */

import type { ComponentChildren } from 'preact';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { StatusBadge, Time } from '../components/basics.tsx';
import { bytes, duration, timeMs } from '../format.ts';
import { payloadLine } from '../payload.ts';
import { href } from '../router.ts';
import { progressText, stuckText } from './progress.ts';

export interface Column {
  id: string;
  label: string;
  cell(run: WorkflowExecutionInfo, context: { namespace: string; now: number }): ComponentChildren;
}

function runDuration(run: WorkflowExecutionInfo, now: number): string {
  const start = timeMs(run.startTime);
  return start === undefined ? '' : duration((timeMs(run.closeTime) ?? now) - start);
}

const COLUMNS: readonly Column[] = [
  {
    id: 'status',
    label: 'Status',
    cell: (run) => (
      <>
        <StatusBadge status={run.status} />
        {stuckText(run.progress) && <span class="tag stuck">stuck</span>}
      </>
    ),
  },
  {
    id: 'id',
    label: 'Workflow ID',
    cell: ({ execution }, { namespace }) => (
      <a class="mono" href={href([namespace, 'workflows', execution.workflowId, execution.runId])}>
        {execution.workflowId}
      </a>
    ),
  },
  { id: 'type', label: 'Type', cell: (run) => run.type.name },
  {
    id: 'now',
    label: 'What it does now',
    cell: (run, { now }) => {
      const text = progressText(run, now);
      return (
        <span class={stuckText(run.progress) ? 'alarm' : ''} title={text}>
          {text}
        </span>
      );
    },
  },
  { id: 'start', label: 'Started', cell: (run, { now }) => <Time ms={timeMs(run.startTime)} now={now} /> },
  { id: 'duration', label: 'Duration', cell: (run, { now }) => runDuration(run, now) },
  { id: 'close', label: 'Closed', cell: (run, { now }) => <Time ms={timeMs(run.closeTime)} now={now} /> },
  { id: 'taskQueue', label: 'Task queue', cell: (run) => <span class="mono">{run.taskQueue}</span> },
  { id: 'runId', label: 'Run ID', cell: (run) => <span class="mono">{run.execution.runId}</span> },
  {
    id: 'attempts',
    label: 'Pending attempts',
    cell: (run) =>
      run.progress && run.progress.pendingActivityAttempts > 0 && run.progress.pendingActivityAttempts,
  },
  { id: 'failure', label: 'Last failure', cell: (run) => run.progress?.lastFailure },
  { id: 'events', label: 'Events', cell: (run) => run.historyLength },
  { id: 'size', label: 'History size', cell: (run) => bytes(Number(run.historySizeBytes ?? 0)) },
  {
    id: 'parent',
    label: 'Parent',
    cell: ({ parentExecution: parent }, { namespace }) =>
      parent && (
        <a class="mono" href={href([namespace, 'workflows', parent.workflowId, parent.runId])}>
          {parent.workflowId}
        </a>
      ),
  },
];

export const DEFAULT_COLUMNS: readonly string[] = ['status', 'id', 'type', 'now', 'start', 'duration'];

/** A column for each search attribute that a run in sight has. */
function attributeColumns(runs: readonly WorkflowExecutionInfo[]): Column[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.searchAttributes?.indexedFields ?? {})));
  return [...names].sort().map((name) => ({
    id: `sa.${name}`,
    label: name,
    cell: (run) => {
      const payload = run.searchAttributes?.indexedFields?.[name];
      return payload && payloadLine([payload], 60);
    },
  }));
}

export function allColumns(runs: readonly WorkflowExecutionInfo[]): Column[] {
  return [...COLUMNS, ...attributeColumns(runs)];
}

/** `id,status` → columns, in the order of the list. */
export function chosenColumns(all: readonly Column[], text: string | null): Column[] {
  const ids = text ? text.split(',') : DEFAULT_COLUMNS;
  return all.filter(({ id }) => ids.includes(id));
}
