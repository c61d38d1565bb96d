/** Activities that belong to no workflow: starting them, waiting for them, finding them. */

import { msOptionalToNumber, toOptionalDurationJson } from '../common/duration.ts';
import { toWire } from '../common/enums.ts';
import { errorDetailType } from '../common/errors.ts';
import { toHeaderJson } from '../common/headers.ts';
import { composeInterceptors } from '../common/interceptors.ts';
import { fromFirstPayloadJson, toPayloadJson, toPayloadsJsonIn } from '../common/payload.ts';
import { toPriorityJson } from '../common/priority.ts';
import { compileRetryPolicy } from '../common/retry-policy.ts';
import {
  decodeSearchAttributes,
  encodeSearchAttributes,
  type SearchAttributeValue,
} from '../common/search-attributes.ts';
import { activityContext, type SerializationContext } from '../common/serialization-context.ts';
import type { StartActivityExecutionRequest } from '../common/service.ts';
import type { ActivityOptionsJson } from '../common/service-operations.ts';
import type {
  ActivityClientInterceptor,
  ActivityDescribeInput,
  ActivityExecutionDescription,
  ActivityExecutionInfo,
  ActivityGetResultInput,
  ActivityHandle,
  ActivityListInput,
  ActivityOptions,
  ActivityOptionsUpdateResult,
  ActivityStartInput,
  CountActivityExecutions,
  GetActivityHandleOptions,
  TypedActivityClient,
} from './activity-client-types.ts';
import { activityDescription, activityInfo } from './activity-description.ts';
import { changedOptions, currentOptions } from './activity-options-update.ts';
import { AsyncCompletionClient, type AsyncCompletionClientOptions } from './async-completion-client.ts';
import {
  ActivityExecutionAlreadyStartedError,
  ActivityExecutionFailedError,
  ActivityNotFoundError,
  isGrpcServiceError,
  toClientError,
} from './errors.ts';
import type { WorkflowService } from './workflow-service.ts';

type ActivityOperations = Pick<
  ActivityHandle,
  'pause' | 'unpause' | 'updateOptions' | 'restoreOriginalOptions'
>;
type ActivityChangeCall = {
  [K in keyof WorkflowService]: K extends `${'requestCancel' | 'terminate' | 'pause' | 'unpause'}ActivityExecution`
    ? K
    : never;
}[keyof WorkflowService];

export interface ActivityClientOptions extends AsyncCompletionClientOptions {
  interceptors?: ActivityClientInterceptor[] | undefined;
}

const headers = {};

export class ActivityClient extends AsyncCompletionClient implements TypedActivityClient<any> {
  readonly #interceptors: ActivityClientInterceptor[];

  constructor({ interceptors = [], ...options }: ActivityClientOptions = {}) {
    super(options);
    this.#interceptors = interceptors;
  }

  /** This client, with the types of a program's activities. */
  typed<T>(): TypedActivityClient<T> {
    return this as unknown as TypedActivityClient<T>;
  }

  /**
   * Starts an activity; returns once the start is durable, whether or not a Worker is there.
   * @throws ActivityExecutionAlreadyStartedError when the id is taken, as the policies say.
   */
  start<R = any>(activity: string, options: ActivityOptions): Promise<ActivityHandle<R>> {
    const start = composeInterceptors(this.#interceptors, 'start', (input) => this.#start(input));
    return start({ activityType: activity, options, headers });
  }

  async execute<R = any>(activity: string, options: ActivityOptions): Promise<R> {
    const handle = await this.start<R>(activity, options);
    return handle.result();
  }

  getHandleWithOptions<R = any>(activityId: string, { runId }: GetActivityHandleOptions): ActivityHandle<R> {
    return this.getHandle(activityId, runId);
  }

  getHandle<R = any>(activityId: string, runId?: string): ActivityHandle<R> {
    const of = { activityId, activityRunId: runId ?? '', headers };
    const through = this.#interceptors;
    return {
      ...this.#operations(of),
      activityId,
      ...(runId && { runId }),
      result: () =>
        composeInterceptors(through, 'getResult', (input) => this.#result(input))(of) as Promise<R>,
      describe: (options = {}) =>
        composeInterceptors(through, 'describe', (input) => this.#describe(input))({
          ...of,
          options: {
            includeInput: false,
            includeOutcome: false,
            includeHeartbeatDetails: false,
            includeLastFailure: false,
            ...options,
          },
        }),
      cancel: (reason) =>
        composeInterceptors(through, 'cancel', ({ reason, ...input }) =>
          this.#change('requestCancelActivityExecution', input, reason),
        )({ ...of, reason }),
      terminate: (reason) =>
        composeInterceptors(through, 'terminate', ({ reason, ...input }) =>
          this.#change('terminateActivityExecution', input, reason),
        )({ ...of, reason }),
    };
  }

  #operations(of: ActivityGetResultInput): ActivityOperations {
    const through = this.#interceptors;
    return {
      pause: (options = {}) =>
        composeInterceptors(through, 'pause', ({ options: { reason }, ...input }) =>
          this.#change('pauseActivityExecution', input, reason),
        )({ ...of, options }),
      unpause: (options = {}) =>
        composeInterceptors(through, 'unpause', ({ options: { reason }, ...input }) =>
          this.#change('unpauseActivityExecution', input, reason),
        )({ ...of, options }),
      updateOptions: (options) =>
        composeInterceptors(through, 'updateOptions', async ({ options: given, ...input }) =>
          this.#update(input, { activityOptions: changedOptions(given) }),
        )({ ...of, options }),
      restoreOriginalOptions: () =>
        composeInterceptors(through, 'restoreOriginalOptions', (input) =>
          this.#update(input, { restoreOriginal: true }),
        )(of),
    };
  }

  list(query: string): AsyncIterable<ActivityExecutionInfo> {
    return composeInterceptors(this.#interceptors, 'list', (input) => this.#list(input))({ query, headers });
  }

  count(query: string): Promise<CountActivityExecutions> {
    const count = composeInterceptors(this.#interceptors, 'count', async (input) => {
      const { namespace } = this;
      const reply = await this.jsonService
        .countActivityExecutions({ namespace, query: input.query })
        .catch((error) => {
          throw toClientError(error, 'Failed to count activities');
        });
      const groups = (reply.groups ?? []).map(({ count, groupValues }) => ({
        count: Number(count),
        groupValues: groupValues.map(
          (value) => decodeSearchAttributes({ value }).value ?? [],
        ) as SearchAttributeValue[],
      }));
      return { count: Number(reply.count), groups };
    });
    return count({ query, headers });
  }

  async #start(input: ActivityStartInput): Promise<ActivityHandle> {
    const { id } = input.options;
    try {
      const { runId } = await this.#coded(id).startActivityExecution(this.#startRequest(input));
      return this.getHandle(id, runId);
    } catch (error) {
      const detail =
        isGrpcServiceError(error) &&
        error.errorDetails.find((d) => d['@type'] === errorDetailType.activityExecutionAlreadyStarted);
      if (!detail) throw toClientError(error, 'Failed to start activity');
      const { runId } = detail as unknown as { runId: string };
      throw new ActivityExecutionAlreadyStartedError('Activity execution already started', id, runId);
    }
  }

  #startRequest(input: ActivityStartInput): StartActivityExecutionRequest {
    const { activityType, options } = input;
    // For those whom no compiler tells.
    if ('startDelay' in options && options.startDelay !== undefined)
      throw new TypeError('startDelay: an activity that belongs to no workflow begins at once');
    const { payloadConverter: converter, namespace, identity } = this;
    const context = this.#context(options.id);
    const args = toPayloadsJsonIn(context, converter, options.args ?? []);
    const indexedFields = encodeSearchAttributes(undefined, options.typedSearchAttributes);
    const { idReusePolicy: reuse, idConflictPolicy: conflict, summary, retry } = options;
    const priority = toPriorityJson(options.priority);
    return {
      namespace,
      activityId: options.id,
      activityType: { name: activityType },
      taskQueue: { name: options.taskQueue },
      identity,
      requestId: crypto.randomUUID(),
      ...(args && { input: args }),
      ...timeouts(options),
      ...(reuse && { idReusePolicy: toWire('activityIdReusePolicy', reuse) }),
      ...(conflict && { idConflictPolicy: toWire('activityIdConflictPolicy', conflict) }),
      ...(retry && { retryPolicy: compileRetryPolicy(retry) }),
      ...(priority && { priority }),
      ...(summary && { userMetadata: { summary: toPayloadJson(converter, summary, context) } }),
      ...(Object.keys(indexedFields).length > 0 && { searchAttributes: { indexedFields } }),
      ...toHeaderJson(input.headers),
    };
  }

  /** Waits as long as it takes, over restarts of engine and Worker. */
  async #result({ activityId, activityRunId }: ActivityGetResultInput): Promise<unknown> {
    const { namespace, dataConverter } = this;
    for (;;) {
      const { runId, outcome } = await this.#asked(activityId, () =>
        this.#coded(activityId).pollActivityExecution({ namespace, activityId, runId: activityRunId }),
      );
      if (!outcome) continue;
      const context = this.#context(activityId);
      if (!outcome.failure) return fromFirstPayloadJson(this.payloadConverter, outcome.result, context);
      const { failureConverter, payloadConverter } = dataConverter;
      const cause = failureConverter.failureToError(outcome.failure, payloadConverter, context);
      throw new ActivityExecutionFailedError('Activity execution failed', cause, activityId, runId);
    }
  }

  async #describe({
    activityId,
    activityRunId,
    options,
  }: ActivityDescribeInput): Promise<ActivityExecutionDescription> {
    const { namespace, dataConverter } = this;
    const reply = await this.#asked(activityId, () =>
      this.#coded(activityId).describeActivityExecution({
        namespace,
        activityId,
        runId: activityRunId,
        ...options,
      }),
    );
    return activityDescription(reply, dataConverter, this.#context(activityId));
  }

  async #change(
    call: ActivityChangeCall,
    { activityId, activityRunId: runId }: ActivityGetResultInput,
    reason: string | undefined,
  ): Promise<void> {
    const { namespace, identity } = this;
    const requestId = crypto.randomUUID();
    const request = { namespace, activityId, runId, identity, requestId, ...(reason && { reason }) };
    await this.#asked(activityId, () => this.#coded(activityId)[call](request));
  }

  async #update(
    { activityId, activityRunId: runId }: ActivityGetResultInput,
    change: { activityOptions?: ActivityOptionsJson; restoreOriginal?: true },
  ): Promise<ActivityOptionsUpdateResult> {
    const { namespace, identity } = this;
    const request = { namespace, activityId, runId, identity, ...change };
    const reply = await this.#asked(activityId, () =>
      this.jsonService.updateActivityExecutionOptions(request),
    );
    return currentOptions(reply.activityOptions);
  }

  async *#list({ query }: ActivityListInput): AsyncGenerator<ActivityExecutionInfo> {
    const { namespace } = this;
    let nextPageToken: string | undefined;
    do {
      const page = await this.jsonService
        .listActivityExecutions({ namespace, query, ...(nextPageToken && { nextPageToken }) })
        .catch((error) => {
          throw toClientError(error, 'Failed to list activities');
        });
      for (const raw of page.executions ?? []) yield { ...activityInfo(raw), rawListInfo: raw };
      nextPageToken = page.nextPageToken;
    } while (nextPageToken);
  }

  #context(activityId: string): SerializationContext {
    return activityContext({ namespace: this.namespace, activityId });
  }

  #coded(activityId: string): WorkflowService {
    return this.codedService(this.#context(activityId));
  }

  async #asked<T>(activityId: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (isGrpcServiceError(error) && error.status === 'NOT_FOUND')
        throw new ActivityNotFoundError(error.message);
      throw toClientError(error, `Failed to ask of activity ${activityId}`);
    }
  }
}

function timeouts(options: ActivityOptions): Partial<StartActivityExecutionRequest> {
  const names = [
    'scheduleToCloseTimeout',
    'scheduleToStartTimeout',
    'startToCloseTimeout',
    'heartbeatTimeout',
  ] as const;
  const given = names.map((name) => [name, toOptionalDurationJson(msOptionalToNumber(options[name]))]);
  return Object.fromEntries(given.filter(([, duration]) => duration !== undefined));
}
