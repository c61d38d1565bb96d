import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as testing from 'perdure/testing';
import * as worker from 'perdure/worker/node';
import { expect, it } from 'vitest';
import { buildUi } from '../../scripts/build-ui.ts';

it.each([
  ['@temporalio/worker', worker],
  ['@temporalio/testing', testing],
])('every value of %s that the documentation says is there is there', async (name, module) => {
  const text = await readFile(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.split('\n')[0]!.includes(`: \`${name}\``))!;
  const rows = section.matchAll(/^\| (`[^|]+) \| ([^|]+) \| (?:supported|differs)/gm);
  const values = [...rows].filter(([, , kind]) => /^(?:class|const|function)/.test(kind!));
  const names = values.map(([, first]) => /`(\w+)`/.exec(first!)![1]!);
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((exported) => !(exported in module))).toEqual([]);
});

const root = join(import.meta.dirname, '../..');

/** The snippets of a page that begin with the name of a file. */
async function snippets(page: string): Promise<Array<[file: string, code: string]>> {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  const blocks = text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, file, code]) => [file!, code!]);
}

it('the snippets of docs/testing.md compile, and their tests pass', async () => {
  const project = await mkdtemp(join(tmpdir(), 'perdure-docs-'));
  try {
    const files = await snippets('testing.md');
    expect(files.length).toBeGreaterThan(4);
    await mkdir(join(project, 'cloudflare'));
    for (const [file, code] of files) await writeFile(join(project, file), code);
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8'));
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    await mkdir(join(project, 'node_modules'));
    await symlink(root, join(project, 'node_modules/perdure'));
    for (const name of ['@types', '@cloudflare', 'vitest']) {
      await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
    }
    const run = (folder: string, command: string, ...args: string[]) =>
      promisify(execFile)(join(root, 'node_modules/.bin', command), args, {
        cwd: join(project, folder),
        env: { ...process.env, NO_COLOR: '1', CI: '1' },
      }).catch((error) => {
        throw new Error(`${command}: ${error.stdout}${error.stderr}`);
      });
    await Promise.all([
      // The package has it; the sources, which stand in for it here, may not have been built yet.
      buildUi(),
      run('.', 'vitest', 'run', '--root', '.', '--exclude', 'cloudflare/**'),
      run('.', 'tsc', '-p', '.'),
    ]);
    await run('cloudflare', 'vitest', 'run', '--root', '.');
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}, 300_000);
