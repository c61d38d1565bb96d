/**
 * The dashboard and the alert rules against what a real engine says on /metrics after a bit of everything: each metric they ask
 * for is there, with the labels and the values that they choose and group it by.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import parse from 'parse-prometheus-text-format';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/lib/root.ts';
import { type FamilyName, family, familyNames } from '../../src/observability/families.ts';
import { until } from '../http-api.ts';
import { TASK_QUEUE, World } from './processes.ts';

const world = new World();
type Series = Record<string, string>;
/** Labels of the series by the names that queries know them by. */
let scraped: Map<string, Series[]>;

beforeAll(() => world.startEngine());
afterAll(() => world.end());

/** Without the lines about types, which make the parser throw the series of a histogram together. */
async function scrape(): Promise<Map<string, Series[]>> {
  const text = await (await fetch(`${world.url}/metrics`)).text();
  const samples = parse(text.replaceAll(/^#.*\n/gm, ''));
  const found = new Map(familyNames.flatMap((name) => partsOf(name).map((part) => [part, [] as Series[]])));
  for (const { name, metrics } of samples) {
    if (!found.has(name)) throw new Error(`${name} is in no table`);
    found.set(
      name,
      metrics.map(({ labels = {} }) => labels),
    );
  }
  return found;
}
const partsOf = (name: FamilyName): string[] =>
  family(name).kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];

const start = (workflowId: string, workflowType: string, args: unknown[], more: object = {}) =>
  world.api.start({ workflowId, workflowType, taskQueue: TASK_QUEUE, args, more });

/** Runs of every end, a backlog, a task that fails, deliveries good and bad. */
async function aBitOfEverything(): Promise<void> {
  const { api } = world;
  await start('works', 'nap', ['works', 1_500]);
  await start('late', 'nap', ['late', 3_600_000], { workflowRunTimeout: '1s' });
  // Its activity has one attempt, which is over before it has begun.
  await start('fails', 'single', ['fails', 60_000], {});
  await start('broken', 'many', ['broken', 2 ** 40, 0]);
  await api.start({ workflowId: 'waits', workflowType: 'nobody', taskQueue: 'unserved' });
  await api.send('POST', '/workflows/nothing/signal/hello', {});
  const webhook = { kind: 'bearer', workflowId: 'works', signalName: 'add', signalArgs: ['$.item'] };
  const { secret } = await api.ok<{ secret: string }>('POST', '/webhooks/hook', { webhook });
  for (const token of [secret, 'wrong']) {
    const headers = { authorization: `Bearer ${token}` };
    const init = { method: 'POST', headers, body: JSON.stringify({ item: 'a' }) };
    await fetch(`${world.url}/webhooks/default/hook`, init);
  }
  await until('the activity to be there', async () => {
    const { pendingActivities = [] } = await api.describe('fails');
    return pendingActivities.length > 0;
  });
  await api.ok('POST', '/workflows/fails/activities/1/fail', { failure: { message: 'no' } });
  expect(await api.result('works')).toEqual(['works/before', 'works/after']);
  await until('all ends', async () => (await api.count("ExecutionStatus IN ('TimedOut', 'Failed')")) === 2);
}

/** A sound engine has no series of these: nothing fails in it. */
const OF_FAILURES = new Set<string>(['perdure_alarm_failures_total'] satisfies FamilyName[]);
/** Metrics without a single series. */
const missing = (): string[] =>
  [...scraped]
    .filter(([metric, series]) => series.length === 0 && !OF_FAILURES.has(metric))
    .map(([metric]) => metric);

beforeAll(async () => {
  await (await world.testWorker('worker')).serve();
  await aBitOfEverything();
  // What is counted in memory is on its way for some seconds.
  await until('all but the sweep', async () => {
    scraped = await scrape();
    return missing().every((metric) => metric.startsWith('perdure_sweeper'));
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${missing()}`);
  });
  // A day later the sweep looks for runs that have not been heard of.
  await world.killEngine();
  world.vars = { CLOCK_OFFSET_MS: String(24 * 3_600_000) };
  await world.startEngine();
  await world.sweep();
  await until('the sweep', async () => {
    scraped = await scrape();
    return missing().length === 0;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${missing()}`);
  });
});

interface Selector {
  metric: string;
  matchers: Array<{ label: string; operator: string; value: string }>;
}
function selectorsOf(query: string): Selector[] {
  return [...query.matchAll(/(perdure_\w+)(?:\{([^}]*)\})?/g)].map(([, metric, inside = '']) => ({
    metric: metric!,
    matchers: [...inside.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, label, operator, value]) => ({
      ...{ label: label!, operator: operator! },
      value: value === '$namespace' ? '.*' : value!,
    })),
  }));
}

const chosen = (series: Series, { matchers }: Selector): boolean =>
  matchers.every(({ label, operator, value }) => {
    const is = operator.endsWith('~')
      ? new RegExp(`^(?:${value})$`).test(series[label] ?? '')
      : series[label] === value;
    return operator.startsWith('!') ? !is : is;
  });

/** What a sound engine does not have to show: its own failures, and messages that ended in the dead-letter queue. */
const MISFORTUNES = ['redriven', 'INTERNAL|UNAVAILABLE|UNKNOWN'];

/** What is wrong with a query for the engine that was scraped. */
function wrongWith(query: string): string[] {
  const wrong: string[] = [];
  const selectors = selectorsOf(query);
  if (selectors.length === 0) return [`asks for nothing: ${query}`];
  for (const selector of selectors.filter(({ metric }) => !OF_FAILURES.has(metric))) {
    const series = scraped.get(selector.metric) ?? [];
    if (series.length === 0) wrong.push(`${selector.metric}: no such series`);
    for (const { label } of selector.matchers)
      if (series.some((labels) => !(label in labels))) wrong.push(`${selector.metric} has no ${label}`);
    const misfortune = selector.matchers.some(({ value }) => MISFORTUNES.includes(value));
    if (!misfortune && !series.some((labels) => chosen(labels, selector)))
      wrong.push(`nothing is chosen by ${JSON.stringify(selector)}`);
  }
  const labelsOf = (metric: string): readonly string[] =>
    OF_FAILURES.has(metric)
      ? ['namespace', ...family(metric as FamilyName).labels]
      : Object.keys(scraped.get(metric)?.[0] ?? {});
  const known = new Set(selectors.flatMap(({ metric }) => labelsOf(metric)));
  for (const [, list] of query.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of list!.split(','))
      if (!known.has(label.trim())) wrong.push(`no label ${label}: ${query}`);
  return wrong;
}

const read = (file: string): string => readFileSync(join(projectRoot, 'docs/observability', file), 'utf8');

it('every query of the dashboard finds what it asks for', () => {
  const { panels } = JSON.parse(read('grafana-dashboard.json')) as {
    panels: Array<{ targets: Array<{ expr: string }> }>;
  };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(20);
  expect(queries.flatMap(wrongWith)).toEqual([]);
});

it('every alert rule asks for what there is', () => {
  const rules = read('alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);
  const queries = rules.map((rule) => /expr: (?:\|\n)?([\s\S]*?)\n {8}(?:for|labels):/.exec(rule)![1]!);
  const own = queries.filter((query) => !query.startsWith('up{'));
  expect(own.length).toBe(queries.length - 1);
  expect(own.flatMap(wrongWith)).toEqual([]);
});
