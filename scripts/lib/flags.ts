/** The options that `npm start` and `npm run engine` have in common. */

import { join } from 'node:path';
import { PORT } from './options.ts';
import { projectRoot } from './root.ts';

export const engineOptions = {
  port: { ...PORT, default: 8787, about: 'where the engine listens' },
  data: {
    kind: 'text',
    value: 'FOLDER',
    // Not `.wrangler`, where a plain `wrangler dev` keeps its state: two engines on the same files lock each other out.
    default: join(projectRoot, '.perdure/engine'),
    about: 'what it stores',
  },
} as const;
