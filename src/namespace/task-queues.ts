/** The limits of a namespace's task queues: one row for each that was ever given any. */

import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import {
  MAX_FAIRNESS_WEIGHT,
  MIN_FAIRNESS_WEIGHT,
  type TaskQueueConfig,
  type TaskQueueLimits,
  type UpdateTaskQueueConfigRequest,
} from '../../sdk/common/task-queues.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export const MAX_CONFIGURED = 1_000;
const MAX_WEIGHTS = 1_000;
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS task_queues (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, config TEXT NOT NULL) WITHOUT ROWID';

interface Row {
  revision: number;
  config: TaskQueueConfig;
}

export class TaskQueueConfigs {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #now: () => EpochMs;

  constructor(sql: Sql, now: () => EpochMs) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'task_queues');
    this.#now = now;
  }

  get(taskQueue: string): TaskQueueConfig {
    return this.#all().get(taskQueue)?.config ?? {};
  }

  /** @throws ServiceError INVALID_ARGUMENT, RESOURCE_EXHAUSTED */
  update(request: UpdateTaskQueueConfigRequest): { config: TaskQueueConfig; limits: TaskQueueLimits } {
    const { taskQueue } = request;
    const all = this.#all();
    const before = all.get(taskQueue) ?? { revision: 0, config: {} };
    if (!all.has(taskQueue) && all.size >= MAX_CONFIGURED) {
      const message = `at most ${MAX_CONFIGURED} task queues of a namespace have limits`;
      throw new ServiceError('RESOURCE_EXHAUSTED', message);
    }
    const config = changed(before.config, request, this.#now());
    const revision = before.revision + 1;
    this.#schema.create();
    const insert = 'INSERT OR REPLACE INTO task_queues VALUES (?, ?, ?)';
    [...this.#sql.exec(insert, taskQueue, revision, JSON.stringify(config))];
    return { config, limits: limitsOf({ revision, config }) };
  }

  /** Of all that were ever given any: that the last ones were taken back has to be heard of, too. */
  limits(): Record<string, TaskQueueLimits> {
    return Object.fromEntries([...this.#all()].map(([name, row]) => [name, limitsOf(row)]));
  }

  #all(): Map<string, Row> {
    if (!this.#schema.created) return new Map();
    const rows = [...this.#sql.exec('SELECT name, revision, config FROM task_queues ORDER BY name')];
    return new Map(
      rows.map(({ name, revision, config }) => [
        name as string,
        { revision: revision as number, config: JSON.parse(config as string) as TaskQueueConfig },
      ]),
    );
  }
}

function limitsOf({ revision, config }: Row): TaskQueueLimits {
  const { queueRateLimit, fairnessKeysRateLimitDefault: keys, queueConcurrency } = config;
  const { fairnessWeightOverrides: weights } = config;
  return {
    revision,
    ...(queueRateLimit && { requestsPerSecond: queueRateLimit.rateLimit.requestsPerSecond }),
    ...(keys && { keyRequestsPerSecond: keys.rateLimit.requestsPerSecond }),
    ...(queueConcurrency && { maxConcurrentTasks: queueConcurrency.maxConcurrentTasks }),
    ...(weights && { weights }),
  };
}

function changed(
  before: TaskQueueConfig,
  request: UpdateTaskQueueConfigRequest,
  now: EpochMs,
): TaskQueueConfig {
  const { updateQueueConcurrency: concurrency, identity } = request;
  const rates = {
    queueRateLimit: request.updateQueueRateLimit,
    fairnessKeysRateLimitDefault: request.updateFairnessKeyRateLimitDefault,
  };
  const metadataOf = ({ reason }: { reason?: string }) => ({
    ...(reason && { reason }),
    ...(identity && { updateIdentity: identity }),
    updateTime: toTimestampJson(now),
  });
  const config = { ...before };
  for (const [field, rate] of Object.entries(rates) as Array<
    [keyof typeof rates, typeof rates.queueRateLimit]
  >) {
    if (!rate) continue;
    delete config[field];
    if (rate.rateLimit) config[field] = { rateLimit: rate.rateLimit, metadata: metadataOf(rate) };
  }
  if (concurrency) {
    delete config.queueConcurrency;
    const { maxConcurrentTasks } = concurrency;
    if (maxConcurrentTasks !== undefined)
      config.queueConcurrency = { maxConcurrentTasks, metadata: metadataOf(concurrency) };
  }
  const weights = changedWeights(before.fairnessWeightOverrides ?? {}, request);
  delete config.fairnessWeightOverrides;
  if (Object.keys(weights).length > 0) config.fairnessWeightOverrides = weights;
  return config;
}

function changedWeights(
  before: Record<string, number>,
  {
    setFairnessWeightOverrides: set = {},
    unsetFairnessWeightOverrides: unset = [],
  }: UpdateTaskQueueConfigRequest,
): Record<string, number> {
  for (const [key, weight] of Object.entries(set)) {
    const where = `setFairnessWeightOverrides.${key}`;
    if (unset.includes(key)) throw invalidArgument(`${where}: is to be unset, too`);
    if (!(weight >= MIN_FAIRNESS_WEIGHT && weight <= MAX_FAIRNESS_WEIGHT))
      throw invalidArgument(`${where}: must be from ${MIN_FAIRNESS_WEIGHT} to ${MAX_FAIRNESS_WEIGHT}`);
  }
  const kept = Object.entries(before).filter(([key]) => !unset.includes(key));
  const weights = Object.fromEntries([...kept, ...Object.entries(set)]);
  if (Object.keys(weights).length > MAX_WEIGHTS)
    throw invalidArgument(`setFairnessWeightOverrides: a task queue has at most ${MAX_WEIGHTS}`);
  return weights;
}
