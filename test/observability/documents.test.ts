/** The dashboard, the alert rules and the guide speak of metrics that there are, with labels that these have. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FamilyName, families, family, familyNames } from '../../src/observability/families.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../../docs', file), 'utf8');

interface Dashboard {
  panels: Array<{
    id: number;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: Array<{ expr: string; legendFormat: string }>;
  }>;
}
const dashboard = JSON.parse(read('observability/grafana-dashboard.json')) as Dashboard;
const alerts = read('observability/alerts.yml');
const targets = dashboard.panels.flatMap(({ targets }) => targets);

/** A metric as it is asked for: a histogram's parts have names of their own. */
function familyOf(metric: string): FamilyName {
  const name = metric in families ? metric : metric.replace(/_(bucket|sum|count)$/, '');
  expect(familyNames).toContain(name);
  const isPart = name !== metric;
  expect([metric, family(name as FamilyName).kind === 'histogram']).toEqual([metric, isPart]);
  return name as FamilyName;
}

/** Every metric of a query with the labels that it is chosen by. */
function check(query: string): FamilyName[] {
  const used = [...query.matchAll(/(perdure_\w+)(?:\{([^}]*)\})?/g)].map(([, metric, selector = '']) => {
    const name = familyOf(metric!);
    const known = ['namespace', 'le', ...family(name).labels];
    for (const [, label] of selector.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)) expect(known).toContain(label);
    return name;
  });
  const known = new Set(['namespace', 'le', ...used.flatMap((name) => family(name).labels)]);
  for (const [, list] of query.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of list!.split(',').map((text) => text.trim())) expect([...known]).toContain(label);
  return used;
}

describe('the documents', () => {
  it('the dashboard shows every metric, and none that there is not', () => {
    const shown = targets.flatMap(({ expr }) => check(expr));
    expect([...new Set(shown)].sort()).toEqual([...familyNames].sort());
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { expr, legendFormat } of targets)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(expr).toContain(label);
  });

  it('no panel of the dashboard lies on another one', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('the alert rules ask for metrics that there are; statuses and buckets too', () => {
    const rules = alerts.split(/^ {6}- alert: /m).slice(1);
    expect(rules.length).toBeGreaterThan(8);
    expect(rules.some((rule) => rule.startsWith('PerdureWorkflowSLA'))).toBe(true);
    for (const rule of rules) {
      const [, expr] = /expr: (?:\|\n)?([\s\S]*?)\n {8}(?:for|labels):/.exec(rule)!;
      check(expr!);
      expect(rule).toMatch(/severity: (critical|warning)/);
    }
    for (const [, bound] of alerts.matchAll(/le="(\d+)"/g))
      expect(family('perdure_workflow_duration_seconds').buckets).toContain(Number(bound));
  });

  it('the guide lists every metric with its kind and labels', () => {
    for (const name of familyNames) {
      const { kind, labels } = family(name);
      const cells = labels.map((label) => `\`${label}\``).join(', ');
      expect(read('observability.md')).toContain(`| \`${name}\` | ${kind} | ${cells} |`);
    }
  });
});
