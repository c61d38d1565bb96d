/** `npm run worker [-- NAME --port 9233]`: builds and runs an example's Worker on Node, in the foreground. Default money-transfer. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { requireUnbound } from './lib/bound-workers.ts';
import { buildNodeWorker, requireNodeExample } from './lib/node-worker.ts';
import { requireFreePort, toPort } from './lib/ports.ts';
import { projectRoot } from './lib/root.ts';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: process.env.PORT ?? '9233' } },
  });
  const [example = 'money-transfer'] = positionals;
  await requireNodeExample(example);
  await requireUnbound(process.env.PERDURE_ADDRESS ?? 'http://127.0.0.1:8787', example);
  await requireFreePort(toPort(values.port), 'npm run worker -- --port 9234');
  process.env.PORT = values.port;
  process.setSourceMapsEnabled(true);
  const bundle = await buildNodeWorker(join(projectRoot, '.perdure/workers'), example);
  console.log(`To crash this Worker: kill -9 ${process.pid}`);
  await import(pathToFileURL(bundle).href);
} catch (error) {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exit(1);
}
