/**
 * Where workflow code waits, for the query `__stack_trace`: everything that is open keeps the stack
 * of the call that opened it, in a run that is replayed for such a query. In others nobody asks, and stacks cost more than
 * all else that an activity does in its workflow. V8 puts the awaiting functions into such a stack, and formats it only when it is read.
 */

import { IllegalStateError } from '../../common/errors.ts';
import { SDK_NAME, SDK_VERSION } from '../../common/worker-protocol.ts';
import type { WorkflowContext } from './context.ts';

export interface WaitingStack {
  readonly stack?: string;
}

const captureStackTrace = (Error as { captureStackTrace?: (target: object, below: unknown) => void })
  .captureStackTrace;

function stackBelow(below: (...args: never[]) => unknown): WaitingStack {
  const waiting: WaitingStack = {};
  captureStackTrace?.(waiting, below);
  return waiting;
}

const NOT_KEPT: WaitingStack = {};

/** The stack of the code that called `below`, a function of the workflow API, where the run keeps stacks. */
export function captureStack(
  { keepsStacks }: WorkflowContext,
  below: (...args: never[]) => unknown,
): WaitingStack {
  return keepsStacks ? stackBelow(below) : NOT_KEPT;
}

const LONG_STACK = 50;

/** With as many frames as it takes to reach the user's code. */
export function captureLongStack(below: (...args: never[]) => unknown): WaitingStack {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = LONG_STACK;
  const waiting = stackBelow(below);
  Error.stackTraceLimit = limit;
  return waiting;
}

/** The runtime calls workflow code through functions of these names: frames from there on are not the user's. */
const RUNTIME_FRAME = /\b(?:enterWorkflow|callWorkflow|callSignalHandler|callUpdateHandler)\b/;

/** The stacks of everything that the run waits for, each once. */
export function waitingStacks(context: WorkflowContext): string[] {
  if (!context.keepsStacks)
    throw new IllegalStateError('This session keeps no stacks: the query needs one that does');
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

/** Where one line of a stack is, in the shape of `temporal.api.sdk.v1.StackTraceFileLocation`. */
export interface StackTraceFileLocation {
  file_path?: string;
  line?: number;
  column?: number;
  function_name?: string;
  /** Code of the SDK. */
  internal_code: boolean;
}
export interface StackTrace {
  locations: StackTraceFileLocation[];
}
/** The answer to `__enhanced_stack_trace`, in the shape of `temporal.api.sdk.v1.EnhancedStackTrace`. */
export interface EnhancedStackTrace {
  sdk: StackTraceSDKInfo;
  stacks: StackTrace[];
  /** Texts of files by path. */
  sources: Record<string, StackTraceFileSlice[]>;
}
export interface StackTraceSDKInfo {
  name: string;
  version: string;
}
export interface StackTraceFileSlice {
  line_offset: number;
  content: string;
}

/** `at charge (file:///app/workflows.ts:12:5)`, `at async file:///app/workflows.ts:12:5`, `at Promise.all (index 0)` */
const FRAME =
  /^\s+at (?:async )?(?:(.*?) \()?((?:file:\/\/|\/|[A-Za-z]:|[\w.-]+:\/\/)?[^()]*?):(\d+):(\d+)\)?$/;

function locationOf(frame: string): StackTraceFileLocation {
  const [, name, file, line, column] = FRAME.exec(frame) ?? [];
  if (!file) return { function_name: frame.trim().replace(/^at (?:async )?/, ''), internal_code: false };
  return {
    file_path: file.replace(/^file:\/\//, ''),
    line: Number(line),
    column: Number(column),
    ...(name && { function_name: name }),
    internal_code: false,
  };
}

/** What the run waits for, frame by frame. The frames of the SDK are left out, and so are the texts of files. */
export const enhancedStackTrace = (context: WorkflowContext): EnhancedStackTrace => ({
  sdk: { name: SDK_NAME, version: SDK_VERSION },
  stacks: waitingStacks(context).map((stack) => ({ locations: stack.split('\n').map(locationOf) })),
  sources: {},
});
