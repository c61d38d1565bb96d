/**
 * `node scripts/proto-table.ts`: writes what is made of the descriptors in `@temporalio/proto`, which only the conformance tests have installed.
 * `npm run conformance` says when it is not up to date.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { protoFiles } from './lib/proto-table.ts';
import { projectRoot } from './lib/root.ts';

for (const [file, text] of Object.entries(protoFiles())) {
  writeFileSync(join(projectRoot, file), text);
  console.log(file);
}
