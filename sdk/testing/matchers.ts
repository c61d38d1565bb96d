/**
 * `toReplayWith`, in the form that `expect.extend` of vitest and of jest takes.
 * @module perdure/testing/matchers
 */

import type { HistoryAndWorkflowId } from '../common/types.ts';
import { identifiedHistory } from '../worker/history-json.ts';
import { Worker } from '../worker/node.ts';
import type { ReplayResult, ReplayWorkerOptions } from '../worker/replay.ts';
import { replayLines } from '../worker/replay-text.ts';

export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

export interface ReplayMatchers {
  /**
   * The history, or every one of a list or stream of `{ workflowId, history }`, replays with this workflow code. To be
   * awaited: `await expect(history).toReplayWith({ workflowsPath })`.
   */
  toReplayWith(options: ReplayWorkerOptions): Promise<void>;
}

export const replayMatchers: {
  toReplayWith(received: unknown, options: ReplayWorkerOptions): Promise<MatcherResult>;
} = {
  async toReplayWith(received, options) {
    const wrong: ReplayResult[] = [];
    let count = 0;
    for await (const result of Worker.runReplayHistories(options, historiesOf(received))) {
      count++;
      if (result.error) wrong.push(result);
    }
    const pass = count > 0 && wrong.length === 0;
    return {
      pass,
      message: () => {
        if (count === 0) return 'There is no history to replay';
        if (pass)
          return `The workflow code replays ${count === 1 ? 'the history' : `all ${count} histories`}, and should not`;
        return wrong.map((result) => replayLines(result).join('\n')).join('\n\n');
      },
    };
  },
};

/** One history in any of its forms, or many with their ids. */
function historiesOf(
  received: unknown,
): AsyncIterable<HistoryAndWorkflowId> | Iterable<HistoryAndWorkflowId> {
  const many = received as Partial<AsyncIterable<HistoryAndWorkflowId> & Iterable<HistoryAndWorkflowId>>;
  const list = Array.isArray(received) && !(received.length > 0 && 'eventType' in Object(received[0]));
  if (list || (!Array.isArray(received) && (many?.[Symbol.asyncIterator] || many?.[Symbol.iterator]))) {
    return received as AsyncIterable<HistoryAndWorkflowId>;
  }
  return [identifiedHistory(received, 'history')];
}
