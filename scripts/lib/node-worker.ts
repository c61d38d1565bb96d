/** Builds and runs an example's Worker on Node, as a process of its own. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWorker } from '../../sdk/worker/build.ts';
import { ProcessGroup, type ProcessGroupOptions } from './process-group.ts';
import { projectRoot } from './root.ts';

export interface NodeWorkerProcessOptions extends ProcessGroupOptions {
  /** A folder of `examples/`. Default `money-transfer`. */
  example?: string;
  /** Where the bundle goes. */
  outDir: string;
}

/** Examples that run on Node, by folder name. */
async function nodeExamples(): Promise<string[]> {
  const folders = await readdir(join(projectRoot, 'examples'));
  return folders.filter((name) => existsSync(nodeEntry(name))).sort();
}

const nodeEntry = (example: string): string => join(projectRoot, 'examples', example, 'worker-node.ts');

/** @throws Error that lists the examples that run on Node */
export async function requireNodeExample(example: string): Promise<void> {
  const known = await nodeExamples();
  if (!known.includes(example))
    throw new Error(`There is no example "${example}" that runs on Node. Examples: ${known.join(', ')}`);
}

/** Bundles `examples/NAME/worker-node.ts` and returns the bundle's path. */
export async function buildNodeWorker(outDir: string, example = 'money-transfer'): Promise<string> {
  const outfile = join(outDir, `${example}.js`);
  await buildWorker({ entry: nodeEntry(example), outfile, platform: 'node' });
  return outfile;
}

export async function launchNodeWorker(options: NodeWorkerProcessOptions): Promise<ProcessGroup> {
  const { example, outDir, env, ...rest } = options;
  const outfile = await buildNodeWorker(outDir, example);
  return new ProcessGroup(process.execPath, ['--enable-source-maps', outfile], {
    cwd: projectRoot,
    ...rest,
    env: { ...process.env, ...env },
  });
}
