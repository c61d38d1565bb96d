/**
 * THE TABLE OF METRICS: what the engine measures, under which labels. Prometheus text, OTLP and docs/observability.md say
 * what stands here. Labels never carry ids of workflows or anything of a payload.
 */

interface Family {
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** Beside `namespace`, which all have, and in this order. */
  labels: readonly string[];
  /** Upper bounds in seconds. */
  buckets?: readonly number[];
}

const FAST = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
const WAITS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400] as const;
/** Of runs: minutes to months. */
export const RUN_BUCKETS = [
  0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_592_000,
] as const;

const ofRuns = ['workflow_type', 'task_queue'] as const;

export const families = {
  perdure_workflow_starts_total: { kind: 'counter', help: 'Runs started.', labels: ofRuns },
  perdure_workflow_closes_total: {
    kind: 'counter',
    help: 'Runs closed, by how.',
    labels: [...ofRuns, 'status'],
  },
  perdure_workflow_duration_seconds: {
    kind: 'histogram',
    help: 'From the start of a run to its close.',
    labels: ofRuns,
    buckets: RUN_BUCKETS,
  },
  perdure_workflows_open: { kind: 'gauge', help: 'Runs that are open.', labels: ofRuns },
  perdure_workflows_overdue: {
    kind: 'gauge',
    help: 'Open runs that should have been heard of by now: the sweep looks at them next.',
    labels: [],
  },
  perdure_visibility_shards_moving: {
    kind: 'gauge',
    help: 'Shards of lists that may have rows whose home is another, since VISIBILITY_SHARDS has grown.',
    labels: [],
  },
  perdure_task_queue_backlog: {
    kind: 'gauge',
    help: 'Tasks that are due and with no Worker, two seconds old or older.',
    labels: ['task_queue', 'kind'],
  },
  perdure_workflow_tasks_total: {
    kind: 'counter',
    help: 'Workflow tasks that ended, by how.',
    labels: ['task_queue', 'outcome'],
  },
  perdure_activity_attempts_total: {
    kind: 'counter',
    help: 'Attempts of activities that ended, by how.',
    labels: ['task_queue', 'activity_type', 'outcome'],
  },
  perdure_activity_schedule_to_start_seconds: {
    kind: 'histogram',
    help: 'From when an attempt is due to when a Worker has it.',
    labels: ['task_queue'],
    buckets: WAITS,
  },
  perdure_activity_attempt_seconds: {
    kind: 'histogram',
    help: 'How long a Worker had an attempt.',
    labels: ['task_queue', 'activity_type'],
    buckets: WAITS,
  },
  perdure_timers_fired_total: {
    kind: 'counter',
    help: 'Timers of workflows that were due, and fired.',
    labels: ['task_queue'],
  },
  perdure_alarm_lateness_seconds: {
    kind: 'histogram',
    help: 'How much later than armed an alarm went off that had something to do.',
    labels: [],
    buckets: FAST,
  },
  perdure_alarm_failures_total: {
    kind: 'counter',
    help: 'Alarms of workflows that failed and were set again. corrupt: what is stored is not what was written.',
    labels: ['cause'],
  },
  perdure_queue_messages_total: {
    kind: 'counter',
    help: 'Messages of task queues, by what became of them: settled, retried, redriven from the dead-letter queue.',
    labels: ['outcome'],
  },
  perdure_sweeper_looks_total: {
    kind: 'counter',
    help: 'Runs that the sweep looked at. revived: the run had news that its list did not know.',
    labels: ['outcome'],
  },
  perdure_api_requests_total: {
    kind: 'counter',
    help: 'Requests to the API, by gRPC code.',
    labels: ['rpc', 'code'],
  },
  perdure_api_request_seconds: {
    kind: 'histogram',
    help: 'How long requests to the API took, long polls included.',
    labels: ['rpc'],
    buckets: FAST,
  },
  perdure_webhook_deliveries_total: {
    kind: 'counter',
    help: 'Deliveries of webhooks, by outcome.',
    labels: ['outcome'],
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
export type CounterName = {
  [N in FamilyName]: (typeof families)[N]['kind'] extends 'counter' ? N : never;
}[FamilyName];
export type HistogramName = {
  [N in FamilyName]: (typeof families)[N]['kind'] extends 'histogram' ? N : never;
}[FamilyName];

export const familyNames = Object.keys(families) as FamilyName[];
export const family = (name: FamilyName): Family => families[name];

/** Values of `le` in their order, without +Inf: how many fell into each bucket, not cumulated; the last is beyond all. */
export interface Distribution {
  buckets: number[];
  sum: number;
}
export type Value = number | Distribution;

/** One series. Label values in the order of the table, without the namespace. */
export interface Sample {
  name: FamilyName;
  labels: string[];
  value: Value;
}

/** Stands for all that are more than there is room for. */
export const OTHER = 'other';
/** So many series of one family are told apart in one place. */
export const MAX_SERIES = 200;
const MAX_LABEL_LENGTH = 200;

export function newDistribution(name: HistogramName): Distribution {
  return { buckets: new Array<number>(families[name].buckets.length + 1).fill(0), sum: 0 };
}

export function observe(distribution: Distribution, bounds: readonly number[], seconds: number): void {
  const at = bounds.findIndex((bound) => seconds <= bound);
  distribution.buckets[at < 0 ? bounds.length : at]! += 1;
  distribution.sum += seconds;
}

export function sumOf(a: Value | undefined, b: Value): Value {
  if (a === undefined) return typeof b === 'number' ? b : { buckets: [...b.buckets], sum: b.sum };
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b);
  return { buckets: b.buckets.map((n, i) => n + (a.buckets[i] ?? 0)), sum: a.sum + b.sum };
}

/** With the lengths, so that no two series have the same. Asked for everything that is counted. */
const keyOf = (name: FamilyName, labels: string[]): string =>
  labels.reduce((key, label) => `${key} ${label.length} ${label}`, name as string);

/** Series by name and labels. Beyond {@link MAX_SERIES} of one family, what comes new is counted as {@link OTHER}. */
export class SeriesSet {
  readonly #series = new Map<string, Sample>();
  readonly #counts = new Map<FamilyName, number>();

  get size(): number {
    return this.#series.size;
  }

  /** Answers with the series that it was added to. */
  add({ name, labels, value }: Sample): Sample {
    const entry = this.#entry(name, labels);
    entry.value = sumOf(entry.value, value);
    return entry;
  }

  /** The series, made if there is room for it. */
  at(name: FamilyName, labels: readonly string[], start: () => Value): Sample {
    return this.#entry(name, labels, start);
  }

  all(): Sample[] {
    return [...this.#series.values()];
  }

  #entry(name: FamilyName, labels: readonly string[], start?: () => Value): Sample {
    const short = labels.map((label) => label.slice(0, MAX_LABEL_LENGTH));
    const key = keyOf(name, short);
    const known = this.#series.get(key);
    if (known) return known;
    const count = this.#counts.get(name) ?? 0;
    const folded = short.map(() => OTHER);
    if (count >= MAX_SERIES && key !== keyOf(name, folded)) return this.#entry(name, folded, start);
    this.#counts.set(name, count + 1);
    const value = start
      ? start()
      : family(name).kind === 'histogram'
        ? newDistribution(name as HistogramName)
        : 0;
    const entry = { name, labels: short, value };
    this.#series.set(key, entry);
    return entry;
  }
}
