/** Creating schedules, and steering those that exist. */

import type { ScheduleOverlapPolicy } from '../common/enums.ts';
import { composeInterceptors } from '../common/interceptors.ts';
import { type Headers, payloadToJson } from '../common/payload.ts';
import type {
  DescribeScheduleReply,
  NewWorkflowJson,
  ScheduleJson,
  SchedulePatchJson,
} from '../common/schedule.ts';
import { encodeSearchAttributes } from '../common/search-attributes.ts';
import type { Workflow } from '../common/types.ts';
import { extractWorkflowType } from '../common/workflow-type.ts';
import { BaseClient, type BaseClientOptions, type LoadedWithDefaults } from './base-client.ts';
import { RpcError, toClientError } from './errors.ts';
import type { CompiledScheduleOptions, ScheduleClientInterceptor } from './interceptors.ts';
import type { JsonForms, RawForms, RawWriter } from './raw-forms.ts';
import {
  descriptionFromRaw,
  encodeBackfill,
  encodeOverlap,
  encodePolicies,
  encodeSpec,
  encodeState,
  startedInside,
  summaryFromRaw,
} from './schedule-conversion.ts';
import type {
  Backfill,
  ScheduleDescription,
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
  ScheduleSummary,
  ScheduleUpdateOptions,
} from './schedule-types.ts';
import { toStartRequest } from './workflow-options.ts';
import type { WorkflowService } from './workflow-service.ts';

export interface ScheduleClientOptions extends BaseClientOptions {
  interceptors?: ScheduleClientInterceptor[] | undefined;
}

export type LoadedScheduleClientOptions = LoadedWithDefaults<ScheduleClientOptions>;

export interface ListScheduleOptions {
  /** Schedules per call to the engine. Default 1,000. */
  pageSize?: number;
  /** For example `TemporalSchedulePaused = true`. */
  query?: string;
}

/** A schedule by its id. Nothing is sent to get one: whether the schedule exists shows with the first call. */
export interface ScheduleHandle<F extends RawForms = JsonForms> {
  readonly scheduleId: string;
  readonly client: ScheduleClient<F>;
  describe(): Promise<ScheduleDescription<F>>;
  /**
   * Describes the schedule, and replaces it by what the function makes of that. Should somebody else change it meanwhile, the
   * function is called again with what it is then.
   */
  update<W extends Workflow = Workflow>(
    updateFn: (
      previous: ScheduleDescription<F>,
    ) => ScheduleUpdateOptions<ScheduleOptionsStartWorkflowAction<W>>,
  ): Promise<void>;
  /** Its runs go on. */
  delete(): Promise<void>;
  /** Acts at once. Default overlap policy: the schedule's. */
  trigger(overlap?: ScheduleOverlapPolicy): Promise<void>;
  /** Acts for times in the past (or the future) as if they came now. */
  backfill(options: Backfill | Backfill[]): Promise<void>;
  pause(note?: string): Promise<void>;
  unpause(note?: string): Promise<void>;
}

const LIST_PAGE_SIZE = 1_000;
const MAX_UPDATE_ATTEMPTS = 10;

export class ScheduleClient<F extends RawForms = JsonForms> extends BaseClient<ScheduleClientOptions, F> {
  constructor(options: ScheduleClientOptions = {}, raws?: RawWriter<F>) {
    super(options, { interceptors: [] }, raws);
  }

  /** @throws ScheduleAlreadyRunning when the id is taken. */
  async create<W extends Workflow = Workflow>(
    options: ScheduleOptions<ScheduleOptionsStartWorkflowAction<W>>,
  ): Promise<ScheduleHandle<F>> {
    const given = options as unknown as ScheduleOptions;
    const { scheduleId } = given;
    if (typeof scheduleId !== 'string' || scheduleId === '')
      throw new TypeError('Missing ScheduleOptions.scheduleId: it must be a text that is not empty');
    const create = composeInterceptors(this.options.interceptors ?? [], 'create', async (input) => {
      const { conflictToken } = await this.#create(input.options, input.headers);
      return { conflictToken: new TextEncoder().encode(conflictToken) };
    });
    await create({ options: compiled(scheduleId, given), headers: {} });
    return this.getHandle(scheduleId);
  }

  getHandle(scheduleId: string): ScheduleHandle<F> {
    const patch = (attempted: string, given: SchedulePatchJson) => this.#patch(scheduleId, attempted, given);
    return {
      scheduleId,
      client: this,
      describe: async () => this.#described(scheduleId, await this.#describe(scheduleId)),
      update: (updateFn) =>
        this.#update(
          scheduleId,
          updateFn as unknown as (previous: ScheduleDescription<F>) => ScheduleUpdateOptions,
        ),
      delete: async () => {
        const { namespace, identity } = this;
        await this.#asked(scheduleId, 'Failed to delete schedule', () =>
          this.jsonService.deleteSchedule({ namespace, scheduleId, identity }),
        );
      },
      trigger: (overlap) => patch('Failed to patch schedule', { triggerImmediately: encodeOverlap(overlap) }),
      backfill: (options) =>
        patch('Failed to patch schedule', { backfillRequest: [options].flat().map(encodeBackfill) }),
      // Temporal's words, its quotation mark included: programs compare them.
      pause: (note = 'Paused via TypeScript SDK"') => patch('Failed to patch schedule', { pause: note }),
      unpause: (note = 'Unpaused via TypeScript SDK"') =>
        patch('Failed to patch schedule', { unpause: note }),
    };
  }

  /** Schedules by id, page by page as they are read. */
  async *list({
    pageSize = LIST_PAGE_SIZE,
    query,
  }: ListScheduleOptions = {}): AsyncIterable<ScheduleSummary> {
    let nextPageToken: string | undefined;
    do {
      const request = {
        namespace: this.namespace,
        maximumPageSize: pageSize,
        ...(query && { query }),
        ...(nextPageToken && { nextPageToken }),
      };
      const page = await this.#asked(undefined, 'Failed to list schedules', () =>
        this.codedService(undefined).listSchedules(request),
      );
      for (const raw of page.schedules) yield summaryFromRaw(raw, this.payloadConverter);
      nextPageToken = page.nextPageToken;
    } while (nextPageToken);
  }

  /** A schedule's memo is for no workflow; what it starts is. */
  #coded(): WorkflowService {
    return this.codedService(undefined, startedInside(this.namespace));
  }

  #create(options: CompiledScheduleOptions, headers: Headers) {
    const { scheduleId, state } = options;
    const indexedFields = encodeSearchAttributes(options.searchAttributes, options.typedSearchAttributes);
    const initialPatch: SchedulePatchJson = {
      ...(state?.triggerImmediately && { triggerImmediately: encodeOverlap('ALLOW_ALL') }),
      ...(state?.backfill && { backfillRequest: state.backfill.map(encodeBackfill) }),
    };
    const memo = Object.entries(options.memo ?? {}).map(
      ([name, value]) => [name, payloadToJson(this.payloadConverter.toPayload(value))] as const,
    );
    const request = {
      namespace: this.namespace,
      scheduleId,
      schedule: this.#schedule(options, headers),
      identity: this.identity,
      requestId: crypto.randomUUID(),
      ...(Object.keys(initialPatch).length > 0 && { initialPatch }),
      ...(options.memo && { memo: { fields: Object.fromEntries(memo) } }),
      ...(Object.keys(indexedFields).length > 0 && { searchAttributes: { indexedFields } }),
    };
    return this.#asked(scheduleId, 'Failed to create schedule', () => this.#coded().createSchedule(request));
  }

  #schedule(options: Omit<CompiledScheduleOptions, 'scheduleId'>, headers: Headers): ScheduleJson {
    const { namespace, identity, payloadConverter } = this;
    const { workflowType, type: _, ...start } = options.action;
    const context = { namespace, identity, payloadConverter, requestId: '' };
    const {
      namespace: _1,
      identity: _2,
      requestId: _3,
      ...request
    } = toStartRequest(workflowType, start, context);
    const fields = Object.entries(headers).map(([name, payload]) => [name, payloadToJson(payload)] as const);
    const startWorkflow: NewWorkflowJson = {
      ...request,
      ...(fields.length > 0 && { header: { fields: Object.fromEntries(fields) } }),
    };
    return {
      spec: encodeSpec(options.spec),
      action: { startWorkflow },
      policies: encodePolicies(options.policies),
      state: encodeState(options.state),
    };
  }

  #describe(scheduleId: string): Promise<DescribeScheduleReply> {
    const { namespace } = this;
    return this.#asked(scheduleId, 'Failed to describe schedule', () =>
      this.#coded().describeSchedule({ namespace, scheduleId }),
    );
  }

  #described(scheduleId: string, raw: DescribeScheduleReply): ScheduleDescription<F> {
    const description = descriptionFromRaw(scheduleId, raw, this);
    return { ...description, raw: this.raws.schedule(raw) };
  }

  async #update(
    scheduleId: string,
    updateFn: (previous: ScheduleDescription<F>) => ScheduleUpdateOptions,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const raw = await this.#describe(scheduleId);
      const previous = this.#described(scheduleId, raw);
      const { conflictToken, schedule } = raw;
      const options = compiled(scheduleId, { ...updateFn(previous), scheduleId });
      const given = options.searchAttributes ?? options.typedSearchAttributes;
      const indexedFields = encodeSearchAttributes(options.searchAttributes, options.typedSearchAttributes);
      const header = schedule.action?.startWorkflow.header;
      const next = this.#schedule(options, {});
      if (header) next.action!.startWorkflow.header = header;
      // Not part of the options: kept as it is.
      const { keepOriginalWorkflowId } = schedule.policies ?? {};
      if (keepOriginalWorkflowId) next.policies!.keepOriginalWorkflowId = keepOriginalWorkflowId;
      const request = {
        namespace: this.namespace,
        scheduleId,
        schedule: next,
        conflictToken,
        identity: this.identity,
        requestId: crypto.randomUUID(),
        ...(given && { searchAttributes: { indexedFields } }),
      };
      try {
        return await this.#coded().updateSchedule(request);
      } catch (error) {
        const lost = error instanceof RpcError && error.status === 'FAILED_PRECONDITION';
        if (!lost || attempt === MAX_UPDATE_ATTEMPTS)
          throw toClientError(error, 'Failed to update schedule', { scheduleId });
      }
    }
  }

  async #patch(scheduleId: string, attempted: string, patch: SchedulePatchJson): Promise<void> {
    const { namespace, identity } = this;
    const request = { namespace, scheduleId, patch, identity, requestId: crypto.randomUUID() };
    await this.#asked(scheduleId, attempted, () => this.jsonService.patchSchedule(request));
  }

  async #asked<T>(scheduleId: string | undefined, attempted: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw toClientError(error, attempted, scheduleId === undefined ? {} : { scheduleId });
    }
  }
}

/** With the name of the workflow type, and the id that runs are named after. */
function compiled(scheduleId: string, options: ScheduleOptions): CompiledScheduleOptions {
  const { action } = options;
  return {
    ...options,
    action: {
      ...action,
      workflowId: action.workflowId ?? `${scheduleId}-workflow`,
      workflowType: extractWorkflowType(action.workflowType),
      args: [...(action.args ?? [])],
    },
  };
}
