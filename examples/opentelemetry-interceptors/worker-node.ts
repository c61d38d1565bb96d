/** The Worker on Node. Environment: PERDURE_ADDRESS, OTLP_ADDRESS (a collector; default: spans are printed). */

import { join } from 'node:path';
import { NativeConnection, Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import { otlpExporter, startTracing } from './tracing.ts';

const { PERDURE_ADDRESS, OTLP_ADDRESS } = process.env;
const { activity, sinks } = startTracing(
  OTLP_ADDRESS ? otlpExporter(OTLP_ADDRESS, 'orders-worker') : (span) => console.log(span),
);
const pathOf = (file: string): string => join(import.meta.dirname, file);

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: PERDURE_ADDRESS }),
  taskQueue: TASK_QUEUE,
  workflowsPath: pathOf('workflows.ts'),
  activities,
  interceptors: { workflowModules: [pathOf('workflow-tracing.ts')], activity: [activity] },
  sinks,
});
await worker.run();
