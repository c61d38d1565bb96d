import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { Client, Connection } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry';
import { startTracing } from './tracing';
import { example, unblock } from './workflows';

async function run() {
  const exporter = new InMemorySpanExporter();
  startTracing(exporter);
  const connection = await Connection.connect();
  const client = new Client({
    connection,
    interceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
  });
  const handle = await client.workflow.start(example, {
    taskQueue: 'opentelemetry',
    workflowId: `otel-${Date.now()}`,
    args: ['Temporal'],
  });
  await handle.signal(unblock);
  console.log(await handle.result());
  const names = exporter.getFinishedSpans().map(({ name }) => name);
  if (names.join() !== 'StartWorkflow:example,SignalWorkflow:unblock') throw new Error(names.join());
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
