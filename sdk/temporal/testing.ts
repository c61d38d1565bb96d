/**
 * `perdure/testing` for programs that import `@temporalio/testing`: its environments have clients and connections of `perdure/temporal/client`.
 * @module perdure/temporal/testing
 */

import * as base from '../testing/index.ts';
import { inMessages, type MessageForms } from './raw-messages.ts';

export * from '../testing/index.ts';
export { WorkflowClient as TimeSkippingWorkflowClient } from './client.ts';

export type TestWorkflowEnvironment = base.TestWorkflowEnvironment<MessageForms>;

/** The ways to make one. */
export const TestWorkflowEnvironment = {
  /** An environment whose clock moves on by itself while a test waits for a result. */
  createTimeSkipping: (
    options?: base.TimeSkippingTestWorkflowEnvironmentOptions,
  ): Promise<TestWorkflowEnvironment> => base.TestWorkflowEnvironment.createTimeSkipping(options, inMessages),

  /** An environment in real time: a timer of a second takes a second. */
  createLocal: (options?: base.LocalTestWorkflowEnvironmentOptions): Promise<TestWorkflowEnvironment> =>
    base.TestWorkflowEnvironment.createLocal(options, inMessages),

  /** An environment on an engine that runs already. @throws ServiceError when none answers. */
  createFromExistingServer: (
    options?: base.ExistingServerTestWorkflowEnvironmentOptions,
  ): Promise<TestWorkflowEnvironment> =>
    base.TestWorkflowEnvironment.createFromExistingServer(options, inMessages),

  [Symbol.hasInstance]: (value: unknown): boolean => value instanceof base.TestWorkflowEnvironment,
};
