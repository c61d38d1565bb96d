/**
 * Signal and query handlers of a run, and those of its updates. A signal that nobody handles yet waits, and is delivered when a handler is set;
 * queries are answered at once, by code that may only read.
 */

import type { HandlerUnfinishedPolicy } from '../../common/enums.ts';
import { IllegalStateError } from '../../common/errors.ts';
import { ensureTemporalFailure } from '../../common/failure.ts';
import { fromHeaderJson } from '../../common/headers.ts';
import type { HistoryEventAttributes } from '../../common/history.ts';
import { payloadToJson, RawValue } from '../../common/payload.ts';
import { isReservedName, refuseReservedName } from '../../common/reserved-names.ts';
import type { WorkflowQuery, WorkflowQueryAnswer } from '../../common/worker-protocol.ts';
import { DeterminismViolationError } from '../errors.ts';
import type { QueryInput, SignalInput } from '../interceptors.ts';
import type { WorkflowContext } from './context.ts';
import { inbound } from './intercept.ts';
import { enhancedStackTrace, waitingStacks } from './stack-trace.ts';
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
      handler() {
        return new RawValue(waitingStacks(context).join('\n\n'));
      },
      description: 'Where the workflow waits, one stack for each thing it waits for.',
    });
    this.queries.set('__enhanced_stack_trace', {
      handler() {
        return new RawValue(enhancedStackTrace(context));
      },
      description: 'Where the workflow waits, frame by frame.',
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
    if (!entry) refuseReservedName('signal', signalName);
    const running = {
      name: signalName,
      unfinishedPolicy: entry?.unfinishedPolicy ?? ('WARN_AND_ABANDON' as const),
    };
    this.#running.add(running);
    const args = this.#context.fromPayloads(signal.input);
    const headers = fromHeaderJson(signal.header);
    const next = (input: SignalInput): Promise<void> => this.#callSignalHandler(input);
    const handle = isReservedName(signalName) ? next : inbound(this.#context, 'handleSignal', next);
    handle({ signalName, args, headers })
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
  async #callSignalHandler({ signalName, args }: SignalInput): Promise<void> {
    const entry = this.signals.get(signalName);
    const { defaultSignal } = this;
    if (!entry && !defaultSignal) throw new IllegalStateError(`No handler for signal ${signalName}`);
    const call = () => (entry ? entry.handler(...args) : defaultSignal!(signalName, ...args));
    return (await callSignalHandler(call)) as void;
  }

  /**
   * Never throws: what goes wrong is the query's failure, and leaves the run as it was. Interceptors answer with a
   * promise, which must be settled when the microtasks are drained.
   */
  query(query: WorkflowQuery): WorkflowQueryAnswer | Promise<WorkflowQueryAnswer> {
    const { queryType: queryName } = query;
    const context = this.#context;
    const intercepted =
      !isReservedName(queryName) && context.interceptors.inbound.some((i) => i.handleQuery !== undefined);
    try {
      const args = context.fromPayloads(query.queryArgs);
      const input = { queryId: 'query', queryName, args, headers: fromHeaderJson(query.header) };
      if (!intercepted) return this.#queryAnswer(context.enterQuery(() => this.#callQueryHandler(input)));
      const next = async (changed: QueryInput): Promise<unknown> => this.#callQueryHandler(changed);
      return context
        .enterQuery(() => inbound(context, 'handleQuery', next)(input))
        .then((value) => this.#queryAnswer(value))
        .catch((error) => this.queryFailure(error));
    } catch (error) {
      return this.queryFailure(error);
    }
  }

  #queryAnswer(value: unknown): WorkflowQueryAnswer {
    if (value instanceof RawValue) return { result: { payloads: [payloadToJson(value.payload)] } };
    return { result: this.#context.toPayloads([value]) };
  }

  queryFailure(error: unknown): WorkflowQueryAnswer {
    return { failed: this.#context.errorToFailure(ensureTemporalFailure(error)) };
  }

  #callQueryHandler({ queryName: name, args }: QueryInput): unknown {
    const entry = this.queries.get(name);
    const { defaultQuery } = this;
    if (!entry && !defaultQuery) {
      const names = [...this.queries.keys()].join(' ');
      throw new ReferenceError(
        `Workflow did not register a handler for ${name}. Registered queries: [${names}]`,
      );
    }
    if (!entry) refuseReservedName('query', name);
    const value = entry ? entry.handler(...args) : defaultQuery!(name, ...args);
    if (value instanceof Promise) {
      // Its own failure would be reported for nobody.
      value.catch(() => undefined);
      throw new DeterminismViolationError('Query handlers should not return a Promise');
    }
    return value;
  }

  #metadata(): WorkflowMetadata {
    const definitions = (entries: Map<string, { description?: string }>): WorkflowInteraction[] =>
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

/** What answers a `workflowMetadataQuery`: `temporal.api.sdk.v1.WorkflowMetadata`. */
export interface WorkflowMetadata {
  definition?: {
    type?: string;
    queryDefinitions?: WorkflowInteraction[];
    signalDefinitions?: WorkflowInteraction[];
    updateDefinitions?: WorkflowInteraction[];
  } | null;
  currentDetails?: string;
}

interface WorkflowInteraction {
  name?: string;
  description?: string;
}

/** Its name marks the end of the user's frames in a stack. */
function callSignalHandler(handler: () => unknown): unknown {
  return handler();
}
