/** Tracing without OpenTelemetry's packages: what is read of its API is stood in for here. `npm run programs` has the real one. */

import { makeWorkflowExporter, OpenTelemetryPlugin } from 'perdure/opentelemetry';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { afterEach, describe, expect, it } from 'vitest';
import * as activities from '../testing/fixtures/activities.ts';
import { greeting } from '../testing/fixtures/workflows.ts';

const workflowsPath = new URL('../testing/fixtures/workflows.ts', import.meta.url).href;
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

interface Ended {
  name: string;
  parentSpanId?: string;
  spanContext(): { traceId: string; spanId: string };
  attributes: Record<string, unknown>;
}

let env: TestWorkflowEnvironment | undefined;
afterEach(async () => {
  await env?.teardown();
  delete (globalThis as { [REGISTERED]?: unknown })[REGISTERED];
});

/** Spans of a workflow with one activity; every task of it replays. */
async function spansOf(workflowId: string, traceparent?: string): Promise<Ended[]> {
  const ended: Ended[] = [];
  const processor = { onEnd: (span: Ended) => void ended.push(span) };
  const plugin = new OpenTelemetryPlugin({ resource: {}, spanProcessor: processor as never });
  env = await TestWorkflowEnvironment.createTimeSkipping();
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'traced',
    workflowsPath,
    activities,
    plugins: [plugin],
  });
  const { client } = env;
  await worker.runUntil(async () => {
    if (!traceparent) {
      await client.workflow.execute(greeting, { taskQueue: 'traced', workflowId, args: ['you'] });
      return;
    }
    await env!.fetch(`/api/v1/namespaces/default/workflows/${workflowId}/start-and-wait`, {
      method: 'POST',
      headers: { traceparent },
      body: JSON.stringify({
        workflowType: { name: 'greeting' },
        taskQueue: { name: 'traced' },
        input: ['you'],
      }),
    });
  });
  return ended;
}

describe('the OpenTelemetry interceptors', () => {
  it('make spans of a workflow that nobody traces from outside, with a trace of its own', async () => {
    const spans = await spansOf('alone');
    expect(spans.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^StartActivity:/),
      'RunWorkflow:greeting',
    ]);
    const [activity, workflow] = spans;
    expect(activity!.parentSpanId).toBe(workflow!.spanContext().spanId);
    expect(activity!.spanContext().traceId).toBe(workflow!.spanContext().traceId);
    expect(workflow!.parentSpanId).toBeUndefined();
    expect(workflow!.attributes).toMatchObject({ workflowId: 'alone', workflowType: 'greeting' });
  });

  it('go on in the trace of whoever started the workflow over HTTP', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const spans = await spansOf('by-curl', `00-${trace}-b7ad6b7169203331-01`);
    expect(spans.map((span) => span.spanContext().traceId)).toEqual([trace, trace]);
    expect(spans.at(-1)!.parentSpanId).toBe('b7ad6b7169203331');
  });

  it('begin an activity where its headers say, by whatever propagator is registered', async () => {
    const seen: unknown[] = [];
    const context = { getValue: () => undefined };
    (globalThis as { [REGISTERED]?: unknown })[REGISTERED] = {
      context: { active: () => context, with: (_: unknown, fn: () => unknown) => fn() },
      propagation: {
        inject: () => undefined,
        extract: (from: object, carrier: object) => {
          seen.push(carrier);
          return from;
        },
      },
      trace: {
        getTracer: () => ({
          startActiveSpan: (name: string, fn: (span: object) => unknown) => {
            seen.push(name);
            const ignore = () => undefined;
            return fn({ setAttribute: ignore, setStatus: ignore, recordException: ignore, end: ignore });
          },
        }),
      },
    };
    const [activity] = await spansOf('traced');
    const { traceId, spanId } = activity!.spanContext();
    expect(seen).toEqual([
      { traceparent: `00-${traceId}-${spanId}-01` },
      expect.stringMatching(/^RunActivity:/),
    ]);
  });

  it('hand spans to an exporter, too', () => {
    const exported: unknown[] = [];
    const { fn } = makeWorkflowExporter(
      { export: (spans: never[]) => void exported.push(...spans) },
      {},
    ).export;
    const time: [number, number] = [1, 0];
    const span = {
      ...{ name: 'a', kind: 0, status: { code: 1 }, attributes: {}, events: [] },
      ...{ startTime: time, endTime: time, duration: [0, 0] as [number, number] },
      spanContext: { traceId: 't', spanId: 's', traceFlags: 1, traceState: 'k=v' },
    };
    void fn({ workflowId: 'w', memo: {} } as never, [span]);
    expect(exported).toEqual([
      expect.objectContaining({ name: 'a', attributes: { workflowId: 'w' }, resource: {} }),
    ]);
    const { traceState } = (
      exported[0] as { spanContext(): { traceState: { serialize(): string } } }
    ).spanContext();
    expect(traceState.serialize()).toBe('k=v');
  });
});
