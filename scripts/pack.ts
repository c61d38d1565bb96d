/** `npm run pack`: the packages as they would be published, as tarballs. `--help` says how. */

import { join, resolve } from 'node:path';
import { commandLine } from './lib/options.ts';
import { packFolder, writePackageFolder, writeStarterFolder } from './lib/package-folder.ts';
import { projectRoot } from './lib/root.ts';

const { values } = commandLine({
  command: 'npm run pack',
  about:
    'The packages as they would be published, as tarballs: perdure, and the starter behind `npm create perdure`.',
  options: {
    out: { kind: 'text', value: 'FOLDER', default: '.perdure', about: 'where they are put' },
    local: { kind: 'flag', about: 'applications of the starter install that tarball' },
  },
});
const out = resolve(values.out);
const folder = join(projectRoot, '.perdure/package');
const starter = join(projectRoot, '.perdure/create-perdure');
const { version } = await writePackageFolder(folder);
const local = `file:${join(out, `perdure-${version}.tgz`)}`;
await writeStarterFolder(starter, folder, values.local ? local : `^${version}`);
for (const each of [folder, starter]) console.log(await packFolder(each, out));
