/**
 * Command line of the build, usable as wrangler's custom build:
 * `node sdk/worker/build-main.ts ENTRY --out FILE --platform cloudflare|node [--workflows FILE]… [--interceptors FILE]… [--watch]
 *   [--payload-converter FILE] [--failure-converter FILE]`
 */

import { parseArgs } from 'node:util';
import { buildWorker } from './build.ts';

const USAGE =
  'usage: build-main.ts ENTRY --out FILE [--platform cloudflare|node] [--workflows FILE]… [--interceptors FILE]… [--watch] [--payload-converter FILE] [--failure-converter FILE]';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      platform: { type: 'string', default: 'cloudflare' },
      workflows: { type: 'string', multiple: true },
      interceptors: { type: 'string', multiple: true },
      'payload-converter': { type: 'string' },
      'failure-converter': { type: 'string' },
      watch: { type: 'boolean', default: false },
    },
  });
  const [entry] = positionals;
  const { out, platform, workflows, interceptors, watch } = values;
  if (!entry || !out || (platform !== 'cloudflare' && platform !== 'node')) throw new Error(USAGE);
  const payloadConverterPath = values['payload-converter'];
  const failureConverterPath = values['failure-converter'];
  await buildWorker({
    ...{ entry, outfile: out, platform, watch },
    ...(workflows && { workflows }),
    ...(interceptors && { workflowInterceptorModules: interceptors }),
    ...(payloadConverterPath && { payloadConverterPath }),
    ...(failureConverterPath && { failureConverterPath }),
  });
}

main().catch((error: unknown) => {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exitCode = 1;
});
