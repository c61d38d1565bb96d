/** `npm run conformance`: recorded histories in both replayers, then random programs in both SDKs. Both are run whatever the first says. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { commandLine } from '../../scripts/lib/options.ts';
import { conformance } from '../differential/options.ts';

commandLine(conformance);
const halves = [['run.ts'], ['../differential/main.ts', ...process.argv.slice(2)]].map(
  ([file, ...args]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, file!), ...args], { stdio: 'inherit' }).status,
);
process.exitCode = halves.every((status) => status === 0) ? 0 : 1;
