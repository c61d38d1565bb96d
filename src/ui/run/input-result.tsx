/** What went in, what came out. */

import type { Failure } from '../../../sdk/common/failure.ts';
import { attributesOf, type HistoryEvent } from '../../../sdk/common/history.ts';
import type { PayloadJson } from '../../../sdk/common/payload.ts';
import { FailureView, Payloads } from '../components/value.tsx';
import { eventAttributes } from '../history/event.ts';
import type { Run } from './run-page.tsx';

export interface OutcomeFacts {
  result?: PayloadJson[];
  failure?: Failure;
  /** The run that continues this one. */
  continuedAs?: string;
}

/** From the event that closed the run, if it is closed. */
export function outcomeOf(events: readonly HistoryEvent[]): OutcomeFacts {
  const last = events.at(-1);
  if (!last) return {};
  const attributes = eventAttributes(last) as { newExecutionRunId?: string };
  const continuedAs = attributes.newExecutionRunId || undefined;
  switch (last.eventType) {
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED':
      return { result: last.workflowExecutionCompletedEventAttributes.result?.payloads ?? [], continuedAs };
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED':
      return { failure: last.workflowExecutionFailedEventAttributes.failure, continuedAs };
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED':
      return {
        failure: { message: last.workflowExecutionTerminatedEventAttributes.reason || 'no reason given' },
      };
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT':
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW':
      return { continuedAs };
    default:
      return {};
  }
}

export function InputResult({ run }: { run: Run }) {
  const { events } = run.history;
  const started = events[0] && attributesOf(events[0], 'WorkflowExecutionStarted');
  const { result, failure } = outcomeOf(events);
  return (
    <div class="two">
      <section>
        <h2>Input</h2>
        <Payloads payloads={started?.input?.payloads} label="argument" none="No arguments" />
      </section>
      <section>
        <h2>{failure ? 'Failure' : 'Result'}</h2>
        {failure && <FailureView failure={failure} />}
        {result && <Payloads payloads={result} label="result" none="It returned nothing" />}
        {!failure && !result && <p class="dim">{run.open ? 'Not yet: the run is open' : 'None'}</p>}
      </section>
    </div>
  );
}
