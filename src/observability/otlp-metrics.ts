/** Samples as OTLP/HTTP takes them, in JSON: sums and histograms cumulative since the engine's first day. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { type FamilyName, family, familyNames } from './families.ts';
import { attributesOf, nanos, resourceOf } from './otlp.ts';
import type { NamespacedSample } from './prometheus.ts';

const SCOPE = { name: 'perdure' };
const CUMULATIVE = 2;

export function otlpMetrics(samples: readonly NamespacedSample[], now: EpochMs): object {
  const metrics = familyNames.flatMap((name) => {
    const own = samples.filter((sample) => sample.name === name);
    return own.length > 0 ? [metricOf(name, own, now)] : [];
  });
  return { resourceMetrics: [{ resource: resourceOf(), scopeMetrics: [{ scope: SCOPE, metrics }] }] };
}

function metricOf(name: FamilyName, samples: NamespacedSample[], now: EpochMs): object {
  const { kind, help, labels, buckets = [] } = family(name);
  const dataPoints = samples.map(({ namespace, labels: values, value }) => {
    const attributes = attributesOf({
      namespace,
      ...Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ''])),
    });
    const point = { attributes, startTimeUnixNano: '0', timeUnixNano: nanos(now) };
    if (typeof value === 'number') return { ...point, asDouble: value };
    const count = value.buckets.reduce((sum, n) => sum + n, 0);
    const bucketCounts = value.buckets.map(String);
    return { ...point, count: String(count), sum: value.sum, bucketCounts, explicitBounds: [...buckets] };
  });
  const described = { name, description: help, ...(name.endsWith('_seconds') && { unit: 's' }) };
  if (kind === 'gauge') return { ...described, gauge: { dataPoints } };
  if (kind === 'histogram')
    return { ...described, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  return { ...described, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}
