/** Temporal's door for its editor extension. */

import { IllegalStateError } from '../common/errors.ts';

/**
 * Serves Temporal's extension for Visual Studio Code, which hands out histories as protocol buffers: there is nothing here
 * that reads them.
 * @throws IllegalStateError saying what does the same here
 */
export function startDebugReplayer(_options?: object): never {
  throw new IllegalStateError(
    'startDebugReplayer serves an extension of Temporal for Visual Studio Code, which is not for Perdure. To step through a ' +
      'run in a debugger: perdure workflow show -w ID -o json > history.json, then ' +
      'perdure workflow replay --inspect history.json --workflows src/workflows.ts (docs/testing.md)',
  );
}
