/**
 * The bundler, loaded only when it is needed and by a name that bundlers do not follow: built Workers need no esbuild.
 * The build of the packages for Temporal programs (scripts/lib/temporal-packages.ts) has another one in its place.
 */

import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ValueError } from '../common/errors.ts';

export async function bundler(): Promise<typeof import('./workflow-bundle.ts')> {
  const place = join(dirname(fileURLToPath(import.meta.url)), `workflow-bundle${extname(import.meta.url)}`);
  if (!existsSync(place)) {
    throw new ValueError(
      'workflowsPath: a Worker that was built cannot bundle; import the workflows, or give a workflowBundle',
    );
  }
  return import(/* @vite-ignore */ pathToFileURL(place).href);
}
