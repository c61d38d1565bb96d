/** Interceptors of workflows under test: an assertion that fails in one fails the workflow, instead of being tried again. */

import { ApplicationFailure } from '../common/index.ts';
import type { WorkflowInterceptorsFactory } from '../workflow/index.ts';

async function failing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AssertionError') throw error;
    throw ApplicationFailure.fromError(error, { nonRetryable: true });
  }
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: (input, next) => failing(next(input)),
      handleSignal: (input, next) => failing(next(input)),
    },
  ],
});
