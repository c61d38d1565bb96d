/** The commands of a Temporal project: which there are, and running them against an engine. */

import { delimiter, join } from 'node:path';
import { ProcessGroup } from './process-group.ts';
import { projectRoot } from './root.ts';

export interface ProjectCommands {
  build?: string;
  test?: string;
  /** They run side by side while the clients run one after the other. */
  workers: string[];
  clients: string[];
}

export interface CommandResult {
  what: 'build' | 'test' | 'worker' | 'client';
  command: string;
  /** `undefined`: it passed. */
  problem?: string;
}

export interface RunOptions {
  env: Record<string, string>;
  timeoutMs: number;
  onOutput?: (text: string) => void;
}

const WORKER_SCRIPTS = ['start.worker', 'start:worker', 'worker', 'start'];
const CLIENT_SCRIPTS = ['workflow', 'client', 'start.client', 'start:client'];
const SHUTDOWN_MS = 15_000;

/** Commands named by the user, or else those of the package's scripts. `undefined` when there are none. */
export function plannedCommands(
  scripts: Record<string, string>,
  named: { build?: string; test?: string; worker?: string[]; client?: string[] } = {},
): ProjectCommands | undefined {
  const scriptOf = (names: string[]): string[] =>
    names
      .filter((name) => name in scripts)
      .slice(0, 1)
      .map((name) => `npm run --silent ${name}`);
  const { build, test, worker, client } = named;
  if (build ?? test ?? worker ?? client) {
    return { ...(build && { build }), ...(test && { test }), workers: worker ?? [], clients: client ?? [] };
  }
  const found = {
    ...('build' in scripts && { build: 'npm run --silent build' }),
    // npm's own placeholder is no test.
    ...('test' in scripts && !/no test specified/.test(scripts.test!) && { test: 'npm test --silent' }),
    workers: scriptOf(WORKER_SCRIPTS),
    clients: scriptOf(CLIENT_SCRIPTS),
  };
  return found.test || found.workers.length > 0 ? found : undefined;
}

/** What tells a program where the engine is: Temporal's own variable, and ours, which Temporal's default address heeds. */
export function onEngine(url: string): Record<string, string> {
  return { PERDURE_ADDRESS: url, TEMPORAL_ADDRESS: new URL(url).host };
}

export async function runProject(
  folder: string,
  commands: ProjectCommands,
  options: RunOptions,
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  const { build, test, workers, clients } = commands;
  if (build) results.push(await finished('build', build, folder, options));
  if (results.some(({ problem }) => problem)) return results;
  if (test) results.push(await finished('test', test, folder, options));
  const running = workers.map((command) => ({ command, group: start(command, folder, options) }));
  for (const client of clients) results.push(await finished('client', client, folder, options));
  // Workers without a client have nothing to show but that they start.
  if (clients.length === 0) await untilSomethingIsPrinted(running.map(({ group }) => group));
  for (const { command, group } of running) {
    const problem = group.alive ? undefined : `it ended too early:\n${group.output.trim().slice(-2_000)}`;
    // npm is gone at once; the Worker behind it has activities to end and last words to say.
    group.signal('SIGTERM');
    await group.allGone(SHUTDOWN_MS);
    await group.stop();
    results.push({ what: 'worker', command, ...(problem && { problem }) });
  }
  return results;
}

function start(command: string, folder: string, { env, onOutput }: RunOptions): ProcessGroup {
  const bins = [join(folder, 'node_modules/.bin'), join(projectRoot, 'node_modules/.bin')];
  return new ProcessGroup('sh', ['-c', command], {
    cwd: folder,
    env: { ...process.env, ...env, PATH: [...bins, process.env.PATH].join(delimiter) },
    ...(onOutput && { onOutput }),
  });
}

async function finished(
  what: CommandResult['what'],
  command: string,
  folder: string,
  options: RunOptions,
): Promise<CommandResult> {
  const group = start(command, folder, options);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, options.timeoutMs, true);
  });
  const timedOut = await Promise.race([late, group.exited.then(() => false)]);
  clearTimeout(timer);
  await group.stop();
  const output = options.onOutput ? '' : `:\n${group.output.trim().slice(-4_000)}`;
  if (timedOut) return { what, command, problem: `no end after ${options.timeoutMs / 1_000} s${output}` };
  return { what, command, ...(group.code !== 0 && { problem: `exit code ${group.code}${output}` }) };
}

async function untilSomethingIsPrinted(groups: ProcessGroup[]): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 100) {
    if (groups.every((group) => !group.alive || group.output !== '')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
