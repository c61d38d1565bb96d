/** What Temporal's programs say of telemetry. There is no native core that logs and measures: of all this only a buffer of metrics counts. */

import type { Duration } from '../common/duration.ts';
import type { LogLevel } from '../common/logger.ts';
import type { MetricsBuffer } from './metrics-buffer.ts';

/** Taken; only `metrics: { buffer }` has an effect. */
export interface TelemetryOptions {
  tracing?: unknown;
  tracingFilter?: string;
  noTemporalPrefixForMetrics?: boolean;
  /** Where `metricMeter` leads: into a buffer, or nowhere. */
  metrics?: MetricsExporterConfig;
  logging?: LogExporterConfig;
}

export type LogExporterConfig = { filter?: string | CoreLogFilterOptions } & Partial<
  ConsoleLogger | ForwardLogger
>;
interface CoreLogFilterOptions {
  core: LogLevel;
  other?: LogLevel;
}
export interface ConsoleLogger {
  console: { format?: 'compact' | 'pretty' | 'json' };
}
export interface ForwardLogger {
  forward: { level?: LogLevel };
}

export type MetricsExporterConfig = {
  temporality?: 'cumulative' | 'delta';
  metricPrefix?: string;
  globalTags?: Record<string, string>;
  attachServiceName?: boolean;
} & (PrometheusMetricsExporter | OtelCollectorExporter | { buffer: MetricsBuffer });
export interface OtelCollectorExporter {
  otel: {
    url: string;
    http?: boolean;
    headers?: Record<string, string>;
    metricsExportInterval?: Duration;
    useSecondsForDurations?: boolean;
    temporality?: 'cumulative' | 'delta';
    histogramBucketOverrides?: Record<string, number[]>;
  };
}
export interface PrometheusMetricsExporter {
  prometheus: {
    bindAddress: string;
    countersTotalSuffix?: boolean;
    unitSuffix?: boolean;
    useSecondsForDurations?: boolean;
    histogramBucketOverrides?: Record<string, number[]>;
  };
}

/** A filter for {@link TelemetryOptions}, in the form of Rust's `env_logger`. */
export function makeTelemetryFilterString({ core, other = 'ERROR' }: CoreLogFilterOptions): string {
  return `${other},temporal_sdk_core=${core},temporal_client=${core},temporal_sdk=${core}`;
}
