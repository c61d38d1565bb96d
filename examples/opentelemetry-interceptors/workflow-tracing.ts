/**
 * The interceptor module of the workflows: it continues the trace of the headers, hands it on to everything the workflow
 * starts, and tells the Worker of finished spans through a sink. The sink does not ask for replays, so each span is
 * exported once.
 */

import {
  AsyncLocalStorage,
  ContinueAsNew,
  proxySinks,
  type Sinks,
  type WorkflowInterceptorsFactory,
  workflowInfo,
} from 'perdure/workflow';
import { inSpan, type Position, positionOf, type Span, withPosition } from './shared.ts';

export interface TracingSinks extends Sinks {
  tracing: { span(span: Span): void };
}

const { tracing } = proxySinks<TracingSinks>();
const current = new AsyncLocalStorage<Position>();
let spans = 0;

/** Not drawn from the workflow's randomness, so that tracing changes nothing that the workflow draws. */
function nextSpanId(): string {
  spans += 1;
  const own = BigInt(`0x${workflowInfo().runId.replaceAll('-', '').slice(16)}`);
  return BigInt.asUintN(64, own + BigInt(spans) * 0x9e3779b97f4a7c15n)
    .toString(16)
    .padStart(16, '0');
}

/** Runs `fn` in a span below `parent`; without one it begins a trace of the run's own. */
function traced<T>(
  name: string,
  parent: Position | undefined,
  fn: (here: Position) => Promise<T>,
): Promise<T> {
  const { workflowId, runId } = workflowInfo();
  const here = { traceId: parent?.traceId ?? runId.replaceAll('-', ''), spanId: nextSpanId() };
  const start = {
    ...({ name, here, parent, kind: 'internal', attributes: { workflowId, runId } } as const),
    ended: (span: Span) => tracing.span(span),
    isFailure: (error: unknown) => !(error instanceof ContinueAsNew),
  };
  return inSpan(start, () => current.run(here, () => fn(here)));
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: (input, next) =>
        traced(`RunWorkflow:${workflowInfo().workflowType}`, positionOf(input.headers), () => next(input)),
      handleSignal: (input, next) =>
        traced(`HandleSignal:${input.signalName}`, positionOf(input.headers), () => next(input)),
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) =>
        traced(`StartActivity:${input.activityType}`, current.getStore(), (here) =>
          next(withPosition(input, here)),
        ),
      startChildWorkflowExecution: (input, next) =>
        traced(`StartChildWorkflow:${input.workflowType}`, current.getStore(), (here) =>
          next(withPosition(input, here)),
        ),
      signalWorkflow: (input, next) =>
        traced(`SignalWorkflow:${input.signalName}`, current.getStore(), (here) =>
          next(withPosition(input, here)),
        ),
      continueAsNew: (input, next) =>
        traced(`ContinueAsNew:${input.options.workflowType}`, current.getStore(), (here) =>
          next(withPosition(input, here)),
        ),
    },
  ],
});
