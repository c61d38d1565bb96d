import { afterEach, describe, expect, it, vi } from 'vitest';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { exportMetrics, exportTrace } from '../../src/effects/telemetry.ts';
import type { Env } from '../../src/env.ts';
import { spansOf } from '../../src/observability/traces.ts';
import { QUEUE, withEngine } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';
import * as watched from './workflows.ts';

const run = (workflowId: string, runId: string) => ({ namespace: 'default', workflowId, runId });
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the trace of a run', () => {
  it('is its history: one span for the run, one for each activity, timer and child, within its parent', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const activities = {
      greet: async (name: string) => `hello ${name}`,
      fail: async () => Promise.reject(new Error('no')),
    };
    try {
      const options = { taskQueue: QUEUE, workflowId: 't', args: ['CANARY'] as [string] };
      const worker = { taskQueue: QUEUE, workflows: watched, activities };
      const handle = await env.runUntil(worker, async () => {
        const started = await env.client.workflow.start(watched.visits, options);
        await started.result();
        return started;
      });
      const { events } = await handle.fetchHistory();
      const spans = spansOf(run('t', handle.firstExecutionRunId), events);
      const [root, ...below] = spans;
      expect(root!.name).toBe('RunWorkflow:visits');
      expect(below.map(({ name, failed, end, start }) => [name, failed, end - start]).sort()).toEqual([
        ['RunActivity:fail', true, 0],
        ['RunActivity:greet', false, 0],
        ['StartChildWorkflow:child', false, 0],
        ['Timer', false, 60_000],
      ]);
      for (const span of below) {
        expect([span.traceId, span.parentSpanId]).toEqual([root!.traceId, root!.spanId]);
        expect(span.start).toBeGreaterThanOrEqual(root!.start);
        expect(span.end).toBeLessThanOrEqual(root!.end);
      }
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
      // Made again, as when it is sent twice: the same.
      expect(spansOf(run('t', handle.firstExecutionRunId), events)).toEqual(spans);
    } finally {
      await env.teardown();
    }
  });

  it('goes on from the trace of whoever started it', () =>
    withEngine(async ({ env, client }) => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await env.fetch('/api/v1/namespaces/default/workflows/w', {
        method: 'POST',
        headers: { traceparent },
        body: JSON.stringify({
          workflowType: { name: 'echo' },
          taskQueue: { name: QUEUE },
          input: ['x'],
        }),
      });
      const handle = client.workflow.getHandle('w');
      await handle.result();
      const { events } = await handle.fetchHistory();
      const [root] = spansOf(run('w', 'r'), events);
      expect(root).toMatchObject({
        traceId: '0af7651916cd43dd8448eb211c80319c',
        parentSpanId: 'b7ad6b7169203331',
      });
    }));
});

describe('OTLP', () => {
  const posted: Array<{ url: string; headers: Headers; body: any }> = [];
  const collect = (status = 200) => {
    posted.length = 0;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
      const headers = new Headers(init?.headers);
      posted.push({ url: String(url), headers, body: JSON.parse(String(init?.body)) });
      return new Response('{}', { status });
    });
  };
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example.com/otlp/',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc,x-tenant=t',
    VISIBILITY_SHARDS: '1',
  };
  const samples = [
    { name: 'perdure_queue_messages_total', labels: ['settled'], value: 2 },
    { name: 'perdure_alarm_lateness_seconds', labels: [], value: { buckets: [1, 0, 2], sum: 0.5 } },
    { name: 'perdure_workflows_overdue', labels: [], value: 0 },
  ];
  const env = (more: object = {}) =>
    ({
      ...settings,
      VISIBILITY: { getByName: () => ({ metrics: async () => samples }) },
      ...more,
    }) as unknown as Env;

  it('carries the sums of every namespace, cumulative, by the headers that are set', async () => {
    collect();
    await exportMetrics(env(), ['default', 'shop']);
    expect(posted).toHaveLength(1);
    const { url, headers, body } = posted[0]!;
    expect(url).toBe('https://otel.example.com/otlp/v1/metrics');
    expect([headers.get('authorization'), headers.get('x-tenant')]).toEqual(['Basic abc', 't']);
    const { metrics } = body.resourceMetrics[0].scopeMetrics[0];
    const of = (name: string) => metrics.find((metric: { name: string }) => metric.name === name);
    expect(of('perdure_queue_messages_total').sum).toMatchObject({
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ asDouble: 2 }, { asDouble: 2 }],
    });
    expect(of('perdure_alarm_lateness_seconds').histogram.dataPoints[0]).toMatchObject({
      count: '3',
      sum: 0.5,
      bucketCounts: ['1', '0', '2'],
    });
    expect(of('perdure_workflows_overdue').gauge.dataPoints).toHaveLength(2);
  });

  it('takes a header that is not percent-encoded as it stands: no run is to fail because of its collector', async () => {
    collect();
    await exportMetrics(env({ OTEL_EXPORTER_OTLP_HEADERS: 'x-share=50%,x-tenant=%20t' }), ['default']);
    const [{ headers }] = posted as [(typeof posted)[number]];
    expect([headers.get('x-share'), headers.get('x-tenant')]).toEqual(['50%', 't']);
  });

  it('is silent where nobody collects, and an engine does not fail with its collector', async () => {
    collect();
    await exportMetrics(env({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), ['default']);
    expect(posted).toEqual([]);
    collect(503);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await exportMetrics(env(), ['default']);
    await exportTrace(env({ WORKFLOW_EXECUTION: { getByName: () => ({}) } }), run('w', 'r'));
    expect(logged.mock.calls.map(([line]) => JSON.parse(String(line)).message)).toEqual([
      'metrics not exported',
      'trace not exported',
    ]);
  });

  it('carries a trace with the ids of the run and nothing of its payloads', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'p', args: ['CANARY'] as [string] };
      const handle = await client.workflow.start(workflows.echo, options);
      await handle.result();
      const { events } = await handle.fetchHistory();
      collect();
      const history = async () => ({ ok: { history: { events } } });
      await exportTrace(env({ WORKFLOW_EXECUTION: { getByName: () => ({ history }) } }), run('p', 'r'));
      const [span] = posted[0]!.body.resourceSpans[0].scopeSpans[0].spans;
      expect(span).toMatchObject({ name: 'RunWorkflow:echo', kind: 1, status: { code: 1 } });
      expect(span.traceId).toMatch(/^[\da-f]{32}$/);
      const text = JSON.stringify(posted);
      expect(text).not.toContain('CANARY');
      expect(text).not.toContain(btoa('"CANARY"'));
    }));
});
