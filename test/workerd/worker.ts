/** A Worker bound to the engine under test; the same bundle serves several task queues, one each. */

import { env } from 'cloudflare:workers';
import { createWorker, type Logger } from 'perdure/worker';
import { activities, type Execution, executionsOf, release } from './activities.ts';
import * as workflows from './workflows.ts';

const { SERVES } = env as unknown as { SERVES: string };

const quiet = (): void => undefined;
const logger: Logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

export default class TestWorker extends createWorker({ taskQueue: SERVES, workflows, activities, logger }) {
  /** What was executed for the key. */
  async executionsOf(key: string): Promise<Execution[]> {
    return executionsOf(key);
  }

  /** Lets `hold(key)` go on. */
  async release(key: string): Promise<void> {
    release(key);
  }
}
