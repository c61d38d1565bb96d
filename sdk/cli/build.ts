/** `perdure worker build`: the build of a Worker; usable as wrangler's custom build. */

import type { Command } from 'commander';
import { ExitError } from './context.ts';

interface BuildFlags {
  out: string;
  platform: 'cloudflare' | 'node';
  workflows?: string[];
  interceptors?: string[];
  payloadConverter?: string;
  failureConverter?: string;
  watch?: boolean;
}

export function addBuildCommand(worker: Command): void {
  worker
    .command('build')
    .description('bundle a Worker; each workflow run gets a fresh copy of the workflow module')
    .argument('<entry>', 'the file that makes the Worker')
    .requiredOption('--out <file>', 'where the bundle goes; its source map goes beside it')
    .option('--platform <name>', 'cloudflare or node', 'cloudflare')
    .option('--workflows <file...>', 'which files are workflow files; default: workflows.ts, *.workflows.ts')
    .option('--interceptors <module...>', 'modules of workflow interceptors')
    .option('--payload-converter <file>', 'a file that exports payloadConverter, for workflow code')
    .option('--failure-converter <file>', 'a file that exports failureConverter, for workflow code')
    .option('--watch', 'build again whenever a file changes')
    .addHelpText(
      'after',
      '\nIn wrangler.toml:\n  [build]\n  command = "perdure worker build src/worker.ts --out .perdure/worker.js"',
    )
    .action(build);
}

async function build(entry: string, flags: BuildFlags, command: Command): Promise<void> {
  const { out, platform, workflows, interceptors, payloadConverter, failureConverter, watch } = flags;
  if (platform !== 'cloudflare' && platform !== 'node')
    command.error(`error: --platform is cloudflare or node, not '${platform}'`);
  // Loaded only here: the other commands need no bundler.
  const { buildWorker } = await import('../worker/build.ts');
  try {
    await buildWorker({
      ...{ entry, outfile: out, platform },
      ...(watch && { watch }),
      ...(workflows && { workflows }),
      ...(interceptors && { workflowInterceptorModules: interceptors }),
      ...(payloadConverter && { payloadConverterPath: payloadConverter }),
      ...(failureConverter && { failureConverterPath: failureConverter }),
    });
  } catch (error) {
    // esbuild has printed its own errors with their places.
    if ((error as { errors?: unknown }).errors) throw new ExitError(1);
    throw error;
  }
}
