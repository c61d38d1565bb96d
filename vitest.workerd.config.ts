/** Tests that run inside workerd, in the engine's own isolate, with real objects, alarms and Queues. */

import { join } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { BUILD_DIR } from './test/workerd/paths.ts';

/** Task queue → its settings. Each is served by a bound Worker of its own, `WORKER_<NAME>`. */
const taskQueues = {
  plain: {},
  consumer: { caller: 'consumer' },
  direct: { dispatch: 'direct' },
  /** The consumer of their Queue holds what it gets: nothing reaches the engine. */
  paused: {},
  'paused-consumer': { caller: 'consumer' },
};

const bindingName = (taskQueue: string): string => `WORKER_${taskQueue.toUpperCase().replaceAll('-', '_')}`;

/** The bundles stand outside of the project. */
const common = {
  modulesRoot: BUILD_DIR,
  compatibilityDate: '2026-10-20',
  compatibilityFlags: ['nodejs_compat'],
};

export default defineConfig({
  plugins: [
    cloudflareTest({
      // The engine's own entry, with what faults need around it.
      main: './test/workerd/entry.ts',
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: { TASK_QUEUES: JSON.stringify(taskQueues), VISIBILITY_SHARDS: '2', PERDURE_DEV: '1' },
        r2Buckets: { ARCHIVE: 'archive' },
        queueProducers: {
          TASK_QUEUE: 'perdure-task-queue',
          DEAD: 'perdure-task-queue-dead',
          TASK_QUEUE_PAUSED: 'paused',
          TASK_QUEUE_PAUSED_CONSUMER: 'paused',
        },
        serviceBindings: {
          WORKER_MONEY_TRANSFER: 'money-transfer',
          HOLDING: 'holding-consumer',
          ...Object.fromEntries(Object.keys(taskQueues).map((name) => [bindingName(name), name])),
        },
        workers: [
          ...Object.keys(taskQueues).map((name) => ({
            name,
            modules: true,
            scriptPath: join(BUILD_DIR, 'worker.js'),
            bindings: { SERVES: name },
            ...common,
          })),
          {
            name: 'holding-consumer',
            modules: true,
            scriptPath: join(BUILD_DIR, 'holding-consumer.js'),
            queueConsumers: { paused: { maxBatchSize: 10, maxBatchTimeout: 0 } },
            ...common,
          },
          {
            name: 'money-transfer',
            modules: true,
            scriptPath: join(BUILD_DIR, 'money-transfer.js'),
            durableObjects: { BANK: { className: 'BankLedger', useSQLite: true } },
            ...common,
          },
        ],
      },
    }),
  ],
  test: {
    include: ['test/workerd/**/*.test.ts'],
    globalSetup: ['./test/workerd/global-setup.ts'],
    testTimeout: 30_000,
  },
});
