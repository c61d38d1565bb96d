/** The client as an application's bundler makes it, for a browser or a Worker: nothing is taken from Node. */

import { join } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from '../../scripts/lib/root.ts';

/** `entry`: a program, whose `perdure/client` is the one of this project. */
export async function bundleForBrowsers(entry: string, format: 'esm' | 'iife' = 'esm'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: projectRoot, loader: 'ts' },
    alias: { 'perdure/client': join(projectRoot, 'sdk/client/index.ts') },
    bundle: true,
    write: false,
    // An import of a module of Node is an error for it.
    platform: 'browser',
    format,
    minify: true,
    keepNames: true,
    target: 'es2024',
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
