#!/usr/bin/env node
/** `npm create perdure@latest [FOLDER]`. Beside this file, when it is packed: versions.json and the engine's configuration. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { createInterface } from 'node:readline/promises';
import { createApplication, type Versions } from './create.ts';

async function main(): Promise<void> {
  const { argv, stdin, stdout } = process;
  let [folder] = argv.slice(2);
  if (folder === '--help' || folder === '-h') {
    console.log('npm create perdure@latest [FOLDER]: writes an application of Perdure into a new folder.');
    return;
  }
  if (!folder && stdin.isTTY) {
    const questions = createInterface({ input: stdin, output: stdout });
    folder = (await questions.question('Name of the application (my-workflows): ')) || 'my-workflows';
    questions.close();
  }
  const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
  const versions = JSON.parse(read('versions.json')) as Versions;
  const target = await createApplication(folder ?? 'my-workflows', versions, read('engine.toml'));
  console.log(
    `Written to ${target}. Next:\n\n  cd ${relative('.', target) || '.'}\n  npm install\n  npm test\n  npm run dev\n`,
  );
}

try {
  await main();
} catch (error) {
  console.error(`create-perdure: ${(error as Error).message}`);
  process.exitCode = 1;
}
