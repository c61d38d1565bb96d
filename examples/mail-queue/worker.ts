/** The Worker on Cloudflare. It does not matter to an activity who asked for it. */

import { createWorker } from 'perdure/worker';
import * as activities from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

export default createWorker({ taskQueue: TASK_QUEUE, workflows, activities });
