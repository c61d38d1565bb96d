/** The workflow's log: nothing is written while history is replayed, so every line appears once. */

import type { LogLevel } from '../common/logger.ts';
import { assertInContext, currentUpdate, isReading, runOutside } from './runtime/context.ts';

export interface WorkflowLogger {
  trace(message: string, attributes?: Record<string, unknown>): void;
  debug(message: string, attributes?: Record<string, unknown>): void;
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
  error(message: string, attributes?: Record<string, unknown>): void;
}

function write(level: LogLevel, message: string, attributes: Record<string, unknown> = {}): void {
  const context = assertInContext('log');
  // A query is answered live, whatever task came last.
  if (context.replaying && !isReading()) return;
  const { namespace, taskQueue, workflowId, runId, workflowType } = context.info;
  const update = currentUpdate();
  const run = {
    ...{ namespace, taskQueue, workflowId, runId, workflowType },
    ...(update && { updateId: update.id, updateName: update.name }),
  };
  runOutside(() => context.logger.log(level, message, { sdkComponent: 'workflow', ...run, ...attributes }));
}

/** Writes to the Worker's logger, with the ids of the run. */
export const log: WorkflowLogger = {
  trace: (message, attributes) => write('TRACE', message, attributes),
  debug: (message, attributes) => write('DEBUG', message, attributes),
  info: (message, attributes) => write('INFO', message, attributes),
  warn: (message, attributes) => write('WARN', message, attributes),
  error: (message, attributes) => write('ERROR', message, attributes),
};
