/**
 * Testing workflows and activities without a platform.
 * @module perdure/testing
 */

/** The class of an environment's `client.workflow`: its connection is what lets time skip. */
export { WorkflowClient as TimeSkippingWorkflowClient } from '../client/workflow-client.ts';
export {
  CrashEverywhereError,
  type CrashEverywhereOptions,
  type CrashReport,
  crashEverywhere,
} from './crash-everywhere.ts';
export {
  type ActivityFault,
  delay,
  duplicate,
  type Faults,
  failFirst,
  loseAnswer,
  neverAnswer,
  runTwice,
  type SignalFault,
} from './faults.ts';
export { type HistoryTextOptions, historyToText } from './history-text.ts';
export {
  type CancelReason,
  defaultActivityInfo,
  MockActivityEnvironment,
  type MockActivityEnvironmentOptions,
} from './mock-activity-environment.ts';
export {
  coverageToText,
  type ReplayCoverage,
  replayCoverage,
  type UnreachedBranch,
  type WorkflowFileCoverage,
} from './replay-coverage.ts';
export type {
  DevServerConfig,
  EphemeralServerExecutable,
  TimeSkippingServerConfig,
} from './server-options.ts';
export {
  type ClientOptionsForTestEnv,
  type ExistingServerConnectionOptions,
  type ExistingServerTestWorkflowEnvironmentOptions,
  type LocalTestWorkflowEnvironmentOptions,
  TestWorkflowEnvironment,
  type TimeSkippingTestWorkflowEnvironmentOptions,
} from './test-environment.ts';
export { workflowInterceptorModules } from './workflow-interceptor-modules.ts';
