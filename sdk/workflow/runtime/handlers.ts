/**
 * Signal and query handlers of a run, and those of its updates. A signal that nobody handles yet waits, and is delivered when a handler is set;
 * queries are answered at once, by code that may only read.
 */

import type { HandlerUnfinishedPolicy } from '../../common/enums.ts';
import { IllegalStateError } from '../../common/errors.ts';
import { ensureTemporalFailure } from '../../common/failure.ts';
import { errorToFailure } from '../../common/failure-converter.ts';
import type { HistoryEventAttributes } from '../../common/history.ts';
import { fromPayloadsJson, payloadToJson, RawValue, toPayloadsJson } from '../../common/payload.ts';
import type { WorkflowQuery, WorkflowQueryAnswer } from '../../common/worker-protocol.ts';
import { DeterminismViolationError } from '../errors.ts';
import { isReservedName, reservedNameError } from '../reserved-names.ts';
import type { WorkflowContext } from './context.ts';
import { waitingStacks } from './stack-trace.ts';
import { UpdateHandlers } from './updates.ts';

export interface SignalHandlerEntry {
  handler: (...args: unknown[]) => unknown;
  description?: string;
  unfinishedPolicy: HandlerUnfinishedPolicy;
}
export interface QueryHandlerEntry {
  handler: (...args: unknown[]) => unknown;
  description?: string;
}
type Signal = HistoryEventAttributes['WorkflowExecutionSignaled'];

export class MessageHandlers {
  readonly signals = new Map<string, SignalHandlerEntry>();
  readonly queries = new Map<string, QueryHandlerEntry>();
  readonly updates: UpdateHandlers;
  defaultSignal?: (signalName: string, ...args: unknown[]) => unknown;
  defaultQuery?: (queryName: string, ...args: unknown[]) => unknown;
  readonly #context: WorkflowContext;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Signal[] = [];
  readonly #running = new Set<{ name: string; unfinishedPolicy: HandlerUnfinishedPolicy }>();

  /** `onFailure`: what an error thrown by a signal handler does to the run; an update's failure is its own. */
  constructor(context: WorkflowContext, onFailure: (error: unknown) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
    this.updates = new UpdateHandlers(context, onFailure);
    this.queries.set('__stack_trace', {
      handler: () => new RawValue(waitingStacks(context).join('\n\n')),
      description: 'Where the workflow waits, one stack for each thing it waits for.',
    });
    this.queries.set('__temporal_workflow_metadata', {
      handler: () => new RawValue(this.#metadata()),
      description: 'The names of the handlers that the workflow has set.',
    });
  }

  get unfinished(): number {
    return this.#running.size + this.updates.unfinished;
  }

  /** Signals whose handler runs on although the workflow ended, and asked for a warning in that case. */
  get abandoned(): string[] {
    return [...this.#running].filter((r) => r.unfinishedPolicy === 'WARN_AND_ABANDON').map((r) => r.name);
  }

  /** The workflow failed: nobody is warned of handlers that did not finish. */
  forgetRunning(): void {
    this.#running.clear();
    this.updates.forgetRunning();
  }

  signal(signal: Signal): void {
    const { signalName } = signal;
    const entry = this.signals.get(signalName);
    if (!entry && !this.defaultSignal) {
      this.#waiting.push(signal);
      return;
    }
    if (!entry && isReservedName(signalName)) throw reservedNameError('signal', signalName);
    const running = {
      name: signalName,
      unfinishedPolicy: entry?.unfinishedPolicy ?? ('WARN_AND_ABANDON' as const),
    };
    this.#running.add(running);
    const args = fromPayloadsJson(this.#context.payloadConverter, signal.input);
    this.#callSignalHandler(signalName, args)
      .catch(this.#onFailure)
      .finally(() => this.#running.delete(running));
  }

  /** A handler was set: delivers the waiting signals that have one now, in the order they came. */
  deliverWaiting(): void {
    for (;;) {
      const index = this.defaultSignal ? 0 : this.#waiting.findIndex((s) => this.signals.has(s.signalName));
      const [signal] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!signal) return;
      this.signal(signal);
    }
  }

  // `return await`: as many turns of the microtask queue as in Temporal's SDK lie between a throw and its effect.
  async #callSignalHandler(name: string, args: unknown[]): Promise<unknown> {
    const entry = this.signals.get(name);
    if (entry) return await callSignalHandler(() => entry.handler(...args));
    const { defaultSignal } = this;
    if (defaultSignal) return await callSignalHandler(() => defaultSignal(name, ...args));
    throw new IllegalStateError(`No handler for signal ${name}`);
  }

  /** Never throws: what goes wrong is the query's failure, and leaves the run as it was. */
  query({ queryType, queryArgs }: WorkflowQuery): WorkflowQueryAnswer {
    const context = this.#context;
    try {
      const args = fromPayloadsJson(context.payloadConverter, queryArgs);
      const value = context.enterQuery(() => this.#callQueryHandler(queryType, args));
      if (value instanceof RawValue) return { result: { payloads: [payloadToJson(value.payload)] } };
      return { result: toPayloadsJson(context.payloadConverter, value) };
    } catch (error) {
      return { failed: errorToFailure(ensureTemporalFailure(error), context.payloadConverter) };
    }
  }

  #callQueryHandler(name: string, args: unknown[]): unknown {
    const entry = this.queries.get(name);
    const { defaultQuery } = this;
    if (!entry && !defaultQuery) {
      const names = [...this.queries.keys()].join(' ');
      throw new ReferenceError(
        `The workflow has no handler for query ${name}. Registered queries: [${names}]`,
      );
    }
    if (!entry && isReservedName(name)) throw reservedNameError('query', name);
    const value = entry ? entry.handler(...args) : defaultQuery!(name, ...args);
    if (value instanceof Promise) {
      // Its own failure would be reported for nobody.
      value.catch(() => undefined);
      throw new DeterminismViolationError(
        'A query handler must answer at once: it may not return a Promise.',
      );
    }
    return value;
  }

  #metadata(): unknown {
    const definitions = (entries: Map<string, { description?: string }>) =>
      [...entries].map(([name, { description }]) => ({ name, description }));
    return {
      definition: {
        type: this.#context.info.workflowType,
        queryDefinitions: definitions(this.queries),
        signalDefinitions: definitions(this.signals),
        updateDefinitions: definitions(this.updates.handlers),
      },
      currentDetails: this.#context.currentDetails,
    };
  }
}

/** Its name marks the end of the user's frames in a stack. */
function callSignalHandler(handler: () => unknown): unknown {
  return handler();
}
