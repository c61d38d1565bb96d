/** `npm run programs`: Temporal programs, run by `npm run temporal-project` as they are. `--help` says how. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { adaptedProject } from '../../scripts/lib/adapted-project.ts';
import { launchEngine } from '../../scripts/lib/launch.ts';
import { commandLine } from '../../scripts/lib/options.ts';
import { endGroupsWithThisProcess } from '../../scripts/lib/process-group.ts';
import { onEngine, plannedCommands, runProject } from '../../scripts/lib/project-commands.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { temporalPackages } from '../../scripts/lib/temporal-packages.ts';

const here = import.meta.dirname;
const conformance = join(projectRoot, 'test/conformance');
const AT_ONCE = 2;
const TIMEOUT_MS = 90_000;

const programs = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map((entry) => entry.name)
  .sort();
const { values: flags, names: asked } = commandLine({
  command: 'npm run programs',
  about: `Temporal programs, each the way Temporal's users write them (ts-node, tsx, swc, tsc; mocha, jest, vitest; CommonJS and ES
modules), run by \`npm run temporal-project\` as they are: their tests, and their clients and Workers against an engine. They
import \`@temporalio/*\` only, and Temporal's own types judge them.`,
  names: { value: 'PROGRAM', among: programs, about: 'only these' },
  options: { tests: { kind: 'flag', about: 'only their tests' } },
});

/** Again when the lockfile has changed: what an older one brought lacks what programs have come to need. */
function installOnce(folder: string): void {
  const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(
    (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  if (installed! > wanted!) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
}

/** What Temporal's own compiler says of a program: it must be one of theirs. */
async function typeErrors(name: string): Promise<string | undefined> {
  const source = join(here, name);
  if (!existsSync(join(source, 'tsconfig.json'))) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'perdure-program-'));
  try {
    for (const file of await readdir(source)) await symlink(join(source, file), join(folder, file));
    const modules = join(folder, 'node_modules');
    await mkdir(modules);
    for (const file of await readdir(join(here, 'node_modules'))) {
      if (file !== '@temporalio') await symlink(join(here, 'node_modules', file), join(modules, file));
    }
    await symlink(join(conformance, 'node_modules/@temporalio'), join(modules, '@temporalio'));
    const args = ['-p', '.', '--noEmit', '--preserveSymlinks', '--skipLibCheck'];
    await promisify(execFile)(join(modules, '.bin/tsc'), args, { cwd: folder });
    return undefined;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is wrong, in a program that ought to run. */
async function problemsOf(name: string, env: Record<string, string>): Promise<string[]> {
  const begin = Date.now();
  const project = await adaptedProject(join(here, name));
  const planned = plannedCommands(project.scripts)!;
  const commands = flags.tests ? { ...planned, workers: [], clients: [] } : planned;
  const [results, types] = await Promise.all([
    runProject(project.folder, commands, { env, timeoutMs: TIMEOUT_MS }),
    flags.tests ? undefined : typeErrors(name),
  ]);
  const problems = results.flatMap(({ what, problem }) => (problem ? [`${what}: ${problem}`] : []));
  if (types) problems.push(`Temporal's types: ${types}`);
  const passed = results.filter(({ problem }) => !problem).map(({ what }) => what);
  const seconds = ((Date.now() - begin) / 1_000).toFixed(1);
  console.log(`${problems.length > 0 ? 'FAILED' : 'passed'}  ${name} (${passed.join(', ')}) in ${seconds} s`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '        '));
  return problems;
}

async function main(): Promise<number> {
  const names = asked.length > 0 ? asked : programs;
  installOnce(here);
  if (!flags.tests) installOnce(conformance);
  await temporalPackages();
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-programs-'));
  const engine = flags.tests ? undefined : await launchEngine({ dataDir });
  const failed: string[] = [];
  try {
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        const problems = await problemsOf(name, engine ? onEngine(engine.url) : {}).catch((error: Error) => [
          error.message,
        ]);
        if (problems.length > 0) failed.push(name);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    await engine?.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
  console.log(`\n${names.length} programs: ${names.length - failed.length} passed, ${failed.length} failed`);
  return failed.length;
}

endGroupsWithThisProcess();
process.exit((await main()) === 0 ? 0 : 1);
