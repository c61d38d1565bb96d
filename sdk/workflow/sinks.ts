/** Sinks: the way out of a workflow for logs, metrics and traces. The Worker calls them after the workflow task. */

import type { WorkflowInfo } from './info.ts';
import { workflowInfo } from './info.ts';
import { assertInContext } from './runtime/context.ts';

export type SinkFunction = (...args: any[]) => void;
export type Sink = Record<string, SinkFunction>;
export type Sinks = Record<string, Sink>;

/** A call of a workflow to a sink that the Worker has yet to make. */
export interface SinkCall {
  ifaceName: string;
  fnName: string;
  args: any[];
  workflowInfo: WorkflowInfo;
}

/**
 * Functions that call the sinks of the Worker. They answer nothing, and nothing that becomes of them is seen by the
 * workflow. Arguments are copied as they are at the call.
 */
export function proxySinks<T extends Sinks>(): T {
  return memberwise((ifaceName) =>
    memberwise(
      (fnName) =>
        (...args) =>
          callSink(ifaceName, fnName, args),
    ),
  ) as T;
}

export function callSink(ifaceName: string, fnName: string, args: unknown[]): void {
  const context = assertInContext(`Sink ${ifaceName}.${fnName}`);
  context.sinkCalls.push({ ifaceName, fnName, args: structuredClone(args), workflowInfo: workflowInfo() });
}

function memberwise<T>(make: (name: string) => T): Record<string, T> {
  return new Proxy({} as Record<string, T>, { get: (_, name) => make(String(name)) });
}
