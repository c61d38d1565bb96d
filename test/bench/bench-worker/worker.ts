/** The Worker of the benchmarks that run a real engine: it does nothing, so that what is measured is the engine. */

import { createWorker } from 'perdure/worker';
import * as workflows from './workflows.ts';

const activities = {
  echo: async (n: number) => n,
  nap: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

export default createWorker({ taskQueue: 'bench', workflows, activities });
