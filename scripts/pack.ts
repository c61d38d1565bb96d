/**
 * `npm run pack [-- --out FOLDER --local]`: the packages as they would be published, as tarballs: `perdure`, and the
 * starter behind `npm create perdure`. With `--local`, applications of the starter install that tarball.
 */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packFolder, writePackageFolder, writeStarterFolder } from './lib/package-folder.ts';
import { projectRoot } from './lib/root.ts';

const { values } = parseArgs({
  options: { out: { type: 'string', default: '.perdure' }, local: { type: 'boolean', default: false } },
});
const out = resolve(values.out);
const folder = join(projectRoot, '.perdure/package');
const starter = join(projectRoot, '.perdure/create-perdure');
const { version } = await writePackageFolder(folder);
const local = `file:${join(out, `perdure-${version}.tgz`)}`;
await writeStarterFolder(starter, folder, values.local ? local : `^${version}`);
for (const each of [folder, starter]) console.log(await packFolder(each, out));
