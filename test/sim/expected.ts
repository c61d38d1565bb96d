/** What a run of the simulator that is long enough must have hit: all there is, but for what is named here. */

import { commands } from '../../sdk/common/command.ts';
import { historyEvents, transientEvents } from '../../sdk/common/history.ts';
import type { ServiceRequests } from '../../sdk/common/service.ts';
import { internalRequests } from '../../src/execution/outside.ts';
import { BATCH_ACTS } from './batch-acts.ts';
import type { Kind } from './coverage.ts';
import { SCHEDULE_ACTS } from './schedule-acts.ts';
import { faultNames } from './settings.ts';
import { VERSION_ACTS } from './versions.ts';

/** Kept in rows of their own, not in the log; and what is not simulated: copies. */
const NOT_SEEN = /^(ActivityTaskHeartbeatRecorded|Run(Imported|Sealed))$/;

/** The others: an object's own methods ask them (updates). */
const asked: ReadonlyArray<keyof ServiceRequests> = [
  'StartWorkflowExecution',
  'StartActivityExecution',
  'SignalWithStartWorkflowExecution',
  'SignalWorkflowExecution',
  'RequestCancelWorkflowExecution',
  'TerminateWorkflowExecution',
  'DeleteWorkflowExecution',
  'ResetWorkflowExecution',
  'PauseWorkflowExecution',
  'UnpauseWorkflowExecution',
  'PauseActivity',
  'UnpauseActivity',
  'ResetActivity',
  'UpdateActivityOptions',
  'UpdateWorkflowExecutionOptions',
  'RespondActivityTaskCompleted',
  'RespondActivityTaskFailed',
  'RespondActivityTaskCanceled',
  'RecordActivityTaskHeartbeat',
];

const screaming = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();

export const expected: Record<Kind, readonly string[]> = {
  events: [...Object.keys(historyEvents).map(screaming), ...Object.keys(transientEvents)].filter(
    (name) => !NOT_SEEN.test(name),
  ),
  commands: Object.keys(commands),
  requests: [
    ...asked,
    ...internalRequests
      .filter((name) => name !== 'StartForkedWorkflowExecution')
      .map((name) => `internal ${name}`),
    'internal AskChild',
  ],
  schedules: [
    ...new Set(SCHEDULE_ACTS),
    ...['SKIP', 'BUFFER_ONE', 'BUFFER_ALL', 'CANCEL_OTHER', 'TERMINATE_OTHER', 'ALLOW_ALL'].map(
      (policy) => `started ${policy}`,
    ),
    ...[
      'actionCount',
      'overlapSkipped',
      'missedCatchupWindow',
      'waits',
      'cancel',
      'terminate',
      'pauseOnFailure',
    ],
  ],
  batches: [...BATCH_ACTS, 'COMPLETED', 'FAILED', 'with failures'],
  limits: ['rush', 'change', 'waits', 'has leave', 'is told'],
  versions: [...new Set(VERSION_ACTS)],
  faults: faultNames,
};
