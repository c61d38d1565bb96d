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
import { absentPackages } from '../../sdk/temporal/absent.ts';
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
  await mkdir(dirname(join(project, path)), { recursive: true });
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

  it('is found by CommonJS there, too', async () => {
    const source = `const { Client } = require('@temporalio/client');
      console.log(typeof Client, typeof require('@temporalio/worker').Worker.create);`;
    const commonJs = ['--input-type=commonjs', '--eval', source];
    const printed = await run('node', '--import', 'perdure/temporal/register', ...commonJs);
    expect(printed.trim()).toBe('function function');
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

describe('what Perdure does not have', { timeout: 120_000 }, () => {
  const nexus =
    "import { createNexusServiceClient } from '@temporalio/nexus';\nvoid createNexusServiceClient;\n";
  const answer =
    /@temporalio\/nexus is not part of Perdure: .*no Nexus.*getClient.*See docs\/compatibility\.md/;
  const register = ['--import', 'perdure/temporal/register'];
  const errorOf = (work: Promise<string>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: Error) => error.message,
    );

  beforeAll(() => write('uses-nexus.ts', nexus));

  it('is answered by Node’s loader with what is not there, why, and what to do', async () => {
    expect(await errorOf(run('node', ...register, 'uses-nexus.ts'))).toMatch(answer);
    const others = [
      [
        '@temporalio/cloud/lib/client',
        /@temporalio\/cloud is not part of Perdure: .*perdure operator namespace/,
      ],
      ['@temporalio/core-bridge', /native core of Temporal’s Workers/],
      ['@temporalio/nyc-test-coverage', /`replayCoverage` of perdure\/testing/],
      [
        '@temporalio/workflow/lib/internals',
        /a file inside of @temporalio\/workflow, of which Perdure has the public names/,
      ],
      ['@temporalio/unheard-of', /no counterpart of that package .* it is not installed/],
    ] as const;
    for (const [specifier, expected] of others) {
      const error = await errorOf(run('node', ...register, '--eval', `import('${specifier}')`));
      expect(error).toMatch(expected);
    }
  });

  it('is answered the same in vitest', async () => {
    await write(
      'absent/nexus.test.ts',
      `${nexus}import { it } from 'vitest';\nit('runs', () => undefined);\n`,
    );
    const config = { resolve: { alias: temporalAliases.vitest } };
    await write('absent/vitest.config.ts', `export default ${JSON.stringify(config)};`);
    expect(await errorOf(run('vitest', 'run', '--root', join(project, 'absent')))).toMatch(answer);
  });

  it('is answered the same by a bundle, however it names what it imports', async () => {
    await write('all-of-nexus.ts', "import * as nexus from '@temporalio/nexus';\nconsole.log(nexus);\n");
    const entryPoints = ['uses-nexus.ts', 'all-of-nexus.ts'];
    const alias = temporalAliases.esbuild;
    const options = { bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' } as const;
    await build({ absWorkingDir: project, entryPoints, outdir: 'absent', alias, ...options });
    for (const file of ['absent/uses-nexus.js', 'absent/all-of-nexus.js'])
      expect(await errorOf(run('node', file))).toMatch(answer);
  });

  it('does not keep files inside of packages from being found that are there', async () => {
    const source =
      "import { encode } from '@temporalio/common/lib/encoding';\n" +
      "import { ProtobufJsonPayloadConverter } from '@temporalio/common/lib/protobufs';\n" +
      "import type { WorkflowExecuteInput } from '@temporalio/workflow/lib/interceptors';\n" +
      "import { msToNumber } from '@temporalio/common/lib/time';\n" +
      "import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';\n" +
      "import { ScheduleOverlapPolicy } from '@temporalio/client/lib/schedule-types';\n" +
      "import { WorkflowFailedError } from '@temporalio/client';\n" +
      "import { WorkflowFailedError as Same } from '@temporalio/client/lib/errors.js';\n" +
      'export const argsOf = (input: WorkflowExecuteInput): unknown[] => input.args;\n' +
      'console.log(typeof encode, typeof ProtobufJsonPayloadConverter, msToNumber("2s"),\n' +
      '  historyToJSON({ events: [] }).length, ScheduleOverlapPolicy.SKIP, Same === WorkflowFailedError);\n';
    const printed = 'function function 2000 18 SKIP true\n';
    await write('inside.ts', source);
    await write('tsconfig.json', {
      extends: 'perdure/temporal/tsconfig.json',
      compilerOptions,
      files: ['inside.ts'],
    });
    expect(await run('tsc', '-p', '.')).toBe('');
    expect(await run('node', ...register, 'inside.ts')).toBe(printed);
    const alias = temporalAliases.esbuild;
    const options = { bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' } as const;
    await build({ absWorkingDir: project, entryPoints: ['inside.ts'], outdir: 'out', alias, ...options });
    expect(await run('node', 'out/inside.js')).toBe(printed);
    const tested = `import { expect, it } from 'vitest';
      import { msToNumber } from '@temporalio/common/lib/time.js';
      import { WorkflowFailedError } from '@temporalio/client';
      import { WorkflowFailedError as Same } from '@temporalio/client/lib/errors';
      it('has them', () => expect([msToNumber('2s'), Same]).toEqual([2000, WorkflowFailedError]));`;
    await write('inside/files.test.ts', tested);
    const config = { resolve: { alias: temporalAliases.vitest } };
    await write('inside/vitest.config.ts', `export default ${JSON.stringify(config)};`);
    expect(await run('vitest', 'run', '--root', join(project, 'inside'))).toContain('1 passed');
  });
});

describe('the documentation', () => {
  it('names a few hundred exports, of every package that has an alias', async () => {
    const names = await documentedNames();
    const packages = new Set(names.map(({ package: from }) => from));
    // Of OpenTelemetry's interceptors and of files inside of packages the text speaks without a table.
    const untold = /opentelemetry|\/lib\//;
    const known = Object.keys(temporalAliases.node).filter((name) => !untold.test(name));
    expect([...packages].sort()).toEqual(known.sort());
    expect(names.length).toBeGreaterThan(200);
  });
});

describe('the alias maps', () => {
  it('name the same packages, and the documentation shows the one of wrangler', async () => {
    const absent = Object.keys(absentPackages);
    const names = Object.keys(temporalAliases.node).sort();
    for (const tool of ['wrangler', 'esbuild', 'vitest'] as const)
      expect(Object.keys(temporalAliases[tool]).sort()).toEqual([...names, ...absent].sort());
    // TypeScript has one pattern for the files of a package.
    const patterns = Object.keys(temporalAliases.tsconfig).filter((name) => name.endsWith('/lib/*'));
    const inPattern = (name: string): boolean =>
      patterns.some((pattern) => name.startsWith(pattern.slice(0, -2)));
    const alone = [...Object.keys(temporalAliases.tsconfig), ...names].filter((name) => !inPattern(name));
    expect(new Set(alone)).toEqual(new Set(names.filter((name) => !inPattern(name))));
    const lines = (await aliasesInTheDocumentation()).split('\n').slice(1);
    const shown = lines.map((line) => /^"(.+)" = "(.+)"$/.exec(line)!.slice(1));
    const documented = Object.fromEntries(shown);
    expect(temporalAliases.wrangler).toMatchObject(documented);
    const left = Object.keys(temporalAliases.wrangler).filter((name) => !(name in documented));
    expect(left.filter((name) => !/^@temporalio\/\w+\/lib/.test(name))).toEqual([]);
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
