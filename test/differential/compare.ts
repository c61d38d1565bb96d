/** Two answers to the same workflow task: what each asks of the engine, written in one form. */

import {
  type Command,
  type CommandName,
  commandAttributesOf,
  commandName,
  commands as commandsByName,
} from '../../sdk/common/command.ts';
import type { WorkflowQueryAnswer, WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import type { TemporalService, TheirAnswer } from './temporal-service.ts';

type Json = Record<string, unknown>;

/** What the task asks for, as comparable text: one line per command. */
export type Asked = string[];

/** Not what workflow code asks for: where it stands in the code, and hints to Temporal's service. */
const LEFT_OUT = new Set([
  'stackTrace',
  'eventGroupMarkers',
  'requestEagerExecution',
  'useWorkflowBuildId',
  'useCompatibleVersion',
  'inheritBuildId',
]);

/** Theirs tells that a child was not started without saying so in a type; see docs/compatibility.md. */
const isOursAlone = (value: unknown): boolean =>
  (value as { type?: unknown } | null | undefined)?.type === 'WorkflowExecutionAlreadyStartedError';

/** Without what is left out, empty objects and the kind that every task queue has; keys in order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, v]) => !LEFT_OUT.has(key) && v !== 'TASK_QUEUE_KIND_NORMAL' && !isOursAlone(v))
    .map(([key, v]) => [key, plain(v)] as const)
    .filter(
      ([, v]) => v !== undefined && !(typeof v === 'object' && v !== null && Object.keys(v).length === 0),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** The times in a local activity's marker are those of the clock on the wall. */
function withoutTimes(json: Json): Json {
  const attributes = json.recordMarkerCommandAttributes as { details?: Record<string, unknown> } | undefined;
  const data = (attributes?.details?.data as { payloads?: Array<{ data: string }> } | undefined)
    ?.payloads?.[0];
  if (!data) return json;
  const { complete_time, original_schedule_time, ...rest } = JSON.parse(atob(data.data)) as Json;
  const details = { ...attributes!.details, data: rest };
  return { ...json, recordMarkerCommandAttributes: { ...attributes, details } };
}

const line = (name: string, what: unknown): string => `${name} ${JSON.stringify(plain(what))}`;

const nameOf = (commandType: unknown): string => commandName(commandType as string) ?? String(commandType);

const lineOf = (json: Json): string => {
  const { commandType, ...rest } = withoutTimes(json);
  return line(nameOf(commandType), rest);
};

const isRejection = (text: string): boolean =>
  text.startsWith('ProtocolMessage') && text.includes('"kind":"rejection"');

export function askedByUs(service: TemporalService, answer: WorkflowTaskAnswer): Asked {
  if ('failed' in answer) return [line('TaskFailed', answer.failed.cause)];
  return answer.completed.commands.map((command: Command) => {
    if (commandName(command.commandType) !== 'ProtocolMessage') {
      return lineOf(service.canonical('temporal.api.command.v1.Command', command));
    }
    const { updateId, message } = commandAttributesOf(command, 'ProtocolMessage');
    const [[kind, body]] = Object.entries(message) as [[string, Json]];
    const type = `temporal.api.update.v1.${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    return line('ProtocolMessage', { updateId, kind, ...service.canonical(type, body) });
  });
}

/** The message that a command of theirs sends. */
function sent(messages: Json[], json: Json): Json {
  const { messageId } = json.protocolMessageCommandAttributes as { messageId: string };
  return messages.find(({ id }) => id === messageId)!;
}

function messageLine({ protocolInstanceId: updateId, body }: Json): string {
  const {
    '@type': type,
    // The engine knows what was asked, and who asked it.
    acceptedRequest: _,
    rejectedRequest: __,
    rejectedRequestMessageId: ___,
    rejectedRequestSequencingEventId: ____,
    meta: _____,
    ...rest
  } = body as { '@type': string } & Json;
  const kind = type.slice(type.lastIndexOf('.') + 1).toLowerCase();
  return line('ProtocolMessage', { updateId, kind, ...rest });
}

export function askedByThem({ completed, failed }: TheirAnswer): Asked {
  if (!completed) return [line('TaskFailed', failed?.cause?.replace('WORKFLOW_TASK_FAILED_CAUSE_', ''))];
  const { commands = [], messages = [] } = completed;
  const lines: string[] = [];
  const told = new Set<Json>();
  for (const json of commands) {
    if (nameOf(json.commandType) === 'ProtocolMessage') {
      const message = sent(messages, json);
      told.add(message);
      lines.push(messageLine(message));
    } else {
      lines.push(lineOf(json));
    }
    // Their core lets a round begin after the one that ended the run. Nothing behind the end is carried out.
    if ('closes' in (commandsByName[nameOf(json.commandType) as CommandName] ?? {})) break;
  }
  // A rejection is sent without a command. The engine passes over any other message that has none: one behind the end.
  const rejections = messages
    .filter((message) => !told.has(message))
    .map(messageLine)
    .filter(isRejection);
  return [...lines, ...rejections];
}

/** Rejections have no place among the commands: they come last. */
export const inTheirOrder = (asked: Asked): Asked => [
  ...asked.filter((text) => !isRejection(text)),
  ...asked.filter(isRejection),
];

export const answeredByUs = (answer: WorkflowQueryAnswer): string =>
  'failed' in answer ? line('failed', answer.failed.message) : line('result', answer.result);

export const answeredByThem = ({ query }: TheirAnswer): string =>
  query?.completedType === 'QUERY_RESULT_TYPE_FAILED'
    ? line('failed', query.errorMessage)
    : line('result', query?.queryResult);
