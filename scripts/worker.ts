/** `npm run worker [-- --port 9233]`: builds and runs the money-transfer Worker on Node, in the foreground. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildNodeWorker } from './lib/node-worker.ts';
import { requireFreePort, toPort } from './lib/ports.ts';
import { projectRoot } from './lib/root.ts';

try {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: process.env.PORT ?? '9233' } },
  });
  await requireFreePort(toPort(values.port), 'npm run worker -- --port 9234');
  process.env.PORT = values.port;
  process.setSourceMapsEnabled(true);
  const bundle = await buildNodeWorker(join(projectRoot, '.perdure/workers'));
  console.log(`To crash this Worker: kill -9 ${process.pid}`);
  await import(pathToFileURL(bundle).href);
} catch (error) {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exit(1);
}
