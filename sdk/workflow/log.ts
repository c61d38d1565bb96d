/**
 * The workflow's log: nothing is written while history is replayed, so every line appears once. Sinks named
 * `defaultWorkerLogger` take the place of the Worker's logger.
 */

import type { LogLevel } from '../common/logger.ts';
import { assertInContext, currentUpdate, isReading, runOutside } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';
import { callSink, type Sink, type Sinks } from './sinks.ts';

/** Temporal's name for the sinks that stand for the Worker's logger. */
export const LOGGER_SINK = 'defaultWorkerLogger';

/** The sinks that take the place of the Worker's logger. */
export interface LoggerSinks extends Sinks {
  defaultWorkerLogger: WorkflowLogger & Sink;
}

export interface WorkflowLogger {
  trace(message: string, attributes?: Record<string, unknown>): void;
  debug(message: string, attributes?: Record<string, unknown>): void;
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
  error(message: string, attributes?: Record<string, unknown>): void;
}

function write(level: LogLevel, message: string, attributes: Record<string, unknown> = {}): void {
  const context = assertInContext('log');
  const toSink = context.hasSink(LOGGER_SINK);
  // A query is answered live, whatever task came last. A sink may ask for the replay.
  if (!toSink && context.replaying && !isReading()) return;
  const { namespace, taskQueue, workflowId, runId, workflowType } = context.info;
  const update = currentUpdate();
  const run = {
    ...{ namespace, taskQueue, workflowId, runId, workflowType },
    ...(update && { updateId: update.id, updateName: update.name }),
  };
  const ofRun = outbound(context, 'getLogAttributes', (input) => input)(run);
  const meta = { sdkComponent: 'workflow', ...ofRun, ...attributes };
  if (toSink) callSink(LOGGER_SINK, level.toLowerCase(), [message, meta]);
  else runOutside(() => context.logger.log(level, message, meta));
}

/** Writes to the Worker's logger, with the ids of the run. */
export const log: WorkflowLogger = {
  trace: (message, attributes) => write('TRACE', message, attributes),
  debug: (message, attributes) => write('DEBUG', message, attributes),
  info: (message, attributes) => write('INFO', message, attributes),
  warn: (message, attributes) => write('WARN', message, attributes),
  error: (message, attributes) => write('ERROR', message, attributes),
};
