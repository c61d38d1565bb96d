/** Metrics of users' own for Prometheus: a page at the address that `telemetryOptions.metrics.prometheus` says, as Temporal's runtime has it. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../common/logger.ts';
import { type Metric, type MetricMeter, type MetricTags, makeMetricMeter } from '../common/metrics.ts';
import type { MetricsExporterConfig, PrometheusMetricsExporter } from './telemetry-options.ts';

type Config = Extract<MetricsExporterConfig, PrometheusMetricsExporter>;

/** Upper bounds of a histogram's buckets, where none are given. */
const BUCKETS = [50, 100, 500, 1_000, 2_500, 10_000];

interface Series {
  labels: Array<[string, string]>;
  /** Of a histogram: the sum of its values. */
  value: number;
  /** How many of a histogram's values are not above each bound, and how many there are. */
  below: number[];
  count: number;
}
interface Family {
  metric: Metric;
  name: string;
  bounds: number[];
  series: Map<string, Series>;
}

const nameOf = (text: string): string => text.replace(/[^\w:]/g, '_').replace(/^(?=\d)/, '_');
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
const labelled = (labels: Array<[string, string]>): string =>
  labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}=${quoted(value)}`).join(',')}}`;

export class PrometheusPage {
  readonly meter: MetricMeter = makeMetricMeter((metric, value, tags) => this.#record(metric, value, tags));
  /** The port, once it is bound. */
  readonly listening: Promise<number>;
  readonly #config: Config;
  readonly #families = new Map<string, Family>();
  readonly #server: Server;

  /** Listens at once, and keeps no process alive. What goes wrong is told to the logger. */
  constructor(config: Config, logger: Logger) {
    this.#config = config;
    this.#server = createServer((request, response) => {
      const found = new URL(request.url ?? '/', 'http://localhost').pathname === '/metrics';
      response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(found ? this.text() : '');
    });
    const { bindAddress } = config.prometheus;
    const [, host = '', port = ''] = /^(?:https?:\/\/)?(.*?):(\d+)$/.exec(bindAddress) ?? [];
    this.#server.on('error', (error) =>
      logger.error(`No metrics for Prometheus at ${bindAddress}: ${error.message}`, { error }),
    );
    this.listening = new Promise((resolve) => this.#server.once('listening', () => resolve(this.#port())));
    this.#server.listen(Number(port), host.replace(/^\[(.*)\]$/, '$1') || undefined).unref();
  }

  #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** In the text format 0.0.4. */
  text(): string {
    const families = [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return families.map((family) => `${linesOf(family).join('\n')}\n`).join('');
  }

  #record(metric: Metric, value: number, tags: MetricTags): void {
    const family = this.#family(metric);
    const all = Object.entries({ ...tags, ...this.#config.globalTags });
    const labels = all.map(([name, tag]): [string, string] => [nameOf(name), String(tag)]);
    const key = labelled(labels);
    const none = { labels, value: 0, below: family.bounds.map(() => 0), count: 0 };
    const series = family.series.get(key) ?? none;
    family.series.set(key, series);
    series.value = metric.kind === 'gauge' ? value : series.value + value;
    series.count += 1;
    for (const [i, bound] of family.bounds.entries()) if (value <= bound) series.below[i]! += 1;
  }

  #family(metric: Metric): Family {
    const before = this.#families.get(metric.name);
    if (before) return before;
    const { unitSuffix, countersTotalSuffix, histogramBucketOverrides } = this.#config.prometheus;
    const histogram = metric.kind === 'histogram';
    const unit = unitSuffix && histogram && metric.unit ? `_${metric.unit}` : '';
    const total = countersTotalSuffix && metric.kind === 'counter' ? '_total' : '';
    const bounds = histogram ? (histogramBucketOverrides?.[metric.name] ?? BUCKETS) : [];
    const family = { metric, name: nameOf(`${metric.name}${unit}${total}`), bounds, series: new Map() };
    this.#families.set(metric.name, family);
    return family;
  }
}

function linesOf({ metric, name, bounds, series }: Family): string[] {
  const kind = metric.kind === 'up-down-counter' ? 'gauge' : metric.kind;
  const help = (metric.description || metric.name).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
  for (const { labels, value, below, count } of series.values()) {
    if (kind !== 'histogram') {
      lines.push(`${name}${labelled(labels)} ${value}`);
      continue;
    }
    for (const [i, bound] of bounds.entries())
      lines.push(`${name}_bucket${labelled([...labels, ['le', String(bound)]])} ${below[i]}`);
    lines.push(`${name}_bucket${labelled([...labels, ['le', '+Inf']])} ${count}`);
    lines.push(`${name}_sum${labelled(labels)} ${value}`, `${name}_count${labelled(labels)} ${count}`);
  }
  return lines;
}
