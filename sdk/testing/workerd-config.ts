/**
 * The configuration of Cloudflare's vitest integration for an application's Workers and the engine together.
 * @module perdure/testing/workerd-config
 */

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker } from '../worker/build.ts';

export interface TestedWorker {
  /** The file that makes the Worker, with `createWorker` of perdure/worker. */
  entry: string;
  /** What else miniflare should give it: `bindings`, `durableObjects`, `kvNamespaces` … */
  miniflare?: Record<string, unknown>;
}

export interface EngineTestOptions {
  /** The application's Workers by name. Each is built here and bound to the engine. */
  workers: Record<string, TestedWorker>;
  /** Variables of the engine, for example TASK_QUEUES. */
  bindings?: Record<string, string>;
  /** Default: the date that the engine is deployed with. */
  compatibilityDate?: string;
}

/** What the plugin of Cloudflare's vitest integration takes. */
export interface EngineTestConfiguration {
  wrangler: { configPath: string };
  miniflare: Record<string, unknown>;
}

const ENGINE = join(import.meta.dirname, '../../wrangler.toml');
const COMPATIBILITY_DATE = '2026-10-20';

/**
 * Builds the Workers, and answers with the options of the plugin: the engine is the main Worker, in which the tests run.
 *
 * @example
 * export default defineConfig(async () => ({
 *   plugins: [cloudflareTest(await engineForTests({ workers: { orders: { entry: './worker.ts' } } }))],
 * }));
 */
export async function engineForTests(options: EngineTestOptions): Promise<EngineTestConfiguration> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-test-'));
  // Nothing that is asynchronous happens any more by then.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const names = Object.keys(options.workers);
  const common = {
    modules: true,
    modulesRoot: folder,
    compatibilityDate: options.compatibilityDate ?? COMPATIBILITY_DATE,
    compatibilityFlags: ['nodejs_compat'],
  };
  const workers = await Promise.all(
    Object.entries(options.workers).map(async ([name, { entry, miniflare }]) => {
      const scriptPath = join(folder, `${name}.js`);
      await buildWorker({ entry, outfile: scriptPath, platform: 'cloudflare' });
      return { ...common, ...miniflare, name, scriptPath };
    }),
  );
  const bound = names.map((name): [string, string] => [
    `WORKER_${name.toUpperCase().replaceAll(/\W/g, '_')}`,
    name,
  ]);
  return {
    wrangler: { configPath: ENGINE },
    miniflare: {
      bindings: { PERDURE_DEV: '1', ...options.bindings },
      serviceBindings: Object.fromEntries(bound),
      workers,
    },
  };
}
