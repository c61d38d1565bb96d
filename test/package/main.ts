/** `npm run test:package`: packs, and does with the packages what a stranger does. `--help` says what. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { commandLine } from '../../scripts/lib/options.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { endGroupsWithThisProcess, ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { until } from '../http-api.ts';

const run = promisify(execFile);
/** ES modules only: what CommonJS and the oldest resolution say does not concern this package. */
const RESOLUTIONS = ['node16-esm', 'bundler'];
const MOST_DEPENDENCIES = 15;
/** What npm and scripts/run.sh have put there; how this machine reaches its registry (proxy, npm_config_…) stays. */
const OF_THIS_PROJECT =
  /^(npm_(package|lifecycle)_|npm_(command|execpath|node_execpath)$|npm_config_(loglevel|prefix|local_prefix)$|INIT_CWD$|NODE$|NODE_OPTIONS$|PERDURE_|WRANGLER_|X_LOCAL_)/;

commandLine({
  command: 'npm run test:package',
  about: `Packs, lets publint and "are the types wrong" judge the tarball, and then does what a stranger does: writes an application
with the starter, installs, tests and type-checks it, runs it, starts a workflow.`,
  options: {},
});

let passed = 0;
let failed = 0;
async function check(name: string, body: () => Promise<void>): Promise<void> {
  const begun = Date.now();
  const error = await body().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
  if (error === undefined) passed++;
  else failed++;
  console.log(`${error === undefined ? 'passed' : 'FAILED'}  ${name} in ${seconds} s`);
  if (error === undefined) return;
  const { message, stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
  console.log([message, stdout, stderr].join('\n').trim());
}

endGroupsWithThisProcess();
const dir = await mkdtemp(join(tmpdir(), 'perdure-package-'));
const app = join(dir, 'my-app');
try {
  await judge();
} finally {
  await rm(dir, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function judge(): Promise<void> {
  let tarballs: string[] = [];
  await check('both packages are packed', async () => {
    const script = join(projectRoot, 'scripts/pack.ts');
    const { stdout } = await run(process.execPath, [script, '--local', '--out', dir]);
    tarballs = stdout.trim().split('\n');
  });
  const [perdure, starter] = tarballs;
  if (!perdure || !starter) return;
  await check('publint finds nothing', lint);
  await check('types are right', () => types(perdure));
  await check(
    `at most ${MOST_DEPENDENCIES} runtime dependencies, no path of this machine, no source map of files that are not there`,
    contents,
  );
  await check('the starter writes an application', async () => {
    await npm(dir, 'exec', '--yes', '--offline', '--package', starter, '--', 'create-perdure', 'my-app');
  });
  await check('it installs', () => install(perdure));
  await check('its tests pass', async () => void (await npm(app, 'test')));
  await check('its types are right', async () => void (await npm(app, 'run', 'check')));
  const dev = async () => ['npm', 'run', 'dev', '--', '--inspector-port', String(await freePort())];
  await check('it runs, and a workflow completes', async () => withEngine(await dev(), greets));
  await check('perdure server start-dev runs it, too', () =>
    withEngine(['npx', 'perdure', 'server', 'start-dev', '--worker', '.'], greets),
  );
  await check('the quickstart: its tests pass, and its types are right', async () => {
    await writeQuickstart();
    await npm(app, 'test');
    await npm(app, 'run', 'check');
  });
  await check('the quickstart: its commands and its client do what they say', async () =>
    withEngine(await dev(), ordersABook),
  );
}

/** As somebody's shell would: nothing of this project in the environment. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('npm', args, { cwd, env: environment(), maxBuffer: 1e8 });
  return stdout;
}

function environment(): Record<string, string | undefined> {
  const own = join(projectRoot, 'node_modules/.bin');
  const kept = Object.entries(process.env).filter(([name]) => !OF_THIS_PROJECT.test(name));
  const path = process.env.PATH?.split(':').filter((entry) => entry !== own);
  return { ...Object.fromEntries(kept), PATH: path?.join(':'), WRANGLER_SEND_METRICS: 'false' };
}

/** From the registry; where it is out of reach, with the very packages that this project has installed: they are the same versions. */
async function install(tarball: string): Promise<void> {
  try {
    await npm(app, 'install', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries', '0');
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (
      !/code (ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENOTCACHED|EIDLETIMEOUT|E[45]\d\d|ETARGET)/.test(stderr)
    )
      throw error;
    console.log(
      `the registry cannot serve this (its packages are taken from the project's own node_modules):\n${stderr.trim()}`,
    );
    const modules = join(app, 'node_modules');
    await cp(join(projectRoot, 'node_modules'), modules, { recursive: true, verbatimSymlinks: true });
    await mkdir(join(modules, 'perdure'));
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'perdure')]);
    const manifest = JSON.parse(readFileSync(join(modules, 'perdure/package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    for (const [name, file] of Object.entries(manifest.bin)) {
      await symlink(join('../perdure', file), join(modules, '.bin', name));
      await chmod(join(modules, 'perdure', file), 0o755);
    }
  }
}

async function lint(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: join(projectRoot, '.perdure/package') });
  if (messages.length > 0)
    throw new Error(messages.map((message) => formatMessage(message, pkg, { color: false })).join('\n'));
}

async function types(tarball: string): Promise<void> {
  const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  if (!result.types) throw new Error('there are no types');
  const problems = result.problems.filter(
    (problem) => !('resolutionKind' in problem) || RESOLUTIONS.includes(problem.resolutionKind),
  );
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
}

async function contents(): Promise<void> {
  const folder = join(projectRoot, '.perdure/package');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: object;
    exports: Record<string, string>;
  };
  const count = Object.keys(manifest.dependencies).length;
  if (count > MOST_DEPENDENCIES) throw new Error(`${count} dependencies`);
  for (const path of Object.values(manifest.exports)) {
    if (!existsSync(join(folder, path))) throw new Error(`${path} is exported and not there`);
  }
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.map')) continue;
    const { sources } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { sources: string[] };
    const missing = sources.find((source) => !existsSync(join(folder, dirname(name), source)));
    if (missing !== undefined)
      throw new Error(`${name} says that it was made of ${missing}, which is not there`);
  }
  const { stdout } = await run('grep', ['-rl', projectRoot, folder]).catch(
    (error) => error as { stdout: string },
  );
  if (stdout) throw new Error(`these files name a folder of this machine:\n${stdout}`);
}

/** What docs/quickstart.md shows, in the files that it names. */
async function writeQuickstart(): Promise<void> {
  const page = await readFile(join(app, 'node_modules/perdure/docs/quickstart.md'), 'utf8');
  const files = [...page.matchAll(/^```ts\n\/\/ (src\/\S+)\n([\s\S]*?)^```/gm)];
  if (files.length < 5) throw new Error('the quickstart shows fewer files than it should');
  for (const [, file, text] of files) await writeFile(join(app, file!), text!);
}

/** Its commands, one after the other, and its program. */
async function ordersABook(address: string, env: NodeJS.ProcessEnv): Promise<void> {
  const page = await readFile(join(app, 'node_modules/perdure/docs/quickstart.md'), 'utf8');
  const commands = [...page.matchAll(/^npx perdure .*$/gm)].map(([line]) => line.replace(/\s+#.*$/, ''));
  let printed = '';
  for (const command of commands) {
    const { stdout } = await run('sh', ['-c', command], { cwd: app, env });
    printed += `$ ${command}\n${stdout}\n`;
  }
  const program = join(app, 'src/client.ts');
  await writeFile(program, (await readFile(program, 'utf8')).replace('http://localhost:8787', address));
  printed += (await run('npx', ['node', program], { cwd: app, env })).stdout;
  const results = printed.match(/reservation of a book, charge of 20/g) ?? [];
  // Of the command `result`, in the history that `show` prints, and of the program.
  if (results.length < 3 || !/reserving|waiting for the customer/.test(printed)) throw new Error(printed);
}

/** @param command what runs engine and Worker, when it is told a port */
async function withEngine(
  [command, ...args]: string[],
  work: (address: string, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const env = { ...environment(), WRANGLER_REGISTRY_PATH: join(dir, 'registry') };
  const engine = new ProcessGroup(command!, [...args, '--port', String(port)], { cwd: app, env });
  try {
    await until('the engine', () => fetch(`${address}/health`).then(({ ok }) => ok), 60_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}:\n${engine.output}`);
      },
    );
    await work(address, { ...environment(), PERDURE_ADDRESS: address } as NodeJS.ProcessEnv).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${engine.output}`);
      },
    );
  } finally {
    // Asked first: start-dev ends the engine that it runs.
    await engine.stop(10_000);
  }
}

/** What the starter writes: its workflow, its list, the Web UI. */
async function greets(address: string, env: NodeJS.ProcessEnv): Promise<void> {
  const options = { cwd: app, env };
  const { stdout } = await run('npm', ['run', 'start-workflow'], options);
  if (!stdout.includes('Hello, world!')) throw new Error(stdout);
  // The list follows a moment later.
  await until(
    'the list',
    async () => {
      const list = await run('npm', ['run', '--silent', 'perdure', '--', 'workflow', 'list'], options);
      return /COMPLETED\s+greeting-/.test(list.stdout);
    },
    20_000,
  );
  const page = await fetch(`${address}/ui/`);
  if (!page.ok || !(await page.text()).includes('<script')) throw new Error(`the Web UI: ${page.status}`);
}
