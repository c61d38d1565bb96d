/** `node --import …/loader.ts`: loads the engine with the defect that `PERDURE_DEFECT` names. */

import { registerHooks } from 'node:module';
import { spoil } from './spoil.ts';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith('file:') || loaded.source == null) return loaded;
    const source = loaded.source.toString();
    return { ...loaded, source: spoil(new URL(url).pathname, source) };
  },
});
