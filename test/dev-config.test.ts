import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exampleNames, writeDevConfig } from '../scripts/lib/dev-config.ts';
import { projectRoot } from '../scripts/lib/root.ts';
import { readWranglerConfig } from '../scripts/lib/wrangler-config.ts';

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

it.each(await exampleNames())(
  'the example %s is built and watched from a folder beside the engine: what git or an editor puts in the place of a file is seen',
  async (name) => {
    const dir = join(folder, 'its data', 'dev');
    const [, config] = await writeDevConfig(dir, [`examples/${name}`]);
    const own = join(projectRoot, 'examples', name);
    expect(config).toBe(join(dir, name, 'wrangler.toml'));
    const written = readWranglerConfig(config!);
    expect(resolve(`${written.build.watch_dir}`)).toBe(own);
    // The build is outside of what is watched, and where the configuration looks for it.
    const built = written.main!;
    expect(relative(own, built)).toMatch(/^\.\./);
    const { command } = readWranglerConfig(join(own, 'wrangler.toml')).build;
    const moved = command!.replace(`--out examples/${name}/.perdure/worker.js`, `--out '${built}'`);
    expect(moved).not.toBe(command);
    expect(written.build.command).toBe(moved);
  },
);
