/** `npm run engine`: the engine alone, under wrangler dev. `--help` says how. */

import { resolve } from 'node:path';
import { engineOptions } from './lib/flags.ts';
import { launchEngine } from './lib/launch.ts';
import { commandLine } from './lib/options.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { plainLines } from './lib/wrangler-output.ts';

const { values } = commandLine({
  command: 'npm run engine',
  about: 'The engine alone, under wrangler dev, until it is ended.',
  options: engineOptions,
});
const { port } = values;
const dataDir = resolve(values.data);
endGroupsWithThisProcess();
try {
  const engine = await launchEngine({
    port,
    dataDir,
    onOutput: plainLines((text) => process.stderr.write(text)),
    portHint: 'npm run engine -- --port 8788',
  });
  console.log(`The engine serves ${engine.url}. Ctrl-C ends it; its data stays in ${dataDir}.`);
  console.log(`To crash it: kill -9 -${engine.group.pid}`);
  await engine.group.exited;
  console.error('The engine is gone.');
  process.exit(1);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
