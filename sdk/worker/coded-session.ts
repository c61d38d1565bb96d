/** A session whose events and commands pass the payload codecs: the run inside sees payloads as its converter made them. */

import { FAILURE_SOURCE, type Failure, messageOf } from '../common/failure.ts';
import type { HistoryEvent, UpdateRequestJson } from '../common/history.ts';
import { type MessageCodec, messageCodec, type PayloadCodec } from '../common/payload-codec.ts';
import { workflowContext } from '../common/serialization-context.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../common/worker-protocol.ts';
import { type RunContext, runContexts } from './run-contexts.ts';

/** A codec that fails, fails the task, which is tried again: a key service may be away for a while. */
export class CodedSession implements WorkflowSession {
  readonly #session: WorkflowSession;
  readonly #codec: MessageCodec;
  /** Events that could not be decoded are missing in the run: nothing can be asked of it any more. */
  #failed: { error: unknown } | undefined;

  constructor(session: WorkflowSession, codecs: readonly PayloadCodec[], run: RunContext) {
    this.#session = session;
    this.#codec = messageCodec(codecs, workflowContext(run.namespace, run.workflowId), runContexts(run));
  }

  async feed(events: HistoryEvent[]): Promise<void> {
    const decoded = await this.#decoded(events);
    if (decoded) await this.#session.feed(decoded);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates: UpdateRequestJson[] = [],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    const decoded = await this.#decoded({ events, updates });
    if (!decoded) return taskFailure(this.#failed!.error, 'decoded');
    const answer = await this.#session.runWorkflowTask(decoded.events, decoded.updates);
    return 'localActivities' in answer ? answer : this.#encoded(answer);
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    return this.#encoded(await this.#session.proceed());
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    const decoded = await this.#decoded({ events, query });
    if (!decoded) return { failed: codecFailure(this.#failed!.error, 'decoded') };
    const answer = await this.#session.query(decoded.events, decoded.query);
    try {
      return await this.#codec.encode(answer);
    } catch (error) {
      return { failed: codecFailure(error, 'encoded') };
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  async #decoded<T>(message: T): Promise<T | undefined> {
    if (this.#failed) return undefined;
    try {
      return await this.#codec.decode(message);
    } catch (error) {
      this.#failed = { error };
      return undefined;
    }
  }

  async #encoded(answer: WorkflowTaskAnswer): Promise<WorkflowTaskAnswer> {
    try {
      return await this.#codec.encode(answer);
    } catch (error) {
      return taskFailure(error, 'encoded');
    }
  }
}

function taskFailure(error: unknown, what: 'encoded' | 'decoded'): WorkflowTaskAnswer {
  return { failed: { cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', failure: codecFailure(error, what) } };
}

/** In plain text, and of the codec's error alone: what could not be encoded must not travel. */
export function codecFailure(error: unknown, what: 'encoded' | 'decoded'): Failure {
  return {
    message: `Payloads could not be ${what}: ${messageOf(error)}`,
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: 'PayloadCodecError', nonRetryable: false },
  };
}
