/** Plugins: they change the options of Workers, replays and bundles before these are used, and stand around `Worker.run`. */

import type { BundleOptions } from './load-workflows.ts';
import type { NodeWorkerOptions, Worker } from './node.ts';
import type { ReplayWorkerOptions } from './replay.ts';

export interface WorkerPlugin {
  get name(): string;
  configureWorker?(options: NodeWorkerOptions): NodeWorkerOptions | Promise<NodeWorkerOptions>;
  configureReplayWorker?(options: ReplayWorkerOptions): ReplayWorkerOptions | Promise<ReplayWorkerOptions>;
  /** Around the whole of `Worker.run`. */
  runWorker?(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void>;
}

export interface BundlerPlugin {
  get name(): string;
  configureBundler?(options: BundleOptions): BundleOptions;
}

/** What each plugin in turn makes of the options. */
export async function configured<O, P>(
  options: O,
  plugins: readonly P[] = [],
  configure: (plugin: P, options: O) => O | Promise<O> | undefined,
): Promise<O> {
  let current = options;
  for (const plugin of plugins) current = (await configure(plugin, current)) ?? current;
  return current;
}

/** The first plugin is the outermost. */
export function runThrough(
  plugins: readonly WorkerPlugin[] = [],
  worker: Worker,
  run: (worker: Worker) => Promise<void>,
): Promise<void> {
  const all = plugins.reduceRight<(worker: Worker) => Promise<void>>(
    (next, plugin) => (plugin.runWorker ? (given) => plugin.runWorker!(given, next) : next),
    run,
  );
  return all(worker);
}
