/** Samples as Prometheus reads them: text format 0.0.4. */

import { type Distribution, family, familyNames, type Sample } from './families.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A sample, and the namespace that it is of. */
export interface NamespacedSample extends Sample {
  namespace: string;
}

export function prometheusText(samples: readonly NamespacedSample[]): string {
  const lines: string[] = [];
  for (const name of familyNames) {
    const { kind, help, labels, buckets } = family(name);
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const sample of samples) {
      if (sample.name !== name) continue;
      const pairs: Array<[string, string]> = [
        ['namespace', sample.namespace],
        ...labels.map((label, i): [string, string] => [label, sample.labels[i] ?? '']),
      ];
      if (typeof sample.value === 'number') lines.push(`${name}${labelText(pairs)} ${sample.value}`);
      else lines.push(...histogramLines(name, pairs, sample.value, buckets ?? []));
    }
  }
  return `${lines.join('\n')}\n`;
}

function histogramLines(
  name: string,
  pairs: Array<[string, string]>,
  { buckets, sum }: Distribution,
  bounds: readonly number[],
): string[] {
  let count = 0;
  const lines = buckets.map((n, i) => {
    count += n;
    return `${name}_bucket${labelText([...pairs, ['le', String(bounds[i] ?? '+Inf')]])} ${count}`;
  });
  return [...lines, `${name}_sum${labelText(pairs)} ${sum}`, `${name}_count${labelText(pairs)} ${count}`];
}

function labelText(pairs: Array<[string, string]>): string {
  return `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
