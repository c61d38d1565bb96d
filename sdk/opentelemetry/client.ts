/**
 * Tracing of a client's calls: each is a span, and what it starts or tells goes on with it.
 * @module perdure/opentelemetry/client
 */

import type {
  Next,
  WorkflowCancelInput,
  WorkflowClientInterceptor,
  WorkflowDescribeInput,
  WorkflowQueryInput,
  WorkflowSignalInput,
  WorkflowSignalWithStartInput,
  WorkflowStartInput,
  WorkflowStartUpdateInput,
  WorkflowStartUpdateWithStartInput,
  WorkflowTerminateInput,
} from '../client/interceptors.ts';
import type { Headers } from '../common/payload.ts';
import { headersWithContext, type InterceptorOptions, tracedCall } from './api.ts';
import {
  RUN_ID_ATTR_KEY,
  SPAN_DELIMITER,
  SpanName,
  TERMINATE_REASON_ATTR_KEY,
  UPDATE_ID_ATTR_KEY,
  WORKFLOW_ID_ATTR_KEY,
} from './span.ts';

export type { InterceptorOptions } from './api.ts';

type Call<K extends keyof WorkflowClientInterceptor> = Next<WorkflowClientInterceptor, K>;
type Returned<K extends keyof WorkflowClientInterceptor> = ReturnType<Call<K>>;
type Attributes = Record<string, string | undefined>;

export class OpenTelemetryWorkflowClientInterceptor implements WorkflowClientInterceptor {
  readonly #tracer: object | undefined;
  constructor(options: InterceptorOptions = {}) {
    this.#tracer = options.tracer;
  }

  startWithDetails(input: WorkflowStartInput, next: Call<'startWithDetails'>): Returned<'startWithDetails'> {
    const attributes = { [WORKFLOW_ID_ATTR_KEY]: input.options.workflowId };
    return this.#call(
      nameOf(SpanName.WORKFLOW_START, input.workflowType),
      attributes,
      async (setAttribute) => {
        const output = await next(traced(input));
        setAttribute(RUN_ID_ATTR_KEY, output.runId);
        return output;
      },
    );
  }

  signalWithStart(input: WorkflowSignalWithStartInput, next: Call<'signalWithStart'>): Promise<string> {
    const name = nameOf(SpanName.WORKFLOW_SIGNAL_WITH_START, input.workflowType);
    const attributes = { [WORKFLOW_ID_ATTR_KEY]: input.options.workflowId };
    return this.#call(name, attributes, async (setAttribute) => {
      const runId = await next(traced(input));
      setAttribute(RUN_ID_ATTR_KEY, runId);
      return runId;
    });
  }

  signal(input: WorkflowSignalInput, next: Call<'signal'>): Promise<void> {
    const name = nameOf(SpanName.WORKFLOW_SIGNAL, input.signalName);
    return this.#call(name, about(input), () => next(traced(input)));
  }

  query(input: WorkflowQueryInput, next: Call<'query'>): Promise<unknown> {
    const name = nameOf(SpanName.WORKFLOW_QUERY, input.queryType);
    return this.#call(name, about(input), () => next(traced(input)));
  }

  startUpdate(input: WorkflowStartUpdateInput, next: Call<'startUpdate'>): Returned<'startUpdate'> {
    const name = nameOf(SpanName.WORKFLOW_START_UPDATE, input.updateName);
    const attributes = { ...about(input), [UPDATE_ID_ATTR_KEY]: input.options.updateId };
    return this.#call(name, attributes, () => next(traced(input)));
  }

  startUpdateWithStart(
    input: WorkflowStartUpdateWithStartInput,
    next: Call<'startUpdateWithStart'>,
  ): Returned<'startUpdateWithStart'> {
    const attributes = {
      [WORKFLOW_ID_ATTR_KEY]: input.workflowStartOptions.workflowId,
      [UPDATE_ID_ATTR_KEY]: input.updateOptions.updateId,
    };
    return this.#call(nameOf(SpanName.WORKFLOW_UPDATE_WITH_START, input.updateName), attributes, () =>
      next({
        ...input,
        workflowStartHeaders: headersWithContext(input.workflowStartHeaders),
        updateHeaders: headersWithContext(input.updateHeaders),
      }),
    );
  }

  terminate(input: WorkflowTerminateInput, next: Call<'terminate'>): Returned<'terminate'> {
    const attributes = { ...about(input), [TERMINATE_REASON_ATTR_KEY]: input.reason };
    return this.#call(SpanName.WORKFLOW_TERMINATE, attributes, () => next(input));
  }

  cancel(input: WorkflowCancelInput, next: Call<'cancel'>): Returned<'cancel'> {
    return this.#call(SpanName.WORKFLOW_CANCEL, about(input), () => next(input));
  }

  describe(input: WorkflowDescribeInput, next: Call<'describe'>): Returned<'describe'> {
    return this.#call(SpanName.WORKFLOW_DESCRIBE, about(input), () => next(input));
  }

  #call<T>(
    spanName: string,
    attributes: Attributes,
    fn: (setAttribute: (key: string, value: string | undefined) => void) => Promise<T>,
  ): Promise<T> {
    return tracedCall({
      ...{ tracer: this.#tracer, tracerName: '@temporalio/interceptor-client' },
      spanName,
      attributes,
      fn,
    });
  }
}

function nameOf(kind: SpanName, what: string): string {
  return `${kind}${SPAN_DELIMITER}${what}`;
}

/** Inside of the span, so that the headers name it. */
function traced<I extends { readonly headers: Headers }>(input: I): I {
  return { ...input, headers: headersWithContext(input.headers) };
}

function about({
  workflowExecution: { workflowId, runId },
}: {
  workflowExecution: { workflowId?: string | null; runId?: string | null };
}): Attributes {
  return { [WORKFLOW_ID_ATTR_KEY]: workflowId ?? undefined, [RUN_ID_ATTR_KEY]: runId ?? undefined };
}
