/** `npm run worker`: builds and runs the money-transfer Worker on Node, in the foreground. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildNodeWorker } from './lib/node-worker.ts';
import { requireFreePort } from './lib/ports.ts';
import { projectRoot } from './lib/root.ts';

try {
  await requireFreePort(Number(process.env.PORT ?? 9233), 'PORT=9234 npm run worker');
  process.setSourceMapsEnabled(true);
  const bundle = await buildNodeWorker(join(projectRoot, '.perdure/workers'));
  console.log(`To crash this Worker: kill -9 ${process.pid}`);
  await import(pathToFileURL(bundle).href);
} catch (error) {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exit(1);
}
