/** The search attributes that a workflow task sets: checked and typed before its answer counts. */

import type { Command } from '../../sdk/common/command.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { SearchAttributesJson } from '../../sdk/common/history.ts';
import type { WorkflowTaskAnswer, WorkflowTaskPause } from '../../sdk/common/worker-protocol.ts';
import type { Outside } from './outside.ts';

/** An answer that sets what the namespace does not have is a failed task, as in Temporal. */
export async function withTypedAttributes<A extends WorkflowTaskAnswer | WorkflowTaskPause>(
  answer: A,
  outside: Pick<Outside, 'typedSearchAttributes'>,
): Promise<A | WorkflowTaskAnswer> {
  if (!outside.typedSearchAttributes || !('completed' in answer)) return answer;
  const { commands } = answer.completed;
  if (!commands.some(carries)) return answer;
  try {
    const typed = commands.map(async (command) => {
      const attributes = attributesOf(command);
      const { searchAttributes } = attributes;
      if (!carries(command) || !searchAttributes) return command;
      const replaced = {
        ...attributes,
        searchAttributes: await outside.typedSearchAttributes!(searchAttributes),
      };
      return { ...command, [attributesKey(command)]: replaced } as Command;
    });
    return { completed: { ...answer.completed, commands: await Promise.all(typed) } };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'INVALID_ARGUMENT') throw error;
    const { message } = error;
    return { failed: { cause: 'BAD_SEARCH_ATTRIBUTES', failure: { message, serverFailureInfo: {} } } };
  }
}

/** Where a command has its attributes: `startTimerCommandAttributes`. */
function attributesKey(command: Command): string {
  return Object.keys(command).find((key) => key.endsWith('CommandAttributes')) ?? '';
}

function attributesOf(command: Command): { searchAttributes?: SearchAttributesJson } {
  return (command as unknown as Record<string, object | undefined>)[attributesKey(command)] ?? {};
}

function carries(command: Command): boolean {
  return Object.keys(attributesOf(command).searchAttributes?.indexedFields ?? {}).length > 0;
}
