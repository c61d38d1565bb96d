/** Interceptors of the workflows in workflows-headers.ts: they carry a header on, and change what is called. */

import { defaultPayloadConverter } from 'perdure/common';
import {
  AsyncLocalStorage,
  type Headers,
  scheduleActivity,
  type WorkflowInterceptorsFactory,
} from 'perdure/workflow';

const trace = new AsyncLocalStorage<string>();

const traceOf = (headers: Headers): string =>
  headers.trace ? defaultPayloadConverter.fromPayload<string>(headers.trace) : 'nothing';

function carry<I extends { readonly headers: Headers }, R>(input: I, next: (input: I) => R): R {
  const value = `${trace.getStore()} > call`;
  return next({ ...input, headers: { ...input.headers, trace: defaultPayloadConverter.toPayload(value) } });
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: (input, next) =>
        trace.run(traceOf(input.headers), async () => {
          // Work of its own, before the workflow's.
          await scheduleActivity('authorize', [traceOf(input.headers)], { startToCloseTimeout: '1s' });
          return next(input);
        }),
      handleSignal: (input, next) => trace.run(traceOf(input.headers), () => next(input)),
    },
  ],
  outbound: [
    {
      scheduleActivity: async (input, next) => {
        // It takes turns of the microtask queue before the command, and sometimes there is none.
        await Promise.resolve();
        return input.activityType === 'cached' ? `cached ${input.seq}` : carry(input, next);
      },
      startTimer: (input, next) => next({ ...input, durationMs: 2 * input.durationMs }),
      startChildWorkflowExecution: carry,
      signalWorkflow: carry,
      continueAsNew: carry,
    },
  ],
});
