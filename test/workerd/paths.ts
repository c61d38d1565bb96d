/** Where the Workers of the tests are built: one folder per run, gone afterwards. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BUILD_DIR = join(tmpdir(), `perdure-workerd-${process.pid}`);
