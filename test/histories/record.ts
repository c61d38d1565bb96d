/**
 * Records the histories of scenarios that have none: `npx node test/histories/record.ts`. Names of scenarios as
 * arguments record those anew.
 */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutStacks } from '../runtime/driver.ts';
import { record, scenarios } from './scenarios.ts';

const fileOf = (name: string): string => join(import.meta.dirname, `${name}.json`);
const asked = process.argv.slice(2);
const missing = Object.keys(scenarios).filter((name) => !existsSync(fileOf(name)));

for (const name of asked.length > 0 ? asked : missing) {
  const recorded = withoutStacks(await record(name));
  await writeFile(fileOf(name), `${JSON.stringify(recorded, null, 1)}\n`);
  console.log(`${name}: ${recorded.history.events.length} events`);
}
