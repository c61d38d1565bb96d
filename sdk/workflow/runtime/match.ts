/**
 * Commands against the events that recorded them. Workflow code issues commands in an order that a replay must repeat:
 * the event that records a command meets the oldest command not yet met, and both must say the same. Where they do not,
 * the code has changed under a running workflow; the message names the event and the command.
 */

import type { CommandAttributes } from '../../common/command.ts';
import {
  type Command,
  type CommandName,
  commandAttributesOf,
  commandName,
  makeCommand,
} from '../../common/command.ts';
import {
  attributesOf,
  type EventTraits,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEvents,
  type UserMetadata,
} from '../../common/history.ts';
import { defaultPayloadConverter, fromFirstPayloadJson, type PayloadsJson } from '../../common/payload.ts';

import { localRecordOf } from './local-marker.ts';
import { captureLongStack, type WaitingStack } from './stack-trace.ts';

export const PATCH_MARKER = 'core_patch';
export const VERSION_ATTRIBUTE = 'TemporalChangeVersion';

/** History and workflow code disagree. Fails the workflow task with `NON_DETERMINISTIC_ERROR`. */
export class NondeterminismError extends Error {
  override readonly name: string = 'NondeterminismError';
  /** The first event that does not fit, where there is one. */
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
  /** The command that came instead of the event's, where there is one. */
  readonly command: string | undefined;
  /** The stack of the workflow code that issued it, where commands are traced. */
  readonly issuedAt: string | undefined;
  constructor(
    message: string,
    event?: Pick<HistoryEvent, 'eventId' | 'eventType'>,
    instead?: { command: string; pending: PendingCommand },
  ) {
    super(`[TMPRL1100] Nondeterminism error: ${message}`);
    this.eventId = event?.eventId;
    this.eventType = event?.eventType;
    this.command = instead?.command;
    this.issuedAt = instead?.pending.issuedAt?.stack;
  }
}

/** A command that was issued and has not met its event yet. */
export interface PendingCommand {
  command: Command;
  readonly name: CommandName;
  /** Taken back before it was sent: it never was. */
  dropped: boolean;
  /** It is sent once and no event ever records it: the rejection of an update. */
  readonly unrecorded: boolean;
  /** Called with the event that records it. */
  readonly onRecorded?: (event: HistoryEvent) => void;
  /** The code that issued it, where commands are traced. */
  readonly issuedAt?: WaitingStack;
  /** Interceptors have seen it. */
  revised: boolean;
}

export interface PatchMarker {
  id: string;
  deprecated: boolean;
}

/** What a patch marker says, or `undefined` for any other marker. */
export function patchMarkerOf(
  attributes: Pick<HistoryEventAttributes['MarkerRecorded'], 'markerName' | 'details'>,
): PatchMarker | undefined {
  if (attributes.markerName !== PATCH_MARKER) return undefined;
  const data: PayloadsJson | undefined = attributes.details?.['patch-data'];
  return fromFirstPayloadJson<PatchMarker | undefined>(defaultPayloadConverter, data);
}

/** The command that an event records, or `undefined` when it records none. */
export function commandRecordedBy(name: HistoryEventName): CommandName | undefined {
  const traits: EventTraits = historyEvents[name];
  return traits.command as CommandName | undefined;
}

/** The fields that must be equal in a command and its event, as text for comparing and for people. */
const identity: { [N in CommandName]?: (attributes: CommandAttributes[N]) => string } = {
  ScheduleActivityTask: (a) => `activityId ${a.activityId}, activityType ${a.activityType.name}`,
  RequestCancelActivityTask: (a) => `scheduledEventId ${a.scheduledEventId}`,
  StartTimer: (a) => `timerId ${a.timerId}`,
  StartChildWorkflowExecution: (a) => `workflowId ${a.workflowId}, workflowType ${a.workflowType.name}`,
  ProtocolMessage: ({ updateId, message }) => updateIdentity(updateId, 'acceptance' in message),
  CancelTimer: (a) => `timerId ${a.timerId}`,
  RecordMarker: (a) => {
    const local = localRecordOf(a);
    if (local) return `local activity ${local.activityId}, activityType ${local.activityType}`;
    const patch = patchMarkerOf(a);
    return patch ? `patch ${patch.id}` : `marker ${a.markerName}`;
  },
};

function updateIdentity(updateId: string, accepted: boolean): string {
  return `${accepted ? 'acceptance' : 'outcome'} of update ${updateId}`;
}

/** Those of updates name themselves in other fields than their command does. */
function identityOfEvent(
  eventName: HistoryEventName,
  name: CommandName,
  attributes: HistoryEventAttributes[HistoryEventName],
): string {
  if (eventName === 'WorkflowExecutionUpdateAccepted') {
    const { protocolInstanceId } = attributes as HistoryEventAttributes[typeof eventName];
    return updateIdentity(protocolInstanceId, true);
  }
  if (eventName === 'WorkflowExecutionUpdateCompleted') {
    const { meta } = attributes as HistoryEventAttributes[typeof eventName];
    return updateIdentity(meta.updateId, false);
  }
  return identityOf(name, attributes);
}

/** Any other event's attributes have every field of its command's that `identity` reads. */
function identityOf(name: CommandName, attributes: unknown): string {
  return (identity[name] as ((attributes: unknown) => string) | undefined)?.(attributes) ?? '';
}

function describe(type: string, fields: string): string {
  return fields === '' ? type : `${type} (${fields})`;
}

function newPending(command: Command): PendingCommand {
  const name = commandName(command.commandType);
  if (!name) throw new TypeError(`An interceptor added a command of type ${command.commandType}.`);
  return { command, name, dropped: false, unrecorded: false, revised: true };
}

/** Takes the first one of the command's type. */
function take(from: PendingCommand[], { commandType }: Command): PendingCommand | undefined {
  const at = from.findIndex((p) => p.command.commandType === commandType);
  return at < 0 ? undefined : from.splice(at, 1)[0];
}

export class PendingCommands {
  #pending: PendingCommand[] = [];
  /** The event after a skipped deprecated marker is skipped too when it is that marker's search attribute. */
  #afterSkippedMarker = false;
  /** Commands keep the stack of the code that issued them: for reports about replays, since it costs time. */
  readonly #traced: boolean;

  constructor(traced = false) {
    this.#traced = traced;
  }

  push<N extends CommandName>(
    name: N,
    attributes: CommandAttributes[N],
    options: {
      userMetadata?: UserMetadata;
      unrecorded?: boolean;
      onRecorded?: (event: HistoryEvent) => void;
    } = {},
  ): PendingCommand {
    const command = makeCommand(name, attributes, options.userMetadata) as Command;
    const { unrecorded = false, onRecorded } = options;
    const issuedAt = this.#traced ? captureLongStack(this.push) : undefined;
    const pending = { command, name, dropped: false, unrecorded, onRecorded, issuedAt, revised: false };
    this.#pending.push(pending);
    return pending;
  }

  /** Lets interceptors change, remove and add to what was issued since the last time. */
  revise(fn: (commands: Command[]) => Command[]): void {
    const seen = this.#pending.filter((p) => p.revised || p.dropped);
    const fresh = this.#pending.filter((p) => !p.revised && !p.dropped);
    const before = fresh.map((p) => p.command);
    const after = fn([...before]);
    const gone = fresh.filter((p) => !after.includes(p.command));
    const revised = after.map((command) => {
      // A changed copy stands for the command that it was made of.
      const pending = fresh[before.indexOf(command)] ?? take(gone, command);
      return Object.assign(pending ?? newPending(command), { command, revised: true });
    });
    for (const pending of gone) pending.dropped = true;
    this.#pending = [...seen, ...revised];
  }

  /** What the engine is to be sent, in order. They stay pending until their events come back. */
  list(): Command[] {
    const sent = this.#pending.filter((p) => !p.dropped);
    this.#pending = sent.filter((p) => !p.unrecorded);
    return sent.map((p) => p.command);
  }

  /**
   * Meets an event that records a command.
   * @throws NondeterminismError when the oldest pending command is another one, or there is none.
   */
  record(event: HistoryEvent, eventName: HistoryEventName): void {
    const name = commandRecordedBy(eventName)!;
    const attributes = attributesOf(event, eventName);
    if (this.#skips(eventName, attributes)) return;
    const expected = identityOfEvent(eventName, name, attributes);
    const pending = this.#next(eventName);
    if (!pending) {
      throw new NondeterminismError(
        `event ${event.eventId} is ${describe(event.eventType, expected)}, but the workflow issued no command for it`,
        event,
      );
    }
    const actual = identityOf(pending.name, commandAttributesOf(pending.command, pending.name));
    if (pending.name !== name || actual !== expected) {
      const command = describe(pending.command.commandType, actual);
      throw new NondeterminismError(
        `event ${event.eventId} is ${describe(event.eventType, expected)}, but the workflow issued ${command}`,
        event,
        { command, pending },
      );
    }
    this.#pending.shift();
    pending.onRecorded?.(event);
  }

  /** Every command of a completed task must have met its event. */
  assertAllRecorded(completed: Pick<HistoryEvent, 'eventId' | 'eventType'>): void {
    const left = this.list()[0];
    if (!left) return;
    const pending = this.#pending[0]!;
    const fields = identityOf(pending.name, commandAttributesOf(left, pending.name));
    const command = describe(left.commandType, fields);
    throw new NondeterminismError(
      `the workflow issued ${command}, but the workflow task that event ${completed.eventId} completed recorded no event for it`,
      completed,
      { command, pending },
    );
  }

  /** The oldest pending command; a patch's command is passed over when the event is no marker. */
  #next(eventName: HistoryEventName): PendingCommand | undefined {
    while (this.#pending[0]) {
      const pending = this.#pending[0];
      const unmarkedPatch =
        eventName !== 'MarkerRecorded' && pending.name === 'RecordMarker' && this.#patchOf(pending);
      if (!pending.dropped && !unmarkedPatch) return pending;
      this.#pending.shift();
    }
    return undefined;
  }

  /** A deprecated patch marker needs no call in the code; its search attribute goes with it. */
  #skips(eventName: HistoryEventName, attributes: HistoryEventAttributes[HistoryEventName]): boolean {
    const follows = this.#afterSkippedMarker;
    this.#afterSkippedMarker = false;
    if (eventName === 'UpsertWorkflowSearchAttributes') {
      const { searchAttributes } = attributes as HistoryEventAttributes['UpsertWorkflowSearchAttributes'];
      return follows && VERSION_ATTRIBUTE in (searchAttributes?.indexedFields ?? {});
    }
    if (eventName !== 'MarkerRecorded') return false;
    const marker = patchMarkerOf(attributes as HistoryEventAttributes['MarkerRecorded']);
    if (!marker?.deprecated) return false;
    const pending = this.#pending.find((p) => !p.dropped);
    this.#afterSkippedMarker = !(pending && this.#patchOf(pending)?.id === marker.id);
    return this.#afterSkippedMarker;
  }

  #patchOf(pending: PendingCommand): PatchMarker | undefined {
    return pending.name === 'RecordMarker'
      ? patchMarkerOf(commandAttributesOf(pending.command, 'RecordMarker'))
      : undefined;
  }
}
