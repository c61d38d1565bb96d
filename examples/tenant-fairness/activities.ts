/** What is scarce: here, a made-up database that takes a file in a fifth of a second. */

import { sleep } from 'perdure/activity';

/** Answers how many rows the file had. The same file has the same rows whenever it is loaded. */
export async function load(tenant: string, file: string): Promise<number> {
  await sleep('200 ms');
  return tenant.length * 10 + file.length;
}
