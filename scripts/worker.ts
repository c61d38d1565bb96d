/** `npm run worker`: builds and runs an example's Worker on Node, in the foreground. `--help` says how. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireUnbound } from './lib/bound-workers.ts';
import { buildNodeWorker, requireNodeExample } from './lib/node-worker.ts';
import { endWithNpm } from './lib/npm-shell.ts';
import { commandLine, PORT } from './lib/options.ts';
import { requireFreePort, toPort } from './lib/ports.ts';
import { projectRoot } from './lib/root.ts';

endWithNpm();
try {
  const { values, names } = commandLine({
    command: 'npm run worker',
    about: "Builds and runs an example's Worker on Node, in the foreground.",
    names: { value: 'EXAMPLE', most: 1, about: 'which (money-transfer)' },
    options: {
      port: { ...PORT, default: toPort(process.env.PORT ?? '9233'), about: 'where the Worker listens' },
    },
  });
  const [example = 'money-transfer'] = names;
  await requireNodeExample(example);
  await requireUnbound(process.env.PERDURE_ADDRESS ?? 'http://127.0.0.1:8787', example);
  await requireFreePort(values.port, 'npm run worker -- --port 9234');
  process.env.PORT = String(values.port);
  process.setSourceMapsEnabled(true);
  const bundle = await buildNodeWorker(join(projectRoot, '.perdure/workers'), example);
  console.log(`To crash this Worker: kill -9 ${process.pid}`);
  await import(pathToFileURL(bundle).href);
} catch (error) {
  // esbuild has printed its own errors with their places.
  if (!(error as { errors?: unknown }).errors) console.error((error as Error).message);
  process.exit(1);
}
