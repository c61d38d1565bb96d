/**
 * Command line of the build, usable as wrangler's custom build:
 * `node sdk/worker/build-main.ts ENTRY --out FILE --platform cloudflare|node [--workflows FILE]… [--interceptors FILE]… [--watch]`
 */

import { parseArgs } from 'node:util';
import { buildWorker } from './build.ts';

const USAGE =
  'usage: build-main.ts ENTRY --out FILE [--platform cloudflare|node] [--workflows FILE]… [--interceptors FILE]… [--watch]';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      platform: { type: 'string', default: 'cloudflare' },
      workflows: { type: 'string', multiple: true },
      interceptors: { type: 'string', multiple: true },
      watch: { type: 'boolean', default: false },
    },
  });
  const [entry] = positionals;
  const { out, platform, workflows, interceptors, watch } = values;
  if (!entry || !out || (platform !== 'cloudflare' && platform !== 'node')) throw new Error(USAGE);
  await buildWorker({
    ...{ entry, outfile: out, platform, watch },
    ...(workflows && { workflows }),
    ...(interceptors && { workflowInterceptorModules: interceptors }),
  });
}

main().catch((error: unknown) => {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exitCode = 1;
});
