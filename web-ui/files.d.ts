/** What `scripts/build-ui.ts` writes beside this file: wrangler runs it before it serves or deploys the engine. Not in git. */

import type { WebUiFiles } from '../src/api/web-ui.ts';

export const files: WebUiFiles;
