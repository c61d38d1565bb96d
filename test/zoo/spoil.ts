/** Puts the defect that `PERDURE_DEFECT` names into a source file, if it is the one. */

import { join } from 'node:path';
import { type Defect, defects } from './defects.ts';

export const sourceRoot = join(import.meta.dirname, '../../src');

/** @throws Error when the defect's piece of source is not there exactly once */
export function put({ find, replace, file }: Defect, source: string): string {
  const times = source.split(find).length - 1;
  if (times !== 1) throw new Error(`src/${file} has this ${times} times, not once: ${find}`);
  return source.replace(find, () => replace);
}

export function spoil(path: string, source: string): string {
  const name = process.env['PERDURE_DEFECT'];
  if (!name) return source;
  const defect = defects[name];
  if (!defect) throw new Error(`there is no defect ${name}`);
  return path === join(sourceRoot, defect.file) ? put(defect, source) : source;
}
