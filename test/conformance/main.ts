/** `npm run conformance`: recorded histories in both replayers and as messages, random programs in both SDKs. All are run whatever the others say. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { commandLine } from '../../scripts/lib/options.ts';
import { conformance } from '../differential/options.ts';

commandLine(conformance);
const parts = [['run.ts'], ['messages.ts'], ['../differential/main.ts', ...process.argv.slice(2)]].map(
  ([file, ...args]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, file!), ...args], { stdio: 'inherit' }).status,
);
process.exitCode = parts.every((status) => status === 0) ? 0 : 1;
