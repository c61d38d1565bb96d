/**
 * What an isolate has measured since it last told: counted in memory, on nobody's path, and sent on together. What was
 * sent and not acknowledged is sent again under its id to the same receiver, who may have it: so it counts once, unless the
 * receiver was begun anew in between (it remembers ids in memory).
 */

import {
  type CounterName,
  type Distribution,
  families,
  type HistogramName,
  newDistribution,
  observe,
  type Sample,
  SeriesSet,
} from './families.ts';

/** Where the engine's parts say what they have seen. */
export interface Measures {
  count(name: CounterName, labels: string[], n?: number): void;
  observe(name: HistogramName, labels: string[], seconds: number): void;
}

/** To be added to what is known. One that comes again, by its id, is not. */
export interface MetricsDelta {
  id: string;
  samples: Sample[];
}

export class MetricsBuffer implements Measures {
  readonly #newId: () => string;
  #series = new SeriesSet();
  /** What did not arrive, as far as is known, and to whom it was sent. */
  #unsent: { delta: MetricsDelta; to: number }[] = [];

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  get isEmpty(): boolean {
    return this.#series.size === 0 && this.#unsent.length === 0;
  }

  count(name: CounterName, labels: string[], n = 1): void {
    const series = this.#series.at(name, labels, () => 0);
    series.value = (series.value as number) + n;
  }

  observe(name: HistogramName, labels: string[], seconds: number): void {
    const series = this.#series.at(name, labels, () => newDistribution(name));
    observe(series.value as Distribution, families[name].buckets, Math.max(seconds, 0));
  }

  /** Those who may have what they have not acknowledged: nobody else may be sent it. */
  get receivers(): number[] {
    return this.#unsent.map(({ to }) => to);
  }

  /** What there is to be sent to `to`: its number, where there are several. Whoever takes it says by `giveBack` that it did not arrive. */
  take(to = 0): MetricsDelta[] {
    const deltas = this.#unsent.filter((unsent) => unsent.to === to).map(({ delta }) => delta);
    this.#unsent = this.#unsent.filter((unsent) => unsent.to !== to);
    if (this.#series.size > 0) deltas.push({ id: this.#newId(), samples: this.#series.all() });
    this.#series = new SeriesSet();
    return deltas;
  }

  /** Bounded: an engine that cannot tell forgets the oldest. */
  giveBack(deltas: MetricsDelta[], to = 0): void {
    this.#unsent = [...deltas.map((delta) => ({ delta, to })), ...this.#unsent].slice(-MAX_UNSENT);
  }
}

const MAX_UNSENT = 20;
