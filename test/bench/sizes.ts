/** What is deployed and what is imported: minified and compressed, as the platform counts it. */

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildUi } from '../../scripts/build-ui.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import type { Benchmark } from './measure.ts';

const entries = {
  'the engine': 'src/index.ts',
  "a Worker's SDK": 'sdk/worker/index.ts',
  'the client': 'sdk/client/index.ts',
};

export function sizes(): Benchmark[] {
  return Object.entries(entries).map(([what, entry]) => ({
    name: `size of ${what}, compressed`,
    unit: 'KB',
    repeats: 1,
    once: true,
    measure: () => compressedKilobytes(entry),
  }));
}

async function compressedKilobytes(entry: string): Promise<number> {
  // The engine imports it.
  await buildUi();
  const { outputFiles } = await build({
    entryPoints: [join(projectRoot, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1_000;
}
