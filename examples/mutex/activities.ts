/** The machine: here, a printer that takes two seconds. */

import { log, sleep } from 'perdure/activity';

export async function workOn(machine: string, what: string): Promise<string> {
  log.info(`${machine} begins ${what}`);
  await sleep('2 seconds');
  log.info(`${machine} has finished ${what}`);
  return `${what}, by ${machine}`;
}
