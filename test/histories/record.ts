/** Records the histories of all scenarios anew: `npx node test/histories/record.ts`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutStacks } from '../runtime/driver.ts';
import { record, scenarios } from './scenarios.ts';

for (const name of Object.keys(scenarios)) {
  const recorded = withoutStacks(await record(name));
  await writeFile(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(recorded, null, 1)}\n`);
  console.log(`${name}: ${recorded.history.events.length} events`);
}
