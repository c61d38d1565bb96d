/** Metrics of users' own, with Temporal's names: where they go is decided by who makes the meter. */

export type MetricTags = Record<string, string | number | boolean>;
/** Tags, or what makes them each time a value is recorded. */
export type MetricTagsOrFunc = MetricTags | (() => MetricTags);
export type NumericMetricValueType = 'int' | 'float';
export type MetricKind = 'counter' | 'histogram' | 'gauge' | 'up-down-counter';

export interface Metric {
  name: string;
  unit?: string;
  description?: string;
  kind: MetricKind;
  valueType: NumericMetricValueType;
}

export interface MetricCounter extends Metric {
  kind: 'counter';
  valueType: 'int';
  /** @throws Error for a negative value */
  add(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricCounter;
}
export interface MetricUpDownCounter extends Metric {
  kind: 'up-down-counter';
  valueType: 'int';
  add(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricUpDownCounter;
}
export interface MetricHistogram extends Metric {
  kind: 'histogram';
  /** @throws Error for a negative value */
  record(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricHistogram;
}
export interface MetricGauge extends Metric {
  kind: 'gauge';
  /** @throws Error for a negative value */
  set(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricGauge;
}

export interface MetricMeter {
  createCounter(name: string, unit?: string, description?: string): MetricCounter;
  createHistogram(
    name: string,
    valueType?: NumericMetricValueType,
    unit?: string,
    description?: string,
  ): MetricHistogram;
  createGauge(
    name: string,
    valueType?: NumericMetricValueType,
    unit?: string,
    description?: string,
  ): MetricGauge;
  createUpDownCounter(name: string, unit?: string, description?: string): MetricUpDownCounter;
  /** The same meter, with tags that all its metrics carry. */
  withTags(tags: MetricTags): MetricMeter;
}

/** Takes a value that was recorded. */
export type RecordMetric = (metric: Metric, value: number, tags: MetricTags) => void;

/** A meter whose values go to `record`, with the tags of all layers in their order: later ones count. */
export const makeMetricMeter = (record: RecordMetric, layers: Layers = []): MetricMeter =>
  new LayeredMeter(record, layers);

/** A class: each run has a meter of its own, and closures would be made for each. */
class LayeredMeter implements MetricMeter {
  readonly #record: RecordMetric;
  readonly #layers: Layers;

  constructor(record: RecordMetric, layers: Layers) {
    this.#record = record;
    this.#layers = layers;
  }

  createCounter(name: string, unit?: string, description?: string): MetricCounter {
    const metric = { ...described(name, unit, description), kind: 'counter', valueType: 'int' } as const;
    return counter(metric, this.#record, this.#layers);
  }

  createUpDownCounter(name: string, unit?: string, description?: string): MetricUpDownCounter {
    const metric = {
      ...described(name, unit, description),
      kind: 'up-down-counter',
      valueType: 'int',
    } as const;
    return upDownCounter(metric, this.#record, this.#layers);
  }

  createHistogram(
    name: string,
    valueType: NumericMetricValueType = 'int',
    unit?: string,
    description?: string,
  ): MetricHistogram {
    const metric = { ...described(name, unit, description), kind: 'histogram', valueType } as const;
    return histogram(metric, this.#record, this.#layers);
  }

  createGauge(
    name: string,
    valueType: NumericMetricValueType = 'int',
    unit?: string,
    description?: string,
  ): MetricGauge {
    const metric = { ...described(name, unit, description), kind: 'gauge', valueType } as const;
    return gauge(metric, this.#record, this.#layers);
  }

  withTags(tags: MetricTags): MetricMeter {
    return makeMetricMeter(this.#record, [...this.#layers, tags]);
  }
}

const described = (name: string, unit: string | undefined, description: string | undefined) => ({
  name,
  ...(unit !== undefined && { unit }),
  ...(description !== undefined && { description }),
});

type Layers = readonly MetricTagsOrFunc[];
type Of<K extends MetricKind, V extends NumericMetricValueType = NumericMetricValueType> = Metric & {
  kind: K;
  valueType: V;
};

function counter(metric: Of<'counter', 'int'>, record: RecordMetric, layers: Layers): MetricCounter {
  return {
    ...metric,
    add: (value, tags) => record(metric, notNegative('MetricCounter', value), tagsOf(layers, tags)),
    withTags: (tags) => counter(metric, record, [...layers, tags]),
  };
}

function upDownCounter(
  metric: Of<'up-down-counter', 'int'>,
  record: RecordMetric,
  layers: Layers,
): MetricUpDownCounter {
  return {
    ...metric,
    add: (value, tags) => record(metric, value, tagsOf(layers, tags)),
    withTags: (tags) => upDownCounter(metric, record, [...layers, tags]),
  };
}

function histogram(metric: Of<'histogram'>, record: RecordMetric, layers: Layers): MetricHistogram {
  return {
    ...metric,
    record: (value, tags) => record(metric, notNegative('MetricHistogram', value), tagsOf(layers, tags)),
    withTags: (tags) => histogram(metric, record, [...layers, tags]),
  };
}

function gauge(metric: Of<'gauge'>, record: RecordMetric, layers: Layers): MetricGauge {
  return {
    ...metric,
    set: (value, tags) => record(metric, notNegative('MetricGauge', value), tagsOf(layers, tags)),
    withTags: (tags) => gauge(metric, record, [...layers, tags]),
  };
}

function notNegative(what: string, value: number): number {
  if (value < 0) throw new Error(`${what} value must be non-negative (got ${value})`);
  return value;
}

function tagsOf(layers: Layers, own: MetricTags | undefined): MetricTags {
  const all = layers.map((layer) => (typeof layer === 'function' ? layer() : layer));
  return Object.assign({}, ...all, own) as MetricTags;
}

/** A meter that drops everything. */
export const noopMetricMeter: MetricMeter = makeMetricMeter(() => undefined);

/** Where a meter's values go; for meters that add tags of their own to those of another. */
export function recordTo(meter: MetricMeter): RecordMetric {
  return ({ name, unit, description, kind, valueType }, value, tags) => {
    if (kind === 'counter') meter.createCounter(name, unit, description).add(value, tags);
    else if (kind === 'up-down-counter') meter.createUpDownCounter(name, unit, description).add(value, tags);
    else if (kind === 'gauge') meter.createGauge(name, valueType, unit, description).set(value, tags);
    else meter.createHistogram(name, valueType, unit, description).record(value, tags);
  };
}
