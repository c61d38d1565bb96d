/** `perdure workflow replay`: recorded histories against current workflow code, before it is deployed. */

import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { DataConverter } from '../common/data-converter.ts';
import type { HistoryAndWorkflowId } from '../common/types.ts';
import { codecsOf, connect, ExitError, type SharedFlags, sharedOptions, type Terminal } from './context.ts';

interface ReplayFlags extends SharedFlags {
  workflows: string;
  workflowId?: string;
  runId?: string;
  query?: string;
  inspect?: boolean;
  inspectPort: number;
  payloadConverter?: string;
  failureConverter?: string;
}

const STDIN = '-';

export function addReplayCommand(workflow: Command, terminal: Terminal): void {
  const command = workflow
    .command('replay')
    .description('replay histories against workflow code: does every command still meet its event?')
    .argument('[histories...]', 'JSON files, folders of them, globs, or - for standard input')
    .requiredOption('--workflows <path>', 'the file that exports the workflows')
    .option('-w, --workflow-id <id>', 'replay the history that the engine has of this workflow')
    .option('-r, --run-id <id>', 'the run; default: the newest')
    .option('-q, --query <filter>', 'replay the histories of all workflows that the engine lists')
    .option('--payload-converter <path>', 'the file that exports payloadConverter, if the Worker has one')
    .option('--failure-converter <path>', 'the file that exports failureConverter, if the Worker has one')
    .option('--inspect', 'wait for a debugger before replaying')
    .option('--inspect-port <port>', 'where; 0 for any free port', Number, 9229)
    .addHelpText(
      'after',
      '\nHistories are what `workflow show -o json`, Temporal’s CLI and its Web UI write. Exit code 1: one does not replay.',
    );
  for (const option of sharedOptions(terminal.env)) command.addOption(option);
  command.action((paths: string[], flags: ReplayFlags) => replay(paths, flags, terminal));
}

async function replay(paths: string[], flags: ReplayFlags, terminal: Terminal): Promise<void> {
  if (paths.length === 0 && flags.workflowId === undefined && flags.query === undefined) {
    throw new InvalidArgumentError('Which histories? Name files or folders, or --workflow-id, or --query.');
  }
  // Loaded only here: the other commands need no bundler.
  const { Worker } = await import('../worker/node.ts');
  const { DefaultLogger } = await import('../worker/logger.ts');
  const { replayLines } = await import('../worker/replay-text.ts');
  if (flags.inspect) await waitForDebugger(flags.inspectPort, terminal);
  const options = {
    workflowsPath: flags.workflows,
    logger: new DefaultLogger('ERROR', () => undefined),
    dataConverter: convertersOf(flags),
  };
  const reading: Reading = {};
  let [count, wrong] = [0, 0];
  for await (const result of Worker.runReplayHistories(options, histories(paths, flags, reading))) {
    count++;
    if (result.error) wrong++;
    if (flags.output === 'json') {
      const { workflowId, runId, error, divergence } = result;
      terminal.print(
        JSON.stringify({ workflowId, runId, ...(error && { error: error.message }), divergence }),
      );
      continue;
    }
    const [heading, ...more] = replayLines(result);
    const { red, green } = terminal.colors;
    const line = `${reading.file === undefined ? '' : `${reading.file}: `}${heading}`;
    terminal.print(result.error ? red(`✗ ${line}`) : `${green('✓')} ${line}`);
    for (const line of more) terminal.print(`  ${line}`);
  }
  if (count === 0) throw new Error('There is no history to replay');
  if (flags.output === 'text') terminal.print(summary(count, wrong));
  if (wrong > 0) throw new ExitError(1);
}

function convertersOf(flags: ReplayFlags): DataConverter {
  const { payloadConverter: payloadConverterPath, failureConverter: failureConverterPath } = flags;
  return {
    payloadCodecs: codecsOf(flags),
    ...(payloadConverterPath && { payloadConverterPath }),
    ...(failureConverterPath && { failureConverterPath }),
  };
}

function summary(count: number, wrong: number): string {
  const histories = count === 1 ? '1 history' : `${count} histories`;
  return wrong === 0 ? `${histories}: the code fits` : `${histories}: ${wrong} do not replay`;
}

/** Where the history came from that is being replayed. */
interface Reading {
  file?: string;
}

/** One after another, each read when it is its turn. */
async function* histories(
  paths: string[],
  flags: ReplayFlags,
  reading: Reading,
): AsyncIterable<HistoryAndWorkflowId> {
  const { identifiedHistory } = await import('../worker/history-json.ts');
  for await (const file of filesOf(paths)) {
    reading.file = file === STDIN ? 'standard input' : file;
    const content = file === STDIN ? await readAll(process.stdin) : readFileSync(file, 'utf8');
    for (const history of parsed(reading.file, content)) yield identifiedHistory(history, reading.file);
  }
  reading.file = undefined;
  if (flags.workflowId === undefined && flags.query === undefined) return;
  const { workflow } = await connect(flags);
  if (flags.workflowId !== undefined) {
    const history = await workflow.getHandle(flags.workflowId, flags.runId).fetchHistory();
    yield { workflowId: flags.workflowId, history };
  }
  if (flags.query !== undefined) yield* workflow.list({ query: flags.query }).intoHistories();
}

async function* filesOf(paths: string[]): AsyncIterable<string> {
  for (const path of paths) {
    const stats = path === STDIN ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === STDIN || stats?.isFile()) yield path;
    else if (stats) {
      const files = await readdir(path, { recursive: true });
      for (const file of files.sort()) if (file.endsWith('.json')) yield join(path, file);
    } else {
      // Node 20 has none.
      const { glob } = await import('node:fs/promises');
      const found: string[] = [];
      for await (const file of glob?.(path) ?? []) found.push(file);
      if (found.length === 0) throw new Error(`There is no file ${path}`);
      yield* found.sort();
    }
  }
}

/** A document with one history, or one history a line. */
function parsed(name: string, content: string): unknown[] {
  try {
    return [JSON.parse(content)];
  } catch (error) {
    const lines = content.split('\n').filter((line) => line.trim() !== '');
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      // It is not a stream of lines either: the first error says more.
    }
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

async function waitForDebugger(port: number, terminal: Terminal): Promise<void> {
  const inspector = await import('node:inspector');
  inspector.open(port, '127.0.0.1');
  terminal.complain('Waiting for a debugger. Breakpoints and `debugger` statements in workflow files work.');
  inspector.waitForDebugger();
}
