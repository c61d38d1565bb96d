/**
 * Updates of a run. An update finds its handler at once, or waits for one until the task ends and is then refused. Its
 * validator runs only when it comes for the first time. From its acceptance on, history knows it: a replay delivers it
 * again in the task that accepted it.
 */

import type { UpdateMessage } from '../../common/command.ts';
import type { HandlerUnfinishedPolicy } from '../../common/enums.ts';
import { ApplicationFailure, ensureTemporalFailure, TemporalFailure } from '../../common/failure.ts';
import { fromHeaderJson } from '../../common/headers.ts';
import type { UpdateRequestJson } from '../../common/history.ts';
import { isReservedName, refuseReservedName } from '../../common/reserved-names.ts';
import type { UpdateInput } from '../interceptors.ts';
import { runInUpdate, runReading, type WorkflowContext } from './context.ts';
import { inbound } from './intercept.ts';

export interface UpdateHandlerEntry {
  handler: (...args: unknown[]) => unknown;
  validator?: (...args: unknown[]) => void;
  description?: string;
  unfinishedPolicy: HandlerUnfinishedPolicy;
}

/** An update as a task delivers it. */
export interface DeliveredUpdate {
  request: UpdateRequestJson;
  messageId: string;
  /** The update comes after this event. */
  sequencingEventId: string;
  /** It comes for the first time: it may still be refused. */
  validate: boolean;
}

export class UpdateHandlers {
  readonly handlers = new Map<string, UpdateHandlerEntry>();
  defaultHandler?: (updateName: string, ...args: unknown[]) => unknown;
  readonly #context: WorkflowContext;
  readonly #onFailure: (error: unknown) => void;
  readonly #waiting: DeliveredUpdate[] = [];
  readonly #running = new Map<string, { name: string; unfinishedPolicy: HandlerUnfinishedPolicy }>();

  /** `onFailure`: what an error that is no failure does to the run, thrown by a handler. */
  constructor(context: WorkflowContext, onFailure: (error: unknown) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
  }

  get unfinished(): number {
    return this.#running.size;
  }

  /** Updates whose handler runs on although the workflow ended, and asked for a warning in that case. */
  get abandoned(): Array<{ id: string; name: string }> {
    return [...this.#running]
      .filter(([, { unfinishedPolicy }]) => unfinishedPolicy === 'WARN_AND_ABANDON')
      .map(([id, { name }]) => ({ id, name }));
  }

  forgetRunning(): void {
    this.#running.clear();
  }

  deliver(update: DeliveredUpdate): void {
    const { meta, input } = update.request;
    const entry = this.#entryOf(input.name);
    if (!entry) this.#waiting.push(update);
    else runInUpdate({ id: meta.updateId, name: input.name }, () => this.#handle(update, entry));
  }

  /** A handler was set: delivers the waiting updates that have one now, in the order they came. */
  deliverWaiting(): void {
    for (;;) {
      const index = this.#waiting.findIndex(({ request }) => this.#entryOf(request.input.name));
      const [update] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!update) return;
      this.deliver(update);
    }
  }

  /** Is there an update that has no handler yet? */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** The task ends: nobody will handle what still waits. */
  rejectWaiting(): void {
    for (const update of this.#waiting.splice(0)) {
      const message = `No registered handler for update: ${update.request.input.name}`;
      this.#reject(update, ApplicationFailure.nonRetryable(message));
    }
  }

  #entryOf(name: string): UpdateHandlerEntry | undefined {
    const entry = this.handlers.get(name);
    const { defaultHandler } = this;
    if (entry || !defaultHandler) return entry;
    refuseReservedName('update', name);
    return { handler: (...args) => defaultHandler(name, ...args), unfinishedPolicy: 'WARN_AND_ABANDON' };
  }

  #handle(update: DeliveredUpdate, entry: UpdateHandlerEntry): void {
    const { meta, input } = update.request;
    const context = this.#context;
    // Decoded anew for the handler: what the validator does to its arguments is not seen.
    const makeInput = (): UpdateInput => ({
      updateId: meta.updateId,
      name: input.name,
      args: context.fromPayloads(input.args),
      headers: fromHeaderJson(input.header),
    });
    const { validator, handler, unfinishedPolicy } = entry;
    const internal = isReservedName(input.name);
    let handlerInput: UpdateInput;
    try {
      if (update.validate && validator) {
        const check = ({ args }: UpdateInput): void => validator(...args);
        const validate = internal ? check : inbound(context, 'validateUpdate', check);
        runReading(context, () => validate(makeInput()));
      }
      handlerInput = makeInput();
    } catch (error) {
      this.#reject(update, error);
      return;
    }
    this.#answer(update, 'accept', {
      acceptance: {
        acceptedRequestMessageId: update.messageId,
        acceptedRequestSequencingEventId: update.sequencingEventId,
      },
    });
    this.#running.set(meta.updateId, { name: input.name, unfinishedPolicy });
    const call = ({ args }: UpdateInput): Promise<unknown> => this.#callHandler(handler, args);
    const handle = internal ? call : inbound(context, 'handleUpdate', call);
    handle(handlerInput)
      .then((result) => this.#complete(update, result))
      .catch((error) => this.#fail(update, error))
      .finally(() => this.#running.delete(meta.updateId));
  }

  // `return await`: as many turns of the microtask queue as in Temporal's SDK lie between an outcome and its effect.
  async #callHandler(handler: UpdateHandlerEntry['handler'], args: unknown[]): Promise<unknown> {
    return await callUpdateHandler(() => handler(...args));
  }

  #complete(update: DeliveredUpdate, result: unknown): void {
    const success = this.#context.toPayloads([result])!;
    this.#answer(update, 'complete', { response: { outcome: { success } } });
  }

  /** A failure is the update's own; any other error is a matter of the run. */
  #fail(update: DeliveredUpdate, error: unknown): void {
    if (!(error instanceof TemporalFailure)) {
      this.#onFailure(error);
      return;
    }
    const failure = this.#context.errorToFailure(error);
    this.#answer(update, 'complete', { response: { outcome: { failure } } });
  }

  #reject(update: DeliveredUpdate, error: unknown): void {
    // A replay has nobody to tell: the acceptance in history then finds no command.
    if (this.#context.replaying) return;
    const failure = this.#context.errorToFailure(ensureTemporalFailure(error));
    this.#answer(update, 'reject', { rejection: { failure } });
  }

  #answer(
    { request, messageId }: DeliveredUpdate,
    what: 'accept' | 'complete' | 'reject',
    message: UpdateMessage,
  ): void {
    const { updateId } = request.meta;
    this.#context.commands.push(
      'ProtocolMessage',
      { messageId: `${messageId}/${what}`, updateId, message },
      { unrecorded: what === 'reject' },
    );
  }
}

/** Its name marks the end of the user's frames in a stack. */
function callUpdateHandler(handler: () => unknown): unknown {
  return handler();
}
