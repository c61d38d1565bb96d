import assert from 'node:assert/strict';
import * as otel from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { resource, startTracing } from './tracing';
import { blocked, example, rename, unblock } from './workflows';

describe('tracing', function () {
  this.timeout(30_000);
  const exporter = new InMemorySpanExporter();
  const lines: LogEntry[] = [];
  let env: TestWorkflowEnvironment;

  before(async () => {
    startTracing(exporter);
    Runtime.install({ logger: new DefaultLogger('INFO', (entry) => lines.push(entry)) });
    env = await TestWorkflowEnvironment.createTimeSkipping({
      client: { interceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] } },
    });
  });
  after(() => env?.teardown());

  it('follows a call through workflow, child and activity', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      // Nothing stays in memory: every task replays, and every span is exported once all the same.
      maxCachedWorkflows: 0,
      // `any`: Temporal's types are those of the first generation of OpenTelemetry's SDK
      sinks: { exporter: makeWorkflowExporter(new SimpleSpanProcessor(exporter) as any, resource as any) },
      interceptors: {
        workflowModules: [require.resolve('./workflows')],
        activity: [
          (ctx) => ({
            inbound: new OpenTelemetryActivityInboundInterceptor(ctx),
            outbound: new OpenTelemetryActivityOutboundInterceptor(ctx),
          }),
        ],
      },
    });
    await worker.runUntil(async () => {
      await otel.trace.getTracer('test').startActiveSpan('root', async (span) => {
        const handle = await env.client.workflow.start(example, {
          taskQueue: 'test',
          workflowId: 'w',
          args: ['x'],
        });
        assert.equal(await handle.query(blocked), true);
        assert.equal(await handle.executeUpdate(rename, { args: ['you'] }), 'you');
        await handle.signal(unblock);
        assert.equal(await handle.result(), 'Hello, you!');
        span.end();
      });
    });
    const spans = exporter.getFinishedSpans();
    const root = spans.find(({ name }) => name === 'root')!;
    assert.deepEqual(
      [...new Set(spans.map((span) => span.spanContext().traceId))],
      [root.spanContext().traceId],
    );
    assert.equal(new Set(spans.map((span) => span.spanContext().spanId)).size, spans.length);
    const pathOf = (span: ReadableSpan): string => {
      const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
      return parent ? `${pathOf(parent)} > ${span.name}` : span.name;
    };
    assert.deepEqual(spans.map(pathOf).sort(), [
      'root',
      'root > QueryWorkflow:blocked',
      'root > QueryWorkflow:blocked > HandleQuery:blocked',
      'root > SignalWorkflow:unblock',
      'root > SignalWorkflow:unblock > HandleSignal:unblock',
      'root > StartWorkflow:example',
      'root > StartWorkflow:example > RunWorkflow:example',
      'root > StartWorkflow:example > RunWorkflow:example > StartChildWorkflow:child',
      'root > StartWorkflow:example > RunWorkflow:example > StartChildWorkflow:child > RunWorkflow:child',
      'root > StartWorkflow:example > RunWorkflow:example > StartChildWorkflow:child > RunWorkflow:child > StartActivity:greet',
      'root > StartWorkflow:example > RunWorkflow:example > StartChildWorkflow:child > RunWorkflow:child > StartActivity:greet > RunActivity:greet',
      'root > StartWorkflow:example > RunWorkflow:example > StartChildWorkflow:child > RunWorkflow:child > StartActivity:greet > RunActivity:greet > compose',
      'root > StartWorkflowUpdate:rename',
      'root > StartWorkflowUpdate:rename > HandleUpdate:rename',
      'root > StartWorkflowUpdate:rename > ValidateUpdate:rename',
    ]);
    for (const message of ['Unblocked', 'Greeting']) {
      const line = lines.find((entry) => entry.message === message)!;
      assert.equal(line.meta!.trace_id, root.spanContext().traceId);
    }
  });
});
