/** The flags that start a workflow, and what they mean: for `start`, `execute` and what starts beside it. */

import type { Command } from 'commander';
import type { SearchAttributes, WorkflowOptions } from '../client/index.ts';
import { collectJsonPairs, type Invocation } from './context.ts';
import { inputFlags } from './input.ts';

export interface StartFlags extends PriorityFlags {
  workflowId?: string;
  type: string;
  taskQueue: string;
  input?: unknown[];
  executionTimeout?: string;
  runTimeout?: string;
  taskTimeout?: string;
  idReusePolicy?: 'ALLOW_DUPLICATE';
  idConflictPolicy?: 'FAIL';
  cron?: string;
  startDelay?: string;
  memo?: Record<string, unknown>;
  searchAttribute?: Record<string, unknown>;
  staticSummary?: string;
  staticDetails?: string;
}

export const startFlags = (command: Command): Command =>
  priorityFlags(
    inputFlags(
      command
        .requiredOption('--type <name>', 'the workflow type')
        .requiredOption('-t, --task-queue <name>', 'the task queue that Workers serve')
        .option('-w, --workflow-id <id>', 'default: a random one'),
    )
      .option('--execution-timeout <duration>', "longest time of all runs, for example '1h'")
      .option('--run-timeout <duration>', 'longest time of one run')
      .option('--task-timeout <duration>', 'longest time of one workflow task')
      .option(
        '--id-reuse-policy <policy>',
        'when a closed run has the id: ALLOW_DUPLICATE (default), ALLOW_DUPLICATE_FAILED_ONLY, REJECT_DUPLICATE',
        upperCase,
      )
      .option(
        '--id-conflict-policy <policy>',
        'when an open run has the id: FAIL (default), USE_EXISTING, TERMINATE_EXISTING',
        upperCase,
      )
      .option('--fail-existing', 'fail when the id is taken: as without it')
      .option('--cron <schedule>', `start it again and again, for example '*/5 * * * *' (UTC)`)
      .option('--start-delay <duration>', 'wait so long before the first workflow task')
      .option('--memo <key=json>', 'free data, shown by describe; repeat for more', collectJsonPairs)
      .option('--search-attribute <key=json>', 'a value by name; repeat for more', collectJsonPairs)
      .option('--static-summary <text>', 'one line about this run')
      .option('--static-details <text>', 'a longer text about this run'),
  );

export interface PriorityFlags {
  priorityKey?: number;
  fairnessKey?: string;
  fairnessWeight?: number;
}
export const priorityFlags = (command: Command): Command =>
  command
    .option(
      '--priority-key <number>',
      'how urgent its activities are: 1 (first) to 5 (last); default 3',
      Number,
    )
    .option('--fairness-key <key>', 'who has turns on task queues with limits, for example a tenant')
    .option('--fairness-weight <number>', 'the share of the fairness key; default 1', Number);

function upperCase(text: string): string {
  return text.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

/** Search attributes are lists; one value stands for a list of one. */
export function asLists(values: Record<string, unknown>): SearchAttributes {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
  ) as SearchAttributes;
}

export function startOptions(flags: StartFlags) {
  return {
    workflowId: flags.workflowId ?? crypto.randomUUID(),
    taskQueue: flags.taskQueue,
    args: flags.input ?? [],
    ...(flags.executionTimeout && { workflowExecutionTimeout: flags.executionTimeout }),
    ...(flags.runTimeout && { workflowRunTimeout: flags.runTimeout }),
    ...(flags.taskTimeout && { workflowTaskTimeout: flags.taskTimeout }),
    ...(flags.idReusePolicy && { workflowIdReusePolicy: flags.idReusePolicy }),
    ...(flags.idConflictPolicy && { workflowIdConflictPolicy: flags.idConflictPolicy }),
    ...(flags.cron && { cronSchedule: flags.cron }),
    ...(flags.startDelay && { startDelay: flags.startDelay }),
    ...(flags.memo && { memo: flags.memo }),
    ...(flags.searchAttribute && { searchAttributes: asLists(flags.searchAttribute) }),
    ...(flags.staticSummary && { staticSummary: flags.staticSummary }),
    ...(flags.staticDetails && { staticDetails: flags.staticDetails }),
    ...priorityOf(flags),
  };
}

export function priorityOf({
  priorityKey,
  fairnessKey,
  fairnessWeight,
}: PriorityFlags): Pick<WorkflowOptions, 'priority'> {
  if (priorityKey === undefined && fairnessKey === undefined && fairnessWeight === undefined) return {};
  return {
    priority: {
      ...(priorityKey !== undefined && { priorityKey }),
      ...(fairnessKey !== undefined && { fairnessKey }),
      ...(fairnessWeight !== undefined && { fairnessWeight }),
    },
  };
}

export function startWorkflow({ client, flags }: Invocation<StartFlags>) {
  return client.workflow.start(flags.type, startOptions(flags));
}
