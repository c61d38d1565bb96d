/** The Worker on Cloudflare. */

import { createWorker } from 'perdure/worker';
import { createActivities } from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import { readLines } from './source.ts';
import * as workflows from './workflows.ts';

export default createWorker({ taskQueue: TASK_QUEUE, workflows, activities: createActivities(readLines) });
