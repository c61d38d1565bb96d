/** `npm run engine [-- --port 8787 --data .wrangler]`: the engine alone, under wrangler dev. */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launchEngine } from './lib/launch.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { projectRoot } from './lib/root.ts';

endGroupsWithThisProcess();
try {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8787' },
      data: { type: 'string', default: join(projectRoot, '.wrangler') },
    },
  });
  const engine = await launchEngine({
    port: Number(values.port),
    dataDir: resolve(values.data),
    onOutput: (text) => process.stderr.write(text),
    portHint: 'npm run engine -- --port 8788',
  });
  console.log(`The engine serves ${engine.url}. Ctrl-C ends it; its data stays in ${values.data}.`);
  console.log(`To crash it: kill -9 -- -${engine.group.pid}`);
  await engine.group.exited;
  console.error('The engine is gone.');
  process.exit(1);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
