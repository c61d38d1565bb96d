/** The flags of `npm start` and `npm run engine`. */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toPort } from './ports.ts';
import { projectRoot } from './root.ts';

export interface EngineFlags {
  port: number;
  dataDir: string;
  /** What stands on the command line without a flag. */
  names: string[];
}

/** @throws Error, in one line for the user, when the command line makes no sense. */
export function engineFlags({ takesNames = false } = {}): EngineFlags {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: takesNames,
      options: {
        port: { type: 'string', default: '8787' },
        // Not `.wrangler`, where a plain `wrangler dev` keeps its state: two engines on the same files lock each other out.
        data: { type: 'string', default: join(projectRoot, '.perdure/engine') },
      },
    });
    return { port: toPort(values.port), dataDir: resolve(values.data), names: positionals };
  } catch (error) {
    throw new Error(`${(error as Error).message}. Flags: --port NUMBER, --data FOLDER`);
  }
}
