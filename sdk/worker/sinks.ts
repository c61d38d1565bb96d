/** The sinks of a Worker: functions that workflow code calls and that run beside it, outside of the workflow. */

import type { Logger } from '../common/logger.ts';
import type { WorkflowInfo } from '../workflow/info.ts';
import type { WorkflowSinks } from '../workflow/runtime/start.ts';
import type { Sink, SinkCall, SinkFunction, Sinks } from '../workflow/sinks.ts';

export interface InjectedSinkFunction<F extends SinkFunction> {
  /** Called after the workflow task. Nobody waits for it; what it throws is logged. */
  fn(info: WorkflowInfo, ...args: Parameters<F>): void | Promise<void>;
  /** Also for calls that the workflow repeats while its history is replayed. Default false. */
  callDuringReplay?: boolean;
}
export type InjectedSink<T extends Sink> = { [P in keyof T]: InjectedSinkFunction<T[P]> };
export type InjectedSinks<T extends Sinks> = { [P in keyof T]: InjectedSink<T[P]> };

/** @param replayOnly the Worker only replays: no sink is called that did not ask for it */
export function workflowSinks(
  sinks: InjectedSinks<Sinks> | undefined,
  logger: Logger,
  replayOnly = false,
): WorkflowSinks {
  const one = async ({ ifaceName, fnName, args, workflowInfo }: SinkCall): Promise<void> => {
    const { workflowId, runId, workflowType } = workflowInfo;
    const about = { ifaceName, fnName, workflowId, runId, workflowType };
    const sink = own(own(sinks, ifaceName), fnName);
    if (!sink) {
      logger.error('The workflow called a sink that the Worker does not have', about);
      return;
    }
    if (!sink.callDuringReplay && (replayOnly || workflowInfo.unsafe.isReplayingHistoryEvents)) return;
    try {
      await sink.fn(workflowInfo, ...args);
    } catch (error) {
      logger.error('A sink failed', { ...about, error });
    }
  };
  return {
    has: (ifaceName) => own(sinks, ifaceName) !== undefined,
    call: (calls) => {
      for (const call of calls) void one(call);
    },
  };
}

function own<T>(object: Record<string, T> | undefined, name: string): T | undefined {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
}
