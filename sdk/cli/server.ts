/** `perdure server start-dev`: an engine on this machine, with data in a folder that survives restarts. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { collectPairs, ExitError, noun, positiveInteger, type Terminal } from './context.ts';

interface ServerFlags {
  port: number;
  data: string;
  dbFilename?: string;
  namespace?: string[];
  worker?: string[];
  var?: Record<string, unknown>;
  logLevel: string;
}

export function serverCommand(terminal: Terminal): Command {
  const server = noun('server', 'run an engine on this machine');
  server
    .command('start-dev')
    .description('run an engine for development; Ctrl-C ends it, its data stays')
    .option('-p, --port <n>', 'where it listens, on this machine only', positiveInteger, 8787)
    .option('--data <folder>', 'where its data is kept', '.perdure/engine')
    .option('-f, --db-filename <folder>', 'another name of --data')
    .option('-n, --namespace <name>', 'a namespace beside default; repeat for more', collect)
    .option(
      '--worker <folder>',
      'a Cloudflare Worker to run beside it, bound to it; repeat for more',
      collect,
    )
    .option(
      '--var <name=value>',
      'a variable of the engine, for example RATE_LIMITS; repeat for more',
      collectPairs,
    )
    .option('--log-level <level>', 'error, or never to print nothing of the engine', 'error')
    .action((flags: ServerFlags) => startDev(flags, terminal));
  return server;
}

const collect = (value: string, previous: string[] = []): string[] => [...previous, value];

async function startDev(flags: ServerFlags, terminal: Terminal): Promise<void> {
  const { port, worker: workers = [], namespace: names = [], logLevel } = flags;
  const dataDir = resolve(flags.dbFilename ?? flags.data);
  const vars = Object.fromEntries(
    Object.entries(flags.var ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const { launchEngine } = await import('../../scripts/lib/launch.ts');
  const { endGroupsWithThisProcess } = await import('../../scripts/lib/process-group.ts');
  const { plainLines } = await import('../../scripts/lib/wrangler-output.ts');
  endGroupsWithThisProcess();
  const engine = await launchEngine({
    port,
    dataDir,
    cwd: process.cwd(),
    workers: workers.map((folder) => resolve(folder)),
    vars: { NAMESPACES: ['default', ...names].join(','), ...vars },
    ...(logLevel !== 'never' && { onOutput: plainLines((text) => terminal.complain(text.trimEnd())) }),
  });
  terminal.print(`Engine   ${engine.url}`);
  terminal.print(`Web UI   ${engine.url}/ui/`);
  terminal.print(`API      ${engine.url}/docs/api`);
  terminal.print(`Data     ${dataDir}`);
  const interrupted = new Promise<void>((done) => {
    if (terminal.abortSignal.aborted) done();
    terminal.abortSignal.addEventListener('abort', () => done(), { once: true });
  });
  await Promise.race([engine.group.exited, interrupted]);
  if (terminal.abortSignal.aborted) {
    await engine.kill();
    throw new ExitError(130);
  }
  terminal.complain(terminal.colors.red('The engine is gone.'));
  throw new ExitError(1);
}
