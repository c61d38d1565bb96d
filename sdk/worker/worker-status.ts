/** What a Worker says of itself. */

export type State = 'INITIALIZED' | 'RUNNING' | 'STOPPING' | 'DRAINING' | 'DRAINED' | 'STOPPED' | 'FAILED';

/** A Worker does not poll, it is called: `POLLING` says that tasks can come. */
export type PollerState = 'POLLING' | 'SHUTDOWN' | 'FAILED';

export interface WorkerStatus {
  runState: State;
  workflowPollerState: PollerState;
  activityPollerState: PollerState;
  hasOutstandingWorkflowPoll: boolean;
  hasOutstandingActivityPoll: boolean;
  /** Workflow tasks and queries that are being worked on. */
  numInFlightWorkflowActivations: number;
  numInFlightActivities: number;
  numInFlightNonLocalActivities: number;
  numInFlightLocalActivities: number;
  /** Runs held in memory. */
  numCachedWorkflows: number;
  numHeartbeatingActivities: number;
}
