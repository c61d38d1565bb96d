/** A Worker of Temporal's SDK, real in every part, that works on the tasks of our making. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TaskForThem, TemporalService, type TheirAnswer, temporalRequire } from './temporal-service.ts';

interface TemporalWorkerPackage {
  bundleWorkflowCode(options: object): Promise<{ code: string }>;
  NativeConnection: { connect(options: { address: string }): Promise<{ close(): Promise<void> }> };
  Worker: { create(options: object): Promise<{ run(): Promise<void>; shutdown(): void }> };
  Runtime: { install(options: object): { shutdown(): Promise<void> } };
  DefaultLogger: new (level: string) => unknown;
}

const root = join(import.meta.dirname, '../..');

export interface TemporalWorker {
  service: TemporalService;
  work(task: TaskForThem): Promise<TheirAnswer>;
  stop(): Promise<void>;
}

/** @param held how many runs it may hold in memory: with fewer than are in flight, some begin their tasks with a replay */
export async function startTemporalWorker(
  workflows: string,
  activities: object,
  held: number,
): Promise<TemporalWorker> {
  const conformance = join(root, 'test/conformance');
  if (!existsSync(join(conformance, 'node_modules/@temporalio/worker'))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: conformance, stdio: 'inherit' });
  }
  const temporal = temporalRequire('@temporalio/worker') as TemporalWorkerPackage;
  const logger = new temporal.DefaultLogger('ERROR');
  const runtime = temporal.Runtime.install({ logger, telemetryOptions: { logging: { filter: 'off' } } });
  const service = new TemporalService();
  const connection = await temporal.NativeConnection.connect({ address: await service.listen() });
  const workflowBundle = await temporal.bundleWorkflowCode({
    workflowsPath: join(root, workflows),
    logger,
    webpackConfigHook: (config: { resolve?: { alias?: object; modules?: string[] } }) => ({
      ...config,
      resolve: {
        ...config.resolve,
        alias: {
          ...config.resolve?.alias,
          'perdure/workflow$': temporalRequire.resolve('@temporalio/workflow'),
          'perdure/common$': temporalRequire.resolve('@temporalio/common'),
        },
        modules: [join(conformance, 'node_modules'), ...(config.resolve?.modules ?? ['node_modules'])],
      },
    }),
  });
  const worker = await temporal.Worker.create({
    connection,
    namespace: 'default',
    taskQueue: 'test',
    workflowBundle,
    activities,
    maxCachedWorkflows: held,
    maxConcurrentWorkflowTaskExecutions: 8,
    debugMode: process.env.DEBUG_MODE === '1',
    shutdownGraceTime: 0,
  });
  const running = worker.run();
  return {
    service,
    work: (task) => service.work(task),
    async stop() {
      worker.shutdown();
      service.close();
      await running.catch(() => undefined);
      await connection.close();
      await runtime.shutdown();
    },
  };
}
