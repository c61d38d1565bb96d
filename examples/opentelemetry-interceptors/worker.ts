/** The Worker on Cloudflare; `--interceptors` of its build adds those of the workflows. Variable: OTLP_ADDRESS (default: spans are printed). */

import { createWorker } from 'perdure/worker';
import * as activities from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import { otlpExporter, startTracing } from './tracing.ts';
import * as workflows from './workflows.ts';

const { OTLP_ADDRESS } = process.env;
const { activity, sinks } = startTracing(
  OTLP_ADDRESS ? otlpExporter(OTLP_ADDRESS, 'orders-worker') : (span) => console.log(span),
);

export default createWorker({
  taskQueue: TASK_QUEUE,
  workflows,
  activities,
  interceptors: { activity: [activity] },
  sinks,
});
