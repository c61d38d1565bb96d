/** Metrics of users' own, kept in memory until somebody asks for them. */

import { type Metric, type MetricMeter, type MetricTags, makeMetricMeter } from '../common/metrics.ts';

export interface MetricsBufferOptions {
  /** More values than these are dropped until the buffer is read. Default 10,000. */
  maxBufferSize?: number;
  /** Without effect: durations are of Temporal's native core. */
  useSecondsForDurations?: boolean;
}

/** A value that was recorded. */
export interface BufferedMetricUpdate {
  metric: Metric;
  value: number;
  attributes: MetricTags;
}

/** Read it regularly: `for (const { metric, value, attributes } of buffer.retrieveUpdates()) …` */
export class MetricsBuffer {
  readonly maxBufferSize: number;
  readonly useSecondsForDurations: boolean;
  /** Records into this buffer. */
  readonly meter: MetricMeter;
  /** How many values were dropped because nobody read the buffer. */
  dropped = 0;
  #updates: BufferedMetricUpdate[] = [];

  constructor({ maxBufferSize = 10_000, useSecondsForDurations = false }: MetricsBufferOptions = {}) {
    this.maxBufferSize = maxBufferSize;
    this.useSecondsForDurations = useSecondsForDurations;
    this.meter = makeMetricMeter((metric, value, attributes) => {
      if (this.#updates.length >= this.maxBufferSize) this.dropped += 1;
      else this.#updates.push({ metric, value, attributes });
    });
  }

  /** Takes what was recorded since the last time. */
  retrieveUpdates(): IterableIterator<BufferedMetricUpdate> {
    return this.#updates.splice(0).values();
  }
}
