import {
  DefaultLogger,
  type ForwardLogger,
  type LogExporterConfig,
  type MetricsExporterConfig,
  makeTelemetryFilterString,
  type OtelCollectorExporter,
  type PrometheusMetricsExporter,
  type RuntimeOptions,
  type TelemetryOptions,
} from '@temporalio/worker';

const prometheus: PrometheusMetricsExporter['prometheus'] = {
  bindAddress: '127.0.0.1:0',
  countersTotalSuffix: true,
  unitSuffix: true,
  useSecondsForDurations: true,
  histogramBucketOverrides: { temporal_request_latency: [1, 5, 10] },
};
const otel: OtelCollectorExporter['otel'] = {
  url: 'http://127.0.0.1:4317',
  headers: { team: 'payments' },
  metricsExportInterval: '1s',
  temporality: 'cumulative',
};
const exporter: MetricsExporterConfig = process.env.USE_OTEL ? { otel } : { prometheus };
const forwarded: ForwardLogger = { forward: { level: 'WARN' } };
const logging: LogExporterConfig = {
  ...forwarded,
  filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
};
const telemetryOptions: TelemetryOptions = {
  logging,
  metrics: { ...exporter, metricPrefix: 'acme_', globalTags: { env: 'dev' }, attachServiceName: false },
};

export const runtimeOptions: RuntimeOptions = {
  logger: new DefaultLogger('WARN'),
  telemetryOptions,
  shutdownSignals: ['SIGINT', 'SIGTERM'],
  workerHeartbeatInterval: '60s',
};
