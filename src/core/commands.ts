/** The commands of one workflow task: checked together before the first event is written, then recorded in order. */

import {
  type Command,
  type CommandAttributes,
  type CommandName,
  commandAttributesOf,
  commandName,
  commands as commandTable,
} from '../../sdk/common/command.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import * as activity from './activity.ts';
import * as childWorkflow from './child-workflow.ts';
import * as continueAsNew from './continue-as-new.ts';
import * as externalWorkflow from './external-workflow.ts';
import * as marker from './marker.ts';
import { BadCommand, type CommandBatch, type Execute, type Executor } from './noun.ts';
import type { RunState } from './state.ts';
import * as timer from './timer.ts';
import type { Transition } from './transition.ts';
import * as update from './update.ts';
import * as workflowExecution from './workflow-execution.ts';

const executors: Execute<CommandName> = {
  ...activity.execute,
  ...timer.execute,
  ...workflowExecution.execute,
  ...marker.execute,
  ...continueAsNew.execute,
  ...childWorkflow.execute,
  ...externalWorkflow.execute,
  ...update.execute,
};

export type CheckedCommands =
  | { bad: BadCommand }
  | { bad?: undefined; commands: Command[]; closes: boolean; batch: CommandBatch };

/** The first closing command goes last, behind everything else; further closing ones have no meaning and are dropped. */
function inOrder(commands: Command[]): { commands: Command[]; closes: boolean } {
  const closing = (command: Command): boolean => {
    const name = commandName(command.commandType);
    return name !== undefined && 'closes' in commandTable[name];
  };
  const last = commands.find(closing);
  const others = commands.filter((command) => !closing(command));
  return { commands: last ? [...others, last] : others, closes: last !== undefined };
}

export function checkCommands(run: RunState, given: Command[], now: EpochMs): CheckedCommands {
  const batch: CommandBatch = {
    timers: new Map(),
    canceledFirings: new Set(),
    scheduledActivityIds: new Set(),
    cancelRequestedActivities: new Set(),
    children: 0,
    externals: { signal: 0, cancel: 0 },
    updates: new Map(),
  };
  const { commands, closes } = inOrder(given);
  for (const command of commands) {
    const bad = problemOf(run, command, batch, now);
    if (bad) return { bad };
  }
  return { commands, closes, batch };
}

function problemOf(
  run: RunState,
  command: Command,
  batch: CommandBatch,
  now: EpochMs,
): BadCommand | undefined {
  const name = commandName(command.commandType);
  if (!name) {
    return new BadCommand('WORKFLOW_WORKER_UNHANDLED_FAILURE', `Unknown command ${command.commandType}`);
  }
  const executor = executors[name] as Executor<CommandAttributes[CommandName]>;
  const attributes = commandAttributesOf(command, name);
  if (attributes === null || typeof attributes !== 'object') {
    return new BadCommand(executor.badCause, `${name}: the command has no attributes`);
  }
  try {
    executor.check(run, attributes, batch, now);
    return undefined;
  } catch (error) {
    if (error instanceof BadCommand) return error;
    if (!(error instanceof ServiceError)) throw error;
    const cause = error.code === 'PAYLOAD_TOO_LARGE' ? 'PAYLOADS_TOO_LARGE' : executor.badCause;
    return new BadCommand(cause, `${name}: ${error.message}`);
  }
}

export function recordCommand(t: Transition, command: Command, workflowTaskCompletedEventId: string): void {
  const name = commandName(command.commandType)!;
  const executor = executors[name] as Executor<CommandAttributes[CommandName]>;
  const { userMetadata } = command;
  executor.record(t, commandAttributesOf(command, name), { workflowTaskCompletedEventId, userMetadata });
}
