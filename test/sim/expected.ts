/** What a run of the simulator that is long enough must have hit: all there is, but for what is named here. */

import { commands } from '../../sdk/common/command.ts';
import { historyEvents, transientEvents } from '../../sdk/common/history.ts';
import type { ServiceRequests } from '../../sdk/common/service.ts';
import { internalRequests } from '../../src/execution/outside.ts';
import type { Kind } from './coverage.ts';
import { faultNames } from './settings.ts';

/** Kept in rows of their own, not in the log; versions of Workers and resets are not simulated. */
const NOT_SEEN = [
  'ActivityTaskHeartbeatRecorded',
  'WORKFLOW_EXECUTION_OPTIONS_UPDATED',
  'RunReset',
  'RunSuperseded',
];

/** False: the object's own methods ask it (updates), or it is not simulated (reset, versions of Workers). */
const asked: Record<keyof ServiceRequests, boolean> = {
  StartWorkflowExecution: true,
  SignalWithStartWorkflowExecution: true,
  SignalWorkflowExecution: true,
  RequestCancelWorkflowExecution: true,
  TerminateWorkflowExecution: true,
  ResetWorkflowExecution: false,
  UpdateWorkflowExecution: false,
  UpdateWorkflowExecutionOptions: false,
  ExecuteMultiOperation: false,
  RespondActivityTaskCompleted: true,
  RespondActivityTaskFailed: true,
  RespondActivityTaskCanceled: true,
  RecordActivityTaskHeartbeat: true,
};

const screaming = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();

export const expected: Record<Kind, readonly string[]> = {
  events: [...Object.keys(historyEvents).map(screaming), ...Object.keys(transientEvents)].filter(
    (name) => !NOT_SEEN.includes(name),
  ),
  commands: Object.keys(commands),
  requests: [
    ...Object.entries(asked).flatMap(([name, is]) => (is ? [name] : [])),
    ...internalRequests.map((name) => `internal ${name}`),
  ],
  faults: faultNames,
};
