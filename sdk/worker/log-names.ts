/** What loggers and sinks of users' own are built with in Temporal programs: the attributes of log entries, the older logger sink. */

import type { Info } from '../activity/context.ts';
import { defaultLogger, type Logger, type LogLevel } from '../common/logger.ts';
import type { WorkflowInfo } from '../workflow/info.ts';
import { LOGGER_SINK, type LoggerSinks } from '../workflow/log.ts';
import type { InjectedSinks } from './sinks.ts';

/** What the log entries of an activity say of it. */
export function activityLogAttributes(info: Info): Record<string, unknown> {
  const { isLocal, attempt, namespace, base64TaskToken, activityId, activityType, taskQueue } = info;
  const { workflowExecution, workflowType } = info;
  return {
    ...{ isLocal, attempt, namespace, taskToken: base64TaskToken, activityId, activityType, taskQueue },
    ...(workflowExecution && {
      workflowId: workflowExecution.workflowId,
      workflowRunId: workflowExecution.runId,
      workflowType,
    }),
  };
}

/** What the log entries of a workflow say of it. */
export function workflowLogAttributes(info: WorkflowInfo): Record<string, unknown> {
  const { namespace, taskQueue, workflowId, runId, workflowType } = info;
  return { namespace, taskQueue, workflowId, runId, workflowType };
}

/** A sink that gets what workflows log in the place of the Worker's logger. @deprecated Workflows log without it. */
export function defaultSinks(logger: Logger = defaultLogger): InjectedSinks<LoggerSinks> {
  const to = (level: Lowercase<LogLevel>) => ({
    fn: (_info: WorkflowInfo, message: string, attributes?: Record<string, unknown>): void =>
      logger[level](message, attributes),
  });
  return {
    [LOGGER_SINK]: {
      trace: to('trace'),
      debug: to('debug'),
      info: to('info'),
      warn: to('warn'),
      error: to('error'),
    },
  };
}
