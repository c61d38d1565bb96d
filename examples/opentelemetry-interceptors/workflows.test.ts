import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { DefaultLogger, Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { type Span, TASK_QUEUE } from './shared.ts';
import { otlpExporter, startTracing } from './tracing.ts';
import { confirm, order } from './workflows.ts';

let spans: Span[] = [];
const { client, activity, sinks } = startTracing((span) => void spans.push(span));
const here = (file: string): string => join(import.meta.dirname, file);
const logged: Array<Record<string | symbol, unknown>> = [];
const logger = new DefaultLogger('INFO', ({ meta }) => void (meta && logged.push(meta)));
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping({
    client: { interceptors: { workflow: [client] } },
  });
});
afterAll(() => env.teardown());
beforeEach(() => {
  spans = [];
});

const createWorker = (more: object = {}): Promise<Worker> =>
  Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowsPath: here('workflows.ts'),
    activities,
    interceptors: { workflowModules: [here('workflow-tracing.ts')], activity: [activity] },
    sinks,
    logger,
    ...more,
  });

/** Names from that span up to the root of its trace. */
function pathOf(name: string): string[] {
  const path: string[] = [];
  let span = spans.find((s) => s.name === name);
  while (span) {
    path.push(span.name);
    const { parentSpanId } = span;
    span = spans.find((s) => s.spanId === parentSpanId);
  }
  return path;
}

async function runOrder(workflowId: string, during: () => void = () => undefined): Promise<string> {
  const handle = await env.client.workflow.start(order, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: ['lamp'],
  });
  await env.sleep('1s');
  during();
  await handle.signal(confirm);
  return handle.result();
}

describe('a trace', () => {
  it('goes from the client through the workflow and its child to their activities', async () => {
    const worker = await createWorker();
    expect(await worker.runUntil(() => runOrder('traced'))).toBe('charged for lamp, shipped lamp');
    expect(pathOf('RunActivity:ship')).toEqual([
      'RunActivity:ship',
      'StartActivity:ship',
      'RunWorkflow:shipping',
      'StartChildWorkflow:shipping',
      'RunWorkflow:order',
      'StartWorkflow:order',
    ]);
    expect(pathOf('HandleSignal:confirm')).toEqual(['HandleSignal:confirm', 'SignalWorkflow:confirm']);
    const traces = new Set(spans.filter((s) => !s.name.includes('confirm')).map((s) => s.traceId));
    expect(traces.size).toBe(1);
    expect(logged.find((meta) => meta.item === 'lamp')).toMatchObject({ traceId: [...traces][0] });
  });

  it('has each span of a workflow once, although its history is replayed', async () => {
    const worker = await createWorker();
    await worker.runUntil(() => runOrder('replayed', () => env.evictAll()));
    const names = spans.map((span) => span.name);
    expect(names).toContain('StartActivity:charge');
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
  });

  it('shows where it failed', async () => {
    const ship = async (): Promise<string> => {
      throw new Error('no parcels left');
    };
    const worker = await createWorker({ activities: { ...activities, ship } });
    await worker.runUntil(() => runOrder('failed').catch(() => undefined));
    const failed = spans.filter((span) => span.error !== undefined);
    expect(failed.map((span) => span.name)).toEqual([
      ...Array<string>(3).fill('RunActivity:ship'),
      'StartActivity:ship',
      'RunWorkflow:shipping',
      'RunWorkflow:order',
    ]);
    expect(failed[0]!.error).toBe('no parcels left');
  });
});

describe('the exporter', () => {
  it('sends spans to a collector in the form of OTLP', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        bodies.push(`${request.url} ${body}`);
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await otlpExporter(
      `http://127.0.0.1:${port}`,
      'orders',
    )({
      ...{ name: 'charge', kind: 'server', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
      ...{ startMs: 1_000, endMs: 2_000, attributes: { item: 'lamp' }, error: 'broke' },
    });
    server.close();
    const [path, body] = bodies[0]!.split(/ (.*)/s) as [string, string];
    expect(path).toBe('/v1/traces');
    expect(JSON.parse(body).resourceSpans[0].scopeSpans[0].spans[0]).toMatchObject({
      kind: 2,
      startTimeUnixNano: '1000000000',
      attributes: [{ key: 'item', value: { stringValue: 'lamp' } }],
      status: { code: 2, message: 'broke' },
    });
  });
});
