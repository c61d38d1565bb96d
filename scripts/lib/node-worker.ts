/** Builds and runs an example's Worker on Node, as a process of its own. */

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

/** Bundles `examples/NAME/worker-node.ts` and returns the bundle's path. */
export async function buildNodeWorker(outDir: string, example = 'money-transfer'): Promise<string> {
  const outfile = join(outDir, `${example}.js`);
  const entry = join(projectRoot, 'examples', example, 'worker-node.ts');
  await buildWorker({ entry, outfile, platform: 'node' });
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
