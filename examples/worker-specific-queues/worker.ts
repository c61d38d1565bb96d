/** The Worker on Cloudflare: the workflow. What it does to files is done by hosts (`worker-node.ts`), which have disks. */

import { createWorker } from 'perdure/worker';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

export default createWorker({ taskQueue: TASK_QUEUE, workflows });
