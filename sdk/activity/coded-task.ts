/** An activity task whose payloads pass the codecs: decoded before the attempt, encoded in its heartbeats and its answer. */

import { FAILURE_SOURCE, messageOf } from '../common/failure.ts';
import { messageCodec, type PayloadCodec } from '../common/payload-codec.ts';
import { activityContext } from '../common/serialization-context.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import type { ExecuteActivityOptions } from './execute.ts';

type Outcome = ActivityTaskAnswer | 'async';

/** A codec that fails, fails the attempt: the retry policy decides what follows. */
export async function throughCodecs(
  codecs: readonly PayloadCodec[],
  task: ActivityTask,
  options: ExecuteActivityOptions,
  execute: (task: ActivityTask, options: ExecuteActivityOptions) => Promise<Outcome>,
): Promise<Outcome> {
  const codec = messageCodec(codecs, activityContext(task));
  const { identity } = options;
  const recordHeartbeat: ExecuteActivityOptions['recordHeartbeat'] = async (request) =>
    options.recordHeartbeat(await codec.encode(request));
  let decoded: ActivityTask;
  try {
    decoded = await codec.decode(task);
  } catch (error) {
    return failed(
      `The input of activity ${task.activityType} could not be decoded: ${messageOf(error)}`,
      identity,
    );
  }
  const answer = await execute(decoded, { ...options, recordHeartbeat });
  if (answer === 'async') return answer;
  try {
    return await codec.encode(answer);
  } catch (error) {
    return failed(
      `The answer of activity ${task.activityType} could not be encoded: ${messageOf(error)}`,
      identity,
    );
  }
}

/** In plain text, and of the codec's error alone: what could not be encoded must not travel. */
function failed(message: string, identity: string): ActivityTaskAnswer {
  const applicationFailureInfo = { type: 'PayloadCodecError', nonRetryable: false };
  return { failed: { failure: { message, source: FAILURE_SOURCE, applicationFailureInfo }, identity } };
}
