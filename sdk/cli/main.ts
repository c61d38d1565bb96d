#!/usr/bin/env node
/**
 * The `perdure` command. Nouns, verbs and flags are those of Temporal's CLI.
 * Exit codes: 0 done, 1 it failed (the reason is on standard error), 2 the command line makes no sense.
 */

import { realpathSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { createColors } from 'picocolors';
import { endWithNpm } from '../../scripts/lib/npm-shell.ts';
import { isGrpcServiceError, ServiceError, WorkflowExecutionAlreadyStartedError } from '../client/index.ts';
import { SDK_VERSION } from '../common/worker-protocol.ts';
import { batchCommand } from './batch.ts';
import { ExitError, sharedOptions, type Terminal } from './context.ts';
import { envCommand, withProfile } from './env.ts';
import { addLintCommand } from './lint.ts';
import { activityCommand } from './operations.ts';
import { operatorCommand } from './operator.ts';
import { errorLines } from './render.ts';
import { scheduleCommand } from './schedule.ts';
import { serverCommand } from './server.ts';
import { taskQueueCommand } from './task-queue.ts';
import { workerCommand } from './worker.ts';
import { workflowCommand } from './workflow.ts';

/** Runs one command line (without program names) and returns its exit code. */
export async function run(given: string[], terminal: Terminal): Promise<number> {
  const args = nounsFirst(given);
  try {
    const program = programOf({ ...terminal, env: withProfile(args, terminal.env) });
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error, args, terminal);
  }
}

function exitCodeOf(error: unknown, args: string[], terminal: Terminal): number {
  if (error instanceof ExitError) return error.exitCode;
  // From a command itself: commander prints only what it finds.
  if (error instanceof InvalidArgumentError) terminal.complain(terminal.colors.red(error.message));
  if (error instanceof CommanderError && error.code === 'commander.unknownOption' && args.includes('--json'))
    terminal.complain('JSON is asked for with `-o json`.');
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (terminal.abortSignal.aborted) return 130;
  // What workflows and their Workers say stays as they said it.
  const refused = statusOf(error) !== undefined;
  for (const line of errorLines(error))
    terminal.complain(terminal.colors.red(refused ? inFlags(line, args) : line));
  const hint = hintFor(error);
  if (hint) terminal.complain(hint);
  return 1;
}

/** `--address URL workflow list` is `workflow list --address URL`: flags of all commands may stand before the noun. */
function nounsFirst(args: string[]): string[] {
  const known = sharedOptions({});
  let at = 0;
  while (args[at]?.startsWith('-')) {
    const [name, value] = args[at]!.split('=');
    const option = known.find(({ long, short }) => name === long || name === short);
    // What it is then is for commander to say.
    if (!option) return args;
    at += option.required && value === undefined ? 2 : 1;
  }
  const words = args.slice(at);
  const flags = words.findIndex((word) => word.startsWith('-'));
  const end = flags < 0 ? words.length : flags;
  return [...words.slice(0, end), ...args.slice(0, at), ...words.slice(end)];
}

/** What the engine says about fields of a request, said about the flags that they were given by. */
function inFlags(line: string, args: string[]): string {
  const calendar = args.some((arg) => /^--calendar(?:=|$)/.test(arg));
  const cron = args.some((arg) => /^--cron(?:=|$)/.test(arg));
  return line
    .replaceAll('workflowTaskFinishEventId:', '--event-id:')
    .replaceAll('cronString:', calendar ? `--calendar${cron ? ' or --cron' : ''}:` : '--cron:')
    .replaceAll('cronSchedule:', '--cron:')
    .replace(/\bsecrets: /, '--secret-file or --secret-name: ')
    .replace(/\bsecrets\.\d+: /, '--secret-file: ')
    .replaceAll('secretName:', '--secret-name:');
}

/** All commands, with their flags: what runs, and what docs/cli.md is made from. */
export function programOf(terminal: Terminal): Command {
  const program = new Command('perdure')
    .description('Durable workflows: start them, watch them, talk to them.')
    .version(SDK_VERSION)
    .addHelpText(
      'after',
      `
Example:
  perdure workflow start --type moneyTransfer -t money-transfer -w transfer-1 \\
    -i '{"amount":400,"sourceAccount":"acct-alice","targetAccount":"acct-bob","referenceId":"ref-1"}'
  perdure workflow show -w transfer-1 --follow

The flags of all commands, such as --address, may also stand before the noun.
Environment: PERDURE_ADDRESS, PERDURE_NAMESPACE, PERDURE_API_KEY, PERDURE_ENV; NO_COLOR.
Exit codes: 0 done, 1 it failed, 2 the command line makes no sense.`,
    );
  for (const command of [
    workflowCommand(terminal),
    activityCommand(terminal),
    scheduleCommand(terminal),
    batchCommand(terminal),
    taskQueueCommand(terminal),
    workerCommand(terminal),
    operatorCommand(terminal),
    serverCommand(terminal),
    envCommand(terminal),
  ])
    program.addCommand(command);
  addLintCommand(program, terminal);
  forEachCommand(program, (command) =>
    command
      .exitOverride()
      .showHelpAfterError(`${pathOf(command)} --help says what there is.`)
      .configureOutput({
        writeOut: (text) => terminal.print(text.trimEnd()),
        writeErr: (text) => terminal.complain(text.trimEnd()),
      }),
  );
  return program;
}

/** What to do about it, where that is not plain from the error. */
function hintFor(error: unknown): string | undefined {
  if (statusOf(error) === 'UNAVAILABLE')
    return 'Is it running? `perdure server start-dev` runs one here; --address names another.';
  if (statusOf(error) === 'UNAUTHENTICATED') return 'Give a key or token by --api-key or PERDURE_API_KEY.';
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return 'Take another id, or say what to do: --id-conflict-policy when it runs, --id-reuse-policy when it is closed.';
  }
  return undefined;
}

/** What the engine answered, or that it did not; none where a workflow failed. */
function statusOf(error: unknown): string | undefined {
  const call = error instanceof ServiceError || error instanceof TypeError ? error.cause : error;
  return isGrpcServiceError(call) ? call.status : undefined;
}

/** How a command is called: `perdure workflow start`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function forEachCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) forEachCommand(child, act);
}

async function main(): Promise<void> {
  endWithNpm();
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const { env, stdout, stderr } = process;
  // `perdure … | head`: whoever reads has read enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.exitCode = await run(process.argv.slice(2), {
    print: (line) => stdout.write(`${line}\n`),
    complain: (line) => stderr.write(`${line}\n`),
    colors: createColors(Boolean(stdout.isTTY) && !env.NO_COLOR),
    env,
    ...(process.stdin.isTTY && stderr.isTTY && { confirm: (text) => confirm(text, interrupt.signal) }),
    abortSignal: interrupt.signal,
  });
}

/** Anything but yes, and the end of the input, is no. */
async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([lines.question(question, { signal }), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
