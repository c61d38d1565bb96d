/** The Worker of the benchmarks that run a real engine: it does nothing, so that what is measured is the engine. */

import { createWorker } from 'perdure/worker';
import * as workflows from './workflows.ts';

export default createWorker({ taskQueue: 'bench', workflows, activities: { echo: async (n: number) => n } });
