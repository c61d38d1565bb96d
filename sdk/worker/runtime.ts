/** `Runtime`: what all Workers of a process share. There is no native core behind it: a logger, and signals to stop at. */

import type { Duration } from '../common/duration.ts';
import { IllegalStateError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { type MetricMeter, noopMetricMeter } from '../common/metrics.ts';
import { DefaultLogger } from './logger.ts';
import { PrometheusPage } from './prometheus.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

export interface RuntimeOptions {
  /** Where Workers of this process log, unless they have a logger of their own. */
  logger?: Logger;
  /** Signals that shut all Workers down. Default SIGINT and SIGTERM; `[]` for none. */
  shutdownSignals?: NodeJS.Signals[];
  telemetryOptions?: TelemetryOptions;
  /** Without effect: the engine calls its Workers. */
  workerHeartbeatInterval?: Duration;
}

export class Runtime {
  static #instance: Runtime | undefined;
  readonly options: RuntimeOptions;
  readonly logger: Logger;
  /** For metrics of users' own. Drops them unless `telemetryOptions.metrics` has a buffer or an address for Prometheus. */
  readonly metricMeter: MetricMeter;
  readonly #page: PrometheusPage | undefined;

  /**
   * Sets the options of this process, before anything uses them.
   * @throws IllegalStateError when a runtime is there already: installed, or made for a Worker with default options.
   */
  static install(options: RuntimeOptions): Runtime {
    if (Runtime.#instance) {
      throw new IllegalStateError('Runtime.install must be called once, before the first Worker is created');
    }
    Runtime.#instance = new Runtime(options);
    return Runtime.#instance;
  }

  /** The runtime of this process; one with default options when none was installed. */
  static instance(): Runtime {
    Runtime.#instance ??= new Runtime({});
    return Runtime.#instance;
  }

  private constructor(options: RuntimeOptions) {
    this.options = options;
    this.logger = options.logger ?? new DefaultLogger();
    const { metrics } = options.telemetryOptions ?? {};
    if (metrics && 'prometheus' in metrics) this.#page = new PrometheusPage(metrics, this.logger);
    const buffer = metrics && 'buffer' in metrics ? metrics.buffer : undefined;
    this.metricMeter = (this.#page ?? buffer)?.meter ?? noopMetricMeter;
  }

  get shutdownSignals(): NodeJS.Signals[] {
    return this.options.shutdownSignals ?? ['SIGINT', 'SIGTERM'];
  }

  /** Forgets this runtime, so that another one can be installed. Workers that run go on with this one. */
  async shutdown(): Promise<void> {
    if (Runtime.#instance === this) Runtime.#instance = undefined;
    this.#page?.close();
  }
}
