import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/worker';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { resource, startTracing } from './tracing';

async function main() {
  const exporter = new ConsoleSpanExporter();
  const provider = startTracing(exporter);
  const connection = await NativeConnection.connect();
  const worker = await Worker.create({
    connection,
    workflowsPath: require.resolve('./workflows'),
    activities,
    taskQueue: 'opentelemetry',
    // `any`: Temporal's types are those of the first generation of OpenTelemetry's SDK
    sinks: { exporter: makeWorkflowExporter(exporter as any, resource as any) },
    interceptors: {
      workflowModules: [require.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors')],
      activity: [
        (ctx) => ({
          inbound: new OpenTelemetryActivityInboundInterceptor(ctx),
          outbound: new OpenTelemetryActivityOutboundInterceptor(ctx),
        }),
      ],
    },
  });
  await worker.run();
  await provider.shutdown();
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
