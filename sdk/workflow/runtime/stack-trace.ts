/**
 * Where workflow code waits, for the query `__stack_trace`: everything that is open keeps the stack
 * of the call that opened it. V8 puts the awaiting functions into such a stack, and formats it only when it is read.
 */

import type { WorkflowContext } from './context.ts';

export interface WaitingStack {
  readonly stack?: string;
}

const captureStackTrace = (Error as { captureStackTrace?: (target: object, below: unknown) => void })
  .captureStackTrace;

/** The stack of the code that called `below`, a function of the workflow API. */
export function captureStack(below: (...args: never[]) => unknown): WaitingStack {
  const waiting: WaitingStack = {};
  captureStackTrace?.(waiting, below);
  return waiting;
}

const LONG_STACK = 50;

/** As {@link captureStack}, with as many frames as it takes to reach the user's code. */
export function captureLongStack(below: (...args: never[]) => unknown): WaitingStack {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = LONG_STACK;
  const waiting = captureStack(below);
  Error.stackTraceLimit = limit;
  return waiting;
}

/** The runtime calls workflow code through functions of these names: frames from there on are not the user's. */
const RUNTIME_FRAME = /\b(?:enterWorkflow|callWorkflow|callSignalHandler|callUpdateHandler)\b/;

/** The stacks of everything that the run waits for, each once. */
export function waitingStacks(context: WorkflowContext): string[] {
  const waiting = [
    ...context.timers.values(),
    ...context.activities.values(),
    ...context.childStarts.values(),
    ...context.childResults.values(),
    ...context.signalsSent.values(),
    ...context.cancelsSent.values(),
    ...context.conditions.values(),
  ];
  const stacks = waiting.map((open) => userFrames(open.waiting.stack ?? ''));
  return [...new Set(stacks.filter((stack) => stack !== ''))];
}

/** The frames of a stack up to where the runtime called workflow code. */
export function userFrames(stack: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const end = frames.findIndex((frame) => RUNTIME_FRAME.test(frame));
  return (end < 0 ? frames : frames.slice(0, end)).join('\n');
}
