import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { temporalAliases } from 'perdure/temporal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHarness } from 'wrangler';
import { workerPaths } from '../../sdk/common/worker-protocol.ts';
import { documentedNames, surfaceModule } from './surface.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
const execute = promisify(execFile);
const outcome = {
  bought: ['waiting', 'approved by Ada', 'charged for 2 at attempt 2', 'shipped a book and a pen'],
  forgotten: 'NotApproved',
};
/** A project that has Perdure installed and nothing of Temporal's. */
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'perdure-temporal-'));
  await cp(join(import.meta.dirname, 'program'), project, { recursive: true });
  await install('perdure', root);
  for (const name of ['@types', '@cloudflare', 'vitest'])
    await install(name, join(root, 'node_modules', name));
  await write('package.json', { name: 'orders', type: 'module' });
  const names = await documentedNames();
  await write('surface.ts', surfaceModule(names));
  // On Cloudflare the Worker is another one, and the engine in one process is not for there.
  const portable = names.filter(({ package: from }) => !/worker|testing/.test(from));
  await write('portable-surface.ts', surfaceModule(portable));
  await write(
    'printed-surface.ts',
    "import { missing } from './surface.ts';\nconsole.log(JSON.stringify(missing));\n",
  );
  await write(
    'surface.test.ts',
    "import { expect, it } from 'vitest';\nimport { missing } from './surface.ts';\n" +
      "it('nothing is missing', () => expect(missing).toEqual([]));\n",
  );
});
afterAll(() => rm(project, { recursive: true, force: true }));

async function install(name: string, target: string): Promise<void> {
  const path = join(project, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
async function write(path: string, content: string | object): Promise<void> {
  await writeFile(join(project, path), typeof content === 'string' ? content : JSON.stringify(content));
}
async function run(command: string, ...args: string[]): Promise<string> {
  const environment = { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' };
  const ran = execute(join(bin, command), args, { cwd: project, env: environment });
  const { stdout } = await ran.catch((error) => {
    throw new Error(`${command}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2024', 'ESNext.Disposable'],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  types: ['@cloudflare/workers-types', 'node'],
  strict: true,
  noImplicitOverride: true,
  skipLibCheck: true,
};
const onNode = ['main.ts', 'node-worker.ts', 'program.test.ts', 'printed-surface.ts'];

describe('a program with Temporal’s imports', { timeout: 120_000 }, () => {
  it('compiles by the tsconfig to extend', async () => {
    await write('tsconfig.json', {
      extends: 'perdure/temporal/tsconfig.json',
      compilerOptions,
      files: onNode,
    });
    expect(await run('tsc', '-p', '.')).toBe('');
  });

  it('compiles by the paths in the alias map, and a wrong argument is still an error', async () => {
    await write(
      'wrong.ts',
      "import { sleep } from '@temporalio/workflow';\nexport const slept = sleep(true);\n",
    );
    await write('tsconfig.json', {
      compilerOptions: {
        ...compilerOptions,
        noEmit: true,
        allowImportingTsExtensions: true,
        paths: temporalAliases.tsconfig,
      },
      files: [...onNode, 'wrong.ts'],
    });
    const errors = await run('tsc', '-p', '.', '--pretty', 'false').catch((error: Error) => error.message);
    expect(errors.match(/^.*error TS\d+/gm)).toEqual(['tsc: wrong.ts(2,28): error TS2345']);
  });

  it('passes its test in vitest', async () => {
    await write(
      'vitest.config.ts',
      `import { temporalAliases } from 'perdure/temporal';
       import { defineConfig } from 'vitest/config';
       export default defineConfig({ resolve: { alias: temporalAliases.vitest } });`,
    );
    await run('vitest', 'run', '--root', project, '--reporter', 'json', '--outputFile', 'report.json');
    const report = JSON.parse(await readFile(join(project, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ success: true, numPassedTests: 2 });
  });

  it('runs on Node as it is', async () => {
    const printed = await run('node', '--import', 'perdure/temporal/register', 'main.ts');
    expect(JSON.parse(printed)).toEqual(outcome);
    const refused = run('node', 'main.ts');
    await expect(refused).rejects.toThrow("Cannot find package '@temporalio/testing'");
  });

  it('finds every documented name there', async () => {
    const printed = await run('node', '--import', 'perdure/temporal/register', 'printed-surface.ts');
    expect(JSON.parse(printed)).toEqual([]);
  });

  it('loads the Worker of Node there', async () => {
    const source = "import('./node-worker.ts').then((worker) => console.log(typeof worker.start))";
    const printed = await run('node', '--import', 'perdure/temporal/register', '--eval', source);
    expect(printed.trim()).toBe('function');
  });

  it('runs as a bundle of esbuild', async () => {
    await build({
      absWorkingDir: project,
      entryPoints: ['main.ts', 'printed-surface.ts'],
      outdir: 'out',
      alias: temporalAliases.esbuild,
      bundle: true,
      keepNames: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      logLevel: 'silent',
    });
    expect(JSON.parse(await run('node', 'out/main.js'))).toEqual(outcome);
    expect(JSON.parse(await run('node', 'out/printed-surface.js'))).toEqual([]);
  });

  it('is bundled by wrangler with the map of the documentation, and serves in workerd', async () => {
    const documented = await aliasesInTheDocumentation();
    await write('entry.ts', entryOfWorker);
    await write('wrangler.toml', `name = "orders"\nmain = "entry.ts"\n${settings}\n${documented}`);
    await run('wrangler', 'deploy', '--dry-run', '--outdir', 'bundle');
    const harness = createTestHarness({ root: project, workers: [{ configPath: 'wrangler.toml' }] });
    await harness.listen();
    try {
      const described = await harness.fetch(workerPaths.describe);
      expect(await described.json()).toMatchObject({
        taskQueues: [{ name: 'orders', workflowTypes: ['order', 'shipment'], activityTypes: ['charge'] }],
      });
    } finally {
      await harness.close();
    }
  });
});

describe('the documentation', () => {
  it('names a few hundred exports, of every package that has an alias', async () => {
    const names = await documentedNames();
    const packages = new Set(names.map(({ package: from }) => from));
    expect([...packages].sort()).toEqual(Object.keys(temporalAliases.node).sort());
    expect(names.length).toBeGreaterThan(200);
  });
});

describe('the alias maps', () => {
  it('name the same packages, and the documentation shows the one of wrangler', async () => {
    const names = Object.keys(temporalAliases.wrangler).sort();
    for (const map of Object.values(temporalAliases)) expect(Object.keys(map).sort()).toEqual(names);
    const lines = (await aliasesInTheDocumentation()).split('\n').slice(1);
    const shown = lines.map((line) => /^"(.+)" = "(.+)"$/.exec(line)!.slice(1));
    expect(Object.fromEntries(shown)).toEqual(temporalAliases.wrangler);
  });

  it('name the same files as the tsconfig to extend', async () => {
    const folder = join(root, 'sdk/temporal');
    const { compilerOptions } = JSON.parse(await readFile(join(folder, 'tsconfig.json'), 'utf8'));
    const absolute = Object.entries<string[]>(compilerOptions.paths).map(([name, [path]]) => [
      name,
      [join(folder, path!)],
    ]);
    expect(Object.fromEntries(absolute)).toEqual(temporalAliases.tsconfig);
  });
});

/** Does not start when a documented name is missing. */
const entryOfWorker = `import { missing } from './portable-surface.ts';
if (missing.length > 0) throw new Error(missing.join(', '));
export { default } from './worker.ts';`;
const settings = 'compatibility_date = "2026-10-20"\ncompatibility_flags = ["nodejs_compat"]';

async function aliasesInTheDocumentation(): Promise<string> {
  const text = await readFile(join(root, 'docs/compatibility.md'), 'utf8');
  return /```toml\n(\[alias\]\n[^`]+)\n```/.exec(text)![1]!;
}
