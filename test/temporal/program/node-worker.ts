/** A Worker on Node, made but not run. */

import { Worker } from '@temporalio/worker';
import * as activities from './activities.ts';
import * as workflows from './workflows.ts';

export const start = () => Worker.create({ taskQueue: 'orders', workflows, activities });
