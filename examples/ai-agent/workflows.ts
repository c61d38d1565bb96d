/**
 * An agent: a model thinks, asks for tools, gets their answers and thinks again, until it is done. Thinking and tools are
 * activities, so nothing that was paid for is done twice. What costs money waits for a human. Whoever watches gets the
 * progress as it happens.
 */

import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  rootCause,
  setHandler,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Decision, Message, Progress, ToolCall } from './shared.ts';

/** Models are slow and often busy. */
const { think } = proxyActivities<typeof activities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 10 },
});
const tools = proxyActivities<Pick<typeof activities, 'weather' | 'refund'>>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumAttempts: 3 },
});
const NEEDS_APPROVAL = new Set<ToolCall['tool']>(['refund']);

/** Resolves when there is something new behind the first `seen` lines: call it again and again to follow. */
export const follow = defineUpdate<Progress, [seen: number]>('follow');
export const decide = defineUpdate<void, [Decision]>('decide');
export const say = defineSignal<[string]>('say');
export const getProgress = defineQuery<Progress>('progress');

export async function agent(task: string, maxTurns = 10): Promise<string> {
  const messages: Message[] = [{ role: 'user', text: task }];
  const lines: string[] = [];
  const waiting = new Map<string, ToolCall>();
  const decisions = new Map<string, Decision>();
  let over = false;

  setHandler(getProgress, () => ({ lines, over }));
  setHandler(follow, async (seen) => {
    await condition(() => over || lines.length > seen);
    return { lines: lines.slice(seen), over };
  });
  setHandler(say, (text) => {
    messages.push({ role: 'user', text });
    lines.push(`user: ${text}`);
  });
  setHandler(decide, (decision) => void decisions.set(decision.callId, decision), {
    validator: ({ callId }) => {
      if (!waiting.has(callId) || decisions.has(callId))
        throw new Error(`Nothing waits for a decision on ${callId}`);
    },
  });

  async function call(toolCall: ToolCall): Promise<string> {
    const { id, tool, input } = toolCall;
    if (NEEDS_APPROVAL.has(tool)) {
      waiting.set(id, toolCall);
      lines.push(`${id}: may I ${tool} ${JSON.stringify(input)}?`);
      const decided = await condition(() => decisions.has(id), '1 day');
      waiting.delete(id);
      const decision = decisions.get(id);
      if (!decided || !decision?.approved) return `refused by ${decision?.by ?? 'nobody, within a day'}`;
    }
    try {
      return await tools[tool](input);
    } catch (error) {
      // The model is told, and may find another way. A cancelled agent stops.
      if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure)
        return `failed: ${rootCause(error)}`;
      throw error;
    }
  }

  try {
    for (let turn = 1; turn <= maxTurns; turn++) {
      const reply = await think(messages);
      if ('answer' in reply) {
        lines.push(`answer: ${reply.answer}`);
        return reply.answer;
      }
      messages.push({ role: 'assistant', text: JSON.stringify(reply.calls) });
      await Promise.all(
        reply.calls.map(async (toolCall) => {
          const text = await call(toolCall);
          lines.push(`${toolCall.id}: ${toolCall.tool} ${text}`);
          messages.push({ role: 'tool', text, callId: toolCall.id });
        }),
      );
    }
    throw ApplicationFailure.create({ message: `No answer after ${maxTurns} turns`, type: 'TooManyTurns' });
  } finally {
    over = true;
    // Those who follow get the last lines.
    await condition(allHandlersFinished);
  }
}
