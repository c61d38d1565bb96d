/** `npm run docs`: writes what is made from the code. A test says when it is not up to date. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpApiDocs } from './lib/api-docs.ts';
import { commandLineDocs } from './lib/command-docs.ts';
import { lintDocs } from './lib/lint-docs.ts';
import { llmsText } from './lib/llms.ts';
import { replySchemas } from './lib/reply-schemas.ts';
import { projectRoot } from './lib/root.ts';

/** File → how it is made. The schemas come first: others read them. */
export const generated: Record<string, () => string> = {
  'src/api/reply-schemas.json': () => formatted('reply-schemas.json', JSON.stringify(replySchemas())),
  'docs/http-api.md': httpApiDocs,
  'docs/cli.md': commandLineDocs,
  'docs/lint.md': lintDocs,
  'llms.txt': llmsText,
};

function formatted(name: string, text: string): string {
  const biome = join(projectRoot, 'node_modules/@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${name}`], {
    cwd: projectRoot,
    input: text,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
}

if (import.meta.main)
  for (const [file, make] of Object.entries(generated)) {
    writeFileSync(join(projectRoot, file), make());
    console.log(file);
  }
