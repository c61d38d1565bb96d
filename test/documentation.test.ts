/** The snippets of the guides are programs: the compiler is the judge. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseListQuery } from '../src/visibility/list-filter.ts';

const root = join(import.meta.dirname, '..');

it.each(['interceptors.md', 'schedules.md', 'visibility.md', 'webhooks.md'])(
  'every TypeScript snippet of docs/%s compiles',
  (guide) => {
    const text = readFileSync(join(root, 'docs', guide), 'utf8');
    const snippets = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
    expect(snippets.length).toBeGreaterThan(0);
    // Inside the package, so that its own name can be imported.
    mkdirSync(join(root, '.perdure'), { recursive: true });
    const folder = mkdtempSync(join(root, '.perdure/snippets-'));
    try {
      for (const [i, code] of snippets.entries()) writeFileSync(join(folder, `snippet-${i}.ts`), code);
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../../tsconfig.json', include: ['.'], exclude: [] }),
      );
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const compile = (): string => {
        try {
          return execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
        } catch (error) {
          return (error as { stdout: string }).stdout;
        }
      };
      expect(compile()).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

it('every list filter of docs/visibility.md is understood', () => {
  const text = readFileSync(join(root, 'docs/visibility.md'), 'utf8');
  const filters = [...text.matchAll(/(?:--query|query:|count\()\s*"([^"]+)"/g)].map(([, filter]) => filter!);
  expect(filters.length).toBeGreaterThan(4);
  for (const filter of filters) parseListQuery(filter, { Customer: 'KEYWORD', Amount: 'INT' });
});
