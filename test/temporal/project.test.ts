import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { adaptedProject, cacheFolder } from '../../scripts/lib/adapted-project.ts';
import { onEngine, plannedCommands, runProject } from '../../scripts/lib/project-commands.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { temporalPackages } from '../../scripts/lib/temporal-packages.ts';
import { workspacesIn } from '../../scripts/lib/workspaces.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perdure-project-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A project of Temporal's with nothing installed. */
async function project(name: string, manifest: object, files: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const dependencies = { '@temporalio/worker': '^1.24.0', '@temporalio/testing': '^1.24.0' };
  const all = { 'package.json': JSON.stringify({ name, dependencies, ...manifest }), ...files };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  }
  return path;
}

const test = (path: string) => `
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const options = { connection: env.nativeConnection, taskQueue: 'q', workflowsPath: ${path} };
  const worker = await Worker.create(options);
  const result = await worker.runUntil(env.client.workflow.execute('nap', { taskQueue: 'q', workflowId: 'w' }));
  console.log(result, process.env.TEMPORAL_ADDRESS);`;
const options = { timeoutMs: 60_000, env: onEngine('http://127.0.0.1:4000') };

describe('a Temporal project', { timeout: 120_000 }, () => {
  it('in CommonJS runs in a copy, and is not touched', async () => {
    const path = await project(
      'common',
      { scripts: { test: 'node test.js' } },
      {
        'workflows.js': `const { sleep } = require('@temporalio/workflow');
          exports.nap = async () => { await sleep('30 days'); return 'slept'; };`,
        'test.js': `const { TestWorkflowEnvironment } = require('@temporalio/testing');
          const { Worker } = require('@temporalio/worker');
          (async () => {${test("require.resolve('./workflows')")}})();`,
      },
    );
    const adapted = await adaptedProject(path, { copies: join(folder, 'copies') });
    const output: string[] = [];
    const results = await runProject(adapted.folder, plannedCommands(adapted.scripts)!, {
      ...options,
      onOutput: (text) => output.push(text),
    });
    expect(results).toEqual([{ what: 'test', command: 'npm test --silent' }]);
    expect(output.join('')).toContain('slept 127.0.0.1:4000');
    expect((await readdir(path)).sort()).toEqual(['package.json', 'test.js', 'workflows.js']);
  });

  it('is copied to where no configuration of ours is above it', async () => {
    const path = await project('alone', {}, {});
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    const { folder: copy } = await adaptedProject(path);
    vi.unstubAllEnvs();
    expect(copy.startsWith(join(folder, 'cache/perdure/projects/alone-'))).toBe(true);
    vi.stubEnv('XDG_CACHE_HOME', '');
    expect(relative(projectRoot, cacheFolder())).toMatch(/^\.\./);
    vi.unstubAllEnvs();
  });

  it('of ES modules runs, and is copied anew when it has changed', async () => {
    const source = (text: string) => `import { sleep } from '@temporalio/workflow';
      export async function nap() { await sleep(1); return '${text}'; }`;
    const files = {
      'workflows.js': source('before'),
      'test.js': `import { TestWorkflowEnvironment } from '@temporalio/testing';
        import { Worker } from '@temporalio/worker';
        ${test("new URL('./workflows.js', import.meta.url).pathname")}
        process.exitCode = result === 'after' ? 0 : 3;`,
    };
    const path = await project('modules', { type: 'module', scripts: { test: 'node test.js' } }, files);
    const run = async () => {
      const { folder: copy, scripts } = await adaptedProject(path, { copies: join(folder, 'copies') });
      return runProject(copy, plannedCommands(scripts)!, options);
    };
    expect((await run())[0]!.problem).toContain('exit code 3');
    await writeFile(join(path, 'workflows.js'), source('after'));
    expect((await run())[0]!.problem).toBeUndefined();
  });

  it('of several packages runs in a copy of them all, and what it has installed finds ours', async () => {
    const manifest = (name: string, more: object) => JSON.stringify({ name, main: 'index.js', ...more });
    const path = await project(
      'monorepo',
      {
        workspaces: ['packages/*'],
        scripts: { test: 'node test.js' },
        dependencies: { helper: '1', flows: '*' },
      },
      {
        'test.js': `const { TestWorkflowEnvironment } = require('@temporalio/testing');
          const { Worker } = require('@temporalio/worker');
          const { ApplicationFailure } = require('@temporalio/common');
          if (require('helper').ApplicationFailure !== ApplicationFailure) throw new Error('not ours');
          if (!require('flows').place.startsWith(__dirname)) throw new Error('not in the copy');
          (async () => {${test("require.resolve('flows/workflows')")}})();`,
        'packages/flows/package.json': manifest('flows', {
          dependencies: { '@temporalio/workflow': '^1.24.0' },
        }),
        'packages/flows/index.js': 'exports.place = __dirname;',
        'packages/flows/workflows.js': "exports.nap = async () => 'of a package';",
        'node_modules/helper/package.json': manifest('helper', {
          peerDependencies: { '@temporalio/common': '*' },
        }),
        'node_modules/helper/index.js': "module.exports = require('@temporalio/common');",
        'node_modules/@temporalio/common/package.json': manifest('@temporalio/common', {}),
        'node_modules/@temporalio/common/index.js': "throw new Error('Temporal’s own');",
      },
    );
    await symlink(join(path, 'packages/flows'), join(path, 'node_modules/flows'));
    const adapted = await adaptedProject(path, { copies: join(folder, 'copies') });
    const results = await runProject(adapted.folder, plannedCommands(adapted.scripts)!, options);
    expect(results).toEqual([{ what: 'test', command: 'npm test --silent' }]);
  });

  it('that pnpm has installed runs: what a package finds beside itself only, it finds in the copy', async () => {
    const manifest = (name: string, more: object) => JSON.stringify({ name, main: 'index.js', ...more });
    const temporal = { dependencies: { '@temporalio/common': '*' } };
    const store = 'node_modules/.pnpm';
    const path = await project(
      'isolated',
      { scripts: { test: 'node test.js' }, dependencies: { '@temporalio/common': '*', helper: '1' } },
      {
        'test.js': `const { ApplicationFailure } = require('@temporalio/common');
          const { failures, nested } = require('helper');
          if (failures.some((one) => one !== ApplicationFailure) || failures.length !== 2) throw new Error('not ours');
          if (nested !== 'nested') throw new Error('not its own');`,
        [`${store}/helper@1/node_modules/helper/package.json`]: manifest('helper', temporal),
        [`${store}/helper@1/node_modules/helper/index.js`]: `
          exports.failures = [require('@temporalio/common').ApplicationFailure, require('deeper')];
          exports.nested = require('nested');`,
        [`${store}/helper@1/node_modules/helper/node_modules/nested/index.js`]: `module.exports = 'nested';`,
        [`${store}/deeper@1/node_modules/deeper/package.json`]: manifest('deeper', temporal),
        [`${store}/deeper@1/node_modules/deeper/index.js`]: `module.exports = require('@temporalio/common').ApplicationFailure;`,
        [`${store}/helper@1/node_modules/@temporalio/common/index.js`]: "throw new Error('Temporal’s own');",
      },
    );
    await symlink(join(path, store, 'helper@1/node_modules/helper'), join(path, 'node_modules/helper'));
    const deeper = join(path, store, 'deeper@1/node_modules/deeper');
    await symlink(deeper, join(path, store, 'helper@1/node_modules/deeper'));
    // Two that need each other.
    await symlink(join(path, 'node_modules/helper'), join(deeper, '../helper'));
    const adapted = await adaptedProject(path, { copies: join(folder, 'copies') });
    const results = await runProject(adapted.folder, plannedCommands(adapted.scripts)!, options);
    expect(results).toEqual([{ what: 'test', command: 'npm test --silent' }]);
  });

  it('is said to npm in words that npm knows, and does not keep npm out', async () => {
    const dependencies = {
      plain: '^1.0.0',
      sibling: 'workspace:^',
      shared: 'catalog:',
      '@scope/tool': 'catalog:tools',
      unknown: 'catalog:none',
      local: 'link:../local',
      mended: 'patch:mended@npm%3A4.17.21#~/.yarn/patches/mended.patch',
    };
    const path = await project(
      'words',
      {
        dependencies,
        peerDependencies: { shared: 'catalog:' },
        scripts: { preinstall: 'npx only-allow pnpm', test: 'x' },
      },
      {
        'pnpm-workspace.yaml': `packages:
  - 'packages/*'
catalog: # the usual ones
  shared: ^2.0.0
  '@temporalio/client': ^1.24.0
catalogs:
  tools:
    "@scope/tool": '3' # pinned
onlyBuiltDependencies:
  - shared
`,
        ...Object.fromEntries(Object.keys(dependencies).map((name) => [`node_modules/${name}/index.js`, ''])),
      },
    );
    const { folder: copy } = await adaptedProject(path, { copies: join(folder, 'copies') });
    const manifest = JSON.parse(await readFile(join(copy, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      dependencies: {
        ...{ plain: '^1.0.0', sibling: '*', shared: '^2.0.0', '@scope/tool': '3', unknown: '*' },
        ...{ local: 'file:../local', mended: '4.17.21' },
      },
      peerDependencies: { shared: '^2.0.0' },
      scripts: { test: 'x' },
    });
    expect(manifest.scripts).not.toHaveProperty('preinstall');
  });

  it('knows its packages by the patterns of npm and of pnpm', async () => {
    const path = await project(
      'pnpm',
      {},
      {
        'pnpm-workspace.yaml': 'packages:\n  - \'apps/*\'\n  - "libs/**"\n  - tool\n',
        'apps/a/package.json': '{ "name": "a" }',
        'apps/none/readme.md': '',
        'libs/deep/b/package.json': '{ "name": "b" }',
        'tool/package.json': '{ "name": "tool" }',
      },
    );
    const found = async (declared: unknown) =>
      (await workspacesIn(path, declared)).map((one) => one.path).sort();
    expect(await found(undefined)).toEqual(['apps/a', 'libs/deep/b', 'tool']);
    await rm(join(path, 'pnpm-workspace.yaml'));
    expect(await found({ packages: ['./apps/*', 'tool/'] })).toEqual(['apps/a', 'tool']);
    expect(await found(undefined)).toEqual([]);
  });

  it('may put its client into a bundle: that asks for nothing but modules of Node', async () => {
    const client = join(await temporalPackages(), 'node_modules/@temporalio/client/index.js');
    const options = { bundle: true, write: false, metafile: true, platform: 'node', format: 'cjs' } as const;
    const { metafile } = await build({ ...options, entryPoints: [client] });
    const files = Object.keys(metafile.inputs);
    expect(files.filter((file) => file.includes('node_modules/esbuild/'))).toEqual([]);
    const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(asked.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it('has packages that a default import of CommonJS reads as Temporal’s', async () => {
    const load = createRequire(join(await temporalPackages(), 'project.js'));
    for (const name of ['activity', 'client', 'common', 'testing', 'worker', 'workflow'])
      expect(load(`@temporalio/${name}/lib/pkg`)).toMatchObject({
        __esModule: true,
        default: { name: `@temporalio/${name}`, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      });
    expect(load('@temporalio/common')).toMatchObject({ __esModule: true });
    expect(load('@temporalio/common').default).toBeUndefined();
    const { decodeTypedSearchAttributes } = load(
      '@temporalio/common/lib/converter/payload-search-attributes.js',
    );
    expect(decodeTypedSearchAttributes(null).getAll()).toEqual([]);
    expect(load('@temporalio/interceptors-opentelemetry/lib/workflow/definitions').SpanName).toBeDefined();
  });

  it('is one when it has a package.json', async () => {
    await expect(adaptedProject(join(folder, 'nowhere'))).rejects.toThrow('has no package.json');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

describe('the commands of a project', () => {
  it('are its scripts, in the names that are usual', () => {
    const scripts = { build: 'tsc', 'start.worker': 'node w', start: 'node all', workflow: 'node c' };
    expect(plannedCommands(scripts)).toEqual({
      build: 'npm run --silent build',
      workers: ['npm run --silent start.worker'],
      clients: ['npm run --silent workflow'],
    });
    expect(plannedCommands({ test: 'echo "Error: no test specified" && exit 1' })).toBeUndefined();
  });

  it('are those that are named, when some are', () => {
    const named = { worker: ['a', 'b'], client: ['c'] };
    expect(plannedCommands({ test: 'mocha' }, named)).toEqual({ workers: ['a', 'b'], clients: ['c'] });
  });

  it('leave a Worker its time to end in good order, also when the shell or npm before it is gone at once', async () => {
    const worker = '(trap "sleep 0.2; echo over; exit" TERM; echo up; while :; do sleep 0.05; done) & wait';
    const output: string[] = [];
    const onOutput = (text: string): number => output.push(text);
    await runProject(folder, { workers: [worker], clients: [] }, { env: {}, timeoutMs: 10_000, onOutput });
    expect(output.join('')).toContain('over');
  });

  it('fail by their exit codes, and Workers when they end too early', async () => {
    const commands = { workers: ['exit 0', 'echo up; sleep 60'], clients: ['exit 7', 'true'] };
    const results = await runProject(folder, commands, { env: {}, timeoutMs: 10_000 });
    expect(results.map(({ command, problem }) => [command, problem?.split(':')[0]])).toEqual([
      ['exit 7', 'exit code 7'],
      ['true', undefined],
      ['exit 0', 'it ended too early'],
      ['echo up; sleep 60', undefined],
    ]);
  });
});
