/** Ending a run and beginning the next one of the same workflow, with an empty history. */

import type { CommandAttributes } from '../common/command.ts';
import { type Duration, msOptionalToNumber, toOptionalDurationJson } from '../common/duration.ts';
import { toWire } from '../common/enums.ts';
import { toHeaderJson } from '../common/headers.ts';
import {
  encodeSearchAttributes,
  type SearchAttributePair,
  type SearchAttributes,
  type TypedSearchAttributes,
} from '../common/search-attributes.ts';
import type { VersioningIntent, Workflow } from '../common/types.ts';
import type { InitialVersioningBehavior } from '../common/versioning.ts';
import { encodeMemo } from './memo.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';

type Command = CommandAttributes['ContinueAsNewWorkflowExecution'];

/** No error: thrown to leave the workflow function. Code that catches everything must throw it on. */
export class ContinueAsNew extends Error {
  override readonly name: string = 'ContinueAsNew';
  readonly command: Command;
  /** Made by {@link continueAsNew} and {@link makeContinueAsNewFunc} only. */
  constructor(command: Command) {
    super('Workflow continued as new');
    this.command = command;
  }
}

/** What is absent stays as it is in this run, except the timeouts: they start from their defaults. */
export interface ContinueAsNewOptions {
  workflowType?: string;
  taskQueue?: string;
  /** Longest time of the next run. */
  workflowRunTimeout?: Duration;
  workflowTaskTimeout?: Duration;
  /** How long the next run waits before its first workflow task. */
  backoffStartInterval?: Duration;
  /** Where the next run begins, instead of on the version that this one is pinned to. */
  initialVersioningBehavior?: InitialVersioningBehavior;
  memo?: Record<string, unknown>;
  searchAttributes?: SearchAttributes;
  /** Counts where both forms have a name. */
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  /** Without effect. @deprecated use worker versioning (deployments) */
  versioningIntent?: VersioningIntent;
}

/** A function that continues the workflow as new: `await next(…)` never returns. */
export function makeContinueAsNewFunc<F extends Workflow>(
  options: ContinueAsNewOptions = {},
): (...args: Parameters<F>) => Promise<never> {
  const context = assertInContext('makeContinueAsNewFunc');
  const { info } = context;
  const { workflowType = info.workflowType, taskQueue = info.taskQueue } = options;
  return (...given) => {
    const leave = outbound(context, 'continueAsNew', async ({ args, headers, options: next }) => {
      const input = context.toPayloads(args);
      throw new ContinueAsNew({
        workflowType: { name: next.workflowType },
        taskQueue: { name: next.taskQueue ?? taskQueue },
        ...(input && { input }),
        ...toHeaderJson(headers),
        ...carried(next, context),
      });
    });
    return leave({ args: given, headers: {}, options: { ...options, workflowType, taskQueue } });
  };
}

function carried(options: ContinueAsNewOptions, context: WorkflowContext): Partial<Command> {
  const { memo, searchAttributes, typedSearchAttributes } = options;
  const { workflowRunTimeout, workflowTaskTimeout, backoffStartInterval } = options;
  const { initialVersioningBehavior: initial } = options;
  const duration = (value: Duration | undefined) => toOptionalDurationJson(msOptionalToNumber(value));
  return {
    ...(workflowRunTimeout !== undefined && { workflowRunTimeout: duration(workflowRunTimeout) }),
    ...(workflowTaskTimeout !== undefined && { workflowTaskTimeout: duration(workflowTaskTimeout) }),
    ...(backoffStartInterval !== undefined && { backoffStartInterval: duration(backoffStartInterval) }),
    ...(initial && { initialVersioningBehavior: toWire('continueAsNewVersioningBehavior', initial) }),
    ...(memo && { memo: { fields: encodeMemo(context, memo) } }),
    ...((searchAttributes || typedSearchAttributes) && {
      searchAttributes: { indexedFields: encodeSearchAttributes(searchAttributes, typedSearchAttributes) },
    }),
  };
}

/** Continues the workflow as new with the same options: `await continueAsNew<typeof poll>(cursor)`. */
export function continueAsNew<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  return makeContinueAsNewFunc<F>()(...args);
}
