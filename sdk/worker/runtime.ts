/** `Runtime`: what all Workers of a process share. There is no native core behind it: a logger, and signals to stop at. */

import { IllegalStateError } from '../common/errors.ts';
import { defaultLogger, type Logger, type LogLevel } from '../common/logger.ts';
import { type MetricMeter, noopMetricMeter } from '../common/metrics.ts';
import type { MetricsBuffer } from './metrics-buffer.ts';

export interface RuntimeOptions {
  /** Where Workers of this process log, unless they have a logger of their own. */
  logger?: Logger;
  /** Signals that shut all Workers down. Default SIGINT and SIGTERM; `[]` for none. */
  shutdownSignals?: NodeJS.Signals[];
  telemetryOptions?: TelemetryOptions;
}

/** What it says of logs of Temporal's native core is without effect: there is no such core, so nothing of it is logged. */
export interface TelemetryOptions {
  /** Where `metricMeter` leads. Nothing else than a buffer is here: other exporters are taken and have no effect. */
  metrics?: { buffer?: MetricsBuffer; prometheus?: object; otel?: object };
  logging?: { filter?: string; forward?: object; console?: object };
}

/** A filter for {@link TelemetryOptions}, in the form of Rust's `env_logger`. */
export function makeTelemetryFilterString({
  core,
  other = 'ERROR',
}: {
  core: LogLevel;
  other?: LogLevel;
}): string {
  return `${other},temporal_sdk_core=${core},temporal_client=${core},temporal_sdk=${core}`;
}

export class Runtime {
  static #instance: Runtime | undefined;
  readonly options: RuntimeOptions;
  readonly logger: Logger;
  /** For metrics of users' own. Drops them unless `telemetryOptions.metrics` has a buffer. */
  readonly metricMeter: MetricMeter;

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
    this.logger = options.logger ?? defaultLogger;
    this.metricMeter = options.telemetryOptions?.metrics?.buffer?.meter ?? noopMetricMeter;
  }

  get shutdownSignals(): NodeJS.Signals[] {
    return this.options.shutdownSignals ?? ['SIGINT', 'SIGTERM'];
  }

  /** Forgets this runtime, so that another one can be installed. Workers that run go on with this one. */
  async shutdown(): Promise<void> {
    if (Runtime.#instance === this) Runtime.#instance = undefined;
  }
}
