/**
 * Testing workflows and activities without a platform.
 * @module perdure/testing
 */

export { type HistoryTextOptions, historyToText } from './history-text.ts';
export {
  type CancelReason,
  defaultActivityInfo,
  MockActivityEnvironment,
  type MockActivityEnvironmentOptions,
} from './mock-activity-environment.ts';
export {
  type ClientOptionsForTestEnv,
  type ExistingServerConnectionOptions,
  type ExistingServerTestWorkflowEnvironmentOptions,
  type LocalTestWorkflowEnvironmentOptions,
  TestWorkflowEnvironment,
  type TimeSkippingTestWorkflowEnvironmentOptions,
} from './test-environment.ts';
