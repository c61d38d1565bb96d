/**
 * Answers that no transport carries are replaced by failures that say so: an answer that is lost on its way would be
 * asked for again for ever, and nobody would see why.
 */

import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import { MAX_MESSAGE_BYTES } from '../common/limits.ts';
import type {
  ActivityTaskAnswer,
  WorkflowQueryAnswer,
  WorkflowTaskAnswer,
} from '../common/worker-protocol.ts';

/** The bytes of a JSON text when they are too many. */
function excess(json: string): number | undefined {
  // No character takes more than three bytes.
  if (json.length * 3 <= MAX_MESSAGE_BYTES) return undefined;
  const bytes = new TextEncoder().encode(json).byteLength;
  return bytes > MAX_MESSAGE_BYTES ? bytes : undefined;
}

export function boundedTaskAnswer(answer: WorkflowTaskAnswer): WorkflowTaskAnswer {
  const bytes = excess(JSON.stringify(answer));
  if (bytes === undefined) return answer;
  const what =
    'completed' in answer
      ? `The commands of this workflow task (${answer.completed.commands.length}) are`
      : 'The failure of this workflow task is';
  return { failed: { cause: 'PAYLOADS_TOO_LARGE', failure: tooLarge(what, bytes) } };
}

export function boundedQueryAnswer(answer: WorkflowQueryAnswer): WorkflowQueryAnswer {
  const bytes = excess(JSON.stringify(answer));
  return bytes === undefined ? answer : { failed: tooLarge('The answer to this query is', bytes) };
}

/** The JSON of an activity's answer. */
export function boundedActivityAnswer(answer: ActivityTaskAnswer): string {
  const json = JSON.stringify(answer);
  const bytes = excess(json);
  if (bytes === undefined) return json;
  return JSON.stringify({ failed: { failure: tooLarge("The activity's answer is", bytes) } });
}

function tooLarge(what: string, bytes: number): Failure {
  return {
    message: `${what} too large: ${bytes} bytes of JSON; at most ${MAX_MESSAGE_BYTES} can be sent`,
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true },
  };
}
