/** `npm run engine [-- --port 8787 --data .perdure/engine]`: the engine alone, under wrangler dev. */

import { engineFlags } from './lib/flags.ts';
import { launchEngine } from './lib/launch.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { plainLines } from './lib/wrangler-output.ts';

endGroupsWithThisProcess();
try {
  const { port, dataDir } = engineFlags();
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
