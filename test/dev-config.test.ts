import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeDevConfig } from '../scripts/lib/dev-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'perdure-dev-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a Worker in any folder is bound by the name that its own configuration has', async () => {
  const worker = join(folder, 'backend');
  mkdirSync(worker);
  writeFileSync(join(worker, 'wrangler.toml'), '# Orders.\nname = "order-desk"\nmain = "worker.js"\n');
  const [engine, own] = await writeDevConfig(join(folder, 'dev'), [worker]);
  expect(readFileSync(engine!, 'utf8')).toContain('binding = "WORKER_ORDER_DESK"\nservice = "order-desk"\n');
  expect(own).toBe(join(worker, 'wrangler.toml'));
});

it('a folder without a Worker is refused by its name', async () => {
  const nowhere = join(folder, 'nowhere');
  await expect(writeDevConfig(join(folder, 'dev'), [nowhere])).rejects.toThrow(
    `There is no ${join(nowhere, 'wrangler.toml')}`,
  );
});
