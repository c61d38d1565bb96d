/** Prints what the program did. */

import { run } from './run.ts';

console.log(JSON.stringify(await run()));
