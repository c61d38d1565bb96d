/** The Worker of the workflow, on Cloudflare. That of the activities is worker.py. */

import { createWorker } from 'perdure/worker';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

export default createWorker({ taskQueue: TASK_QUEUE, workflows });
