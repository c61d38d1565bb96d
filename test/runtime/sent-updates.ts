/** The updates that a test sends to a run, and what became of them. */

import {
  type Command,
  type CommandAttributes,
  commandAttributesOf,
  commandName,
} from '../../sdk/common/command.ts';
import type { UpdateOutcomeJson, UpdateRequestJson } from '../../sdk/common/history.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { Journal } from './other-workflows.ts';

/** What the caller of an update knows of it. */
export interface KnownUpdate {
  request: UpdateRequestJson;
  acceptedEventId?: string;
  outcome?: UpdateOutcomeJson;
}

/** Is the command the refusal of an update? */
export const isRejection = (command: Command): boolean =>
  commandName(command.commandType) === 'ProtocolMessage' &&
  'rejection' in commandAttributesOf(command, 'ProtocolMessage').message;

export class SentUpdates {
  readonly byId = new Map<string, KnownUpdate>();
  /** Those that no task has answered yet. */
  admitted: UpdateRequestJson[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Answers with the update's id. */
  send(name: string, args: PayloadsJson | undefined): string {
    const updateId = `u${this.byId.size + 1}`;
    const meta = { updateId, identity: 'test' };
    const request = { meta, input: { name, ...(args && { args }) } };
    this.byId.set(updateId, { request });
    this.admitted.push(request);
    return updateId;
  }

  record({ updateId, message }: CommandAttributes['ProtocolMessage']): void {
    const update = this.byId.get(updateId)!;
    this.admitted = this.admitted.filter(({ meta }) => meta.updateId !== updateId);
    if ('rejection' in message) {
      update.outcome = { failure: message.rejection.failure };
    } else if ('acceptance' in message) {
      update.acceptedEventId = this.#journal.nextEventId;
      this.#journal.add('WorkflowExecutionUpdateAccepted', {
        protocolInstanceId: updateId,
        ...message.acceptance,
        acceptedRequest: update.request,
      });
    } else {
      const { outcome } = message.response;
      const { meta } = update.request;
      const acceptedEventId = update.acceptedEventId!;
      update.outcome = outcome;
      this.#journal.add('WorkflowExecutionUpdateCompleted', { meta, acceptedEventId, outcome });
    }
  }
}
