/** Changing workflow code while workflows run: a patch is on for runs that met it new, off for those that passed it before. */

import { assertInContext } from './runtime/context.ts';

/** Is the change `patchId` in effect for this run? The answer is recorded and never changes once it is true. */
export function patched(patchId: string): boolean {
  return assertInContext('patched').patches.use(patchId, false);
}

/** All runs that began before the change have ended: the call stays until those with the marker have ended too. */
export function deprecatePatch(patchId: string): void {
  assertInContext('deprecatePatch').patches.use(patchId, true);
}
