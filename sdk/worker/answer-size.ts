/**
 * Answers that no transport carries are replaced by failures that say so: an answer that is lost on its way would be
 * asked for again for ever, and nobody would see why.
 */

import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import type { WorkflowQueryAnswer, WorkflowTaskAnswer } from '../common/worker-protocol.ts';

/** Of JSON. JS RPC carries 32 MiB; half of it leaves room for what surrounds the answer. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** The bytes of its JSON when they are too many. */
function excess(answer: object): number | undefined {
  const json = JSON.stringify(answer);
  // No character takes more than three bytes.
  if (json.length * 3 <= MAX_ANSWER_BYTES) return undefined;
  const bytes = new TextEncoder().encode(json).byteLength;
  return bytes > MAX_ANSWER_BYTES ? bytes : undefined;
}

export function boundedTaskAnswer(answer: WorkflowTaskAnswer): WorkflowTaskAnswer {
  const bytes = excess(answer);
  if (bytes === undefined) return answer;
  const what =
    'completed' in answer
      ? `The commands of this workflow task (${answer.completed.commands.length}) are`
      : 'The failure of this workflow task is';
  return { failed: { cause: 'PAYLOADS_TOO_LARGE', failure: tooLarge(what, bytes) } };
}

export function boundedQueryAnswer(answer: WorkflowQueryAnswer): WorkflowQueryAnswer {
  const bytes = excess(answer);
  return bytes === undefined ? answer : { failed: tooLarge('The answer to this query is', bytes) };
}

function tooLarge(what: string, bytes: number): Failure {
  return {
    message: `${what} too large: ${bytes} bytes of JSON; at most ${MAX_ANSWER_BYTES} can be sent`,
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true },
  };
}
