/**
 * Random programs on the real engine, with clients that send whatever they like whenever they like, and evictions in
 * between. Checked: everything comes to an end; what was acknowledged is in history, once; the order of one sender's
 * signals is kept. Temporal's replayer judges the histories afterwards.
 */

import { describe, expect, it } from 'vitest';
import {
  type HistoryEvent,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '../../sdk/client/index.ts';
import { attributesOf, historyEventName } from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromFirstPayloadJson } from '../../sdk/common/payload.ts';
import { QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

type Random = (below: number) => number;
function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 40_503) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

const POLICIES = ['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'] as const;
const CANCELLATIONS = [
  'WAIT_CANCELLATION_COMPLETED',
  'WAIT_CANCELLATION_REQUESTED',
  'TRY_CANCEL',
  'ABANDON',
] as const;

function randomPlan(random: Random, depth: number, ids: string[]): workflows.Deed[] {
  const someone = (): string => ids[random(ids.length)]!;
  const child = (): workflows.Deed => {
    // Some ids are taken.
    const workflowId = random(6) ? `w${ids.length}` : someone();
    ids.push(workflowId);
    return {
      do: 'child',
      workflowId,
      plan: randomPlan(random, depth - 1, ids),
      policy: POLICIES[random(3)]!,
      cancellationType: CANCELLATIONS[random(4)]!,
      ...(random(3) === 0 && { patience: 500 + random(5_000) }),
      ...(random(4) === 0 && { attempts: 2 }),
      ...(random(5) === 0 && { workflowRunTimeout: 1_000 + random(20_000) }),
      awaited: random(3) > 0,
    };
  };
  const leaf = (): workflows.Deed => {
    const choices: Array<() => workflows.Deed> = [
      () => ({ do: 'activity', n: random(100) }),
      () => ({ do: 'sleep', ms: random(6) * 1_000 }),
      () => ({ do: 'hear', count: 1 + random(6) }),
      () => ({ do: 'tell', workflowId: someone() }),
      () => ({ do: 'cancel', workflowId: random(2) ? someone() : 'nobody' }),
      () => ({ do: random(3) ? 'continue' : 'fail' }),
    ];
    const weights = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 5];
    return choices[weights[random(weights.length)]!]!();
  };
  const node = (): workflows.Deed =>
    random(3)
      ? child()
      : { do: 'both', of: [randomPlan(random, depth - 1, ids), randomPlan(random, depth - 1, ids)] };
  return Array.from({ length: 1 + random(4) }, () => (depth > 0 && random(2) ? node() : leaf()));
}

/** The texts that a workflow heard by signals, in the order of history, over all its runs. */
function signalled(events: HistoryEvent[]): string[] {
  return events.flatMap((event) => {
    if (historyEventName(event.eventType) !== 'WorkflowExecutionSignaled') return [];
    const { input } = attributesOf(event, 'WorkflowExecutionSignaled');
    return [fromFirstPayloadJson<string>(defaultPayloadConverter, input)];
  });
}

/** How often each child was said to have started (or not), and to have ended, by its initiated event. */
function children(events: HistoryEvent[]): Map<string, { starts: number; ends: number }> {
  const found = new Map<string, { starts: number; ends: number }>();
  for (const event of events) {
    const name = historyEventName(event.eventType)!;
    if (!/^(?:StartChildWorkflowExecutionFailed|ChildWorkflowExecution)/.test(name)) continue;
    const attributes = Object.entries(event).find(([key]) => key.endsWith('EventAttributes'))![1];
    const { initiatedEventId } = attributes as { initiatedEventId: string };
    const child = found.get(initiatedEventId) ?? { starts: 0, ends: 0 };
    if (/^StartChild|Started$/.test(name)) child.starts++;
    else child.ends++;
    found.set(initiatedEventId, child);
  }
  return found;
}

const ofType = (events: HistoryEvent[], name: string) =>
  events.filter((event) => historyEventName(event.eventType) === name);

describe('random programs', () => {
  it.each(Array.from({ length: Number(process.env.PERDURE_FEATURE_SEEDS ?? 25) }, (_, seed) => [seed]))(
    'with seed %i come to an end, and all that was acknowledged is in their histories once',
    (seed) =>
      withEngine(async ({ client, env }) => {
        const random = randomFrom(seed);
        const ids = ['w0'];
        const plan = randomPlan(random, 2, ids);
        await client.workflow.start(workflows.planned, { taskQueue: QUEUE, workflowId: 'w0', args: [plan] });
        const signals = new Map<string, string[]>();
        const updates: Array<Promise<{ workflowId: string; updateId: string; answer?: string } | undefined>> =
          [];
        for (let step = 0; step < 40; step++) {
          const workflowId = ids[random(ids.length)]!;
          const handle = client.workflow.getHandle(workflowId);
          const gone = (error: unknown): undefined => {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
          };
          const kind = random(12);
          if (kind < 4) {
            const text = `signal ${step}`;
            const heard = await handle.signal(workflows.hear, text).then(() => true, gone);
            if (heard) signals.set(workflowId, [...(signals.get(workflowId) ?? []), text]);
          } else if (kind < 7) {
            const updateId = `u${step}`;
            const args: [string, boolean] = [`${random(3) ? 'yes' : 'no'} ${step}`, random(2) > 0];
            const update = handle.executeUpdate(workflows.ask, { args, updateId }).then(
              (answer) => ({ workflowId, updateId, answer }),
              (error) => {
                if (error instanceof WorkflowUpdateFailedError) return { workflowId, updateId };
                return gone(error);
              },
            );
            updates.push(update);
            if (random(2)) await Promise.race([update, env.sleep('1 second')]);
          } else if (kind < 8) {
            await handle.query(workflows.heardQuery).catch(() => undefined);
          } else if (kind < 11) {
            await env.sleep(random(4_000));
          } else if (random(4) === 0) {
            await (random(2) ? handle.cancel() : handle.terminate()).catch(gone);
          }
          if (random(4) === 0) {
            // An eviction ends the calls that wait; a client would make them again, here nobody does.
            // One that waits between two attempts is answered by the next.
            await env.sleep('5 seconds');
            await Promise.all(updates);
            await env.sleep(0);
            env.evictAll();
          }
        }
        await env.sleep('1 day');
        const outcomes = await Promise.all(updates);

        const histories = new Map<string, HistoryEvent[]>();
        const runs: Array<{ workflowId: string; runId: string; startTime: Date; status: string }> = [];
        for await (const { workflowId, runId, startTime, status } of client.workflow.list())
          runs.push({ workflowId, runId, startTime, status: status.name });
        expect(runs.filter(({ status }) => status === 'RUNNING')).toEqual([]);
        for (const { workflowId, runId } of runs) {
          const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
          histories.set(workflowId, [...events, ...(histories.get(workflowId) ?? [])]);
          // One client sends one signal after the other: each run has them in that order.
          const numbers = signalled(events).flatMap((text) => /^signal (\d+)$/.exec(text)?.[1] ?? []);
          expect(numbers).toEqual(numbers.toSorted((a, b) => Number(a) - Number(b)));
          for (const [initiated, { starts, ends }] of children(events)) {
            expect([initiated, starts <= 1, ends <= starts]).toEqual([initiated, true, true]);
          }
        }
        for (const [workflowId, texts] of signals) {
          const heard = signalled(histories.get(workflowId)!).filter((text) => text.startsWith('signal'));
          expect([workflowId, heard.toSorted()]).toEqual([workflowId, texts.toSorted()]);
        }
        for (const outcome of outcomes) {
          if (!outcome) continue;
          const { workflowId, updateId, answer } = outcome;
          const completed = ofType(histories.get(workflowId)!, 'WorkflowExecutionUpdateCompleted').map(
            (event) => attributesOf(event, 'WorkflowExecutionUpdateCompleted'),
          );
          const own = completed.filter(({ meta }) => meta.updateId === updateId);
          // A refusal leaves nothing; a handler that failed, its failure.
          const successes = own.filter(({ outcome: { ...of } }) => 'success' in of);
          expect([updateId, successes.length]).toEqual([updateId, answer === undefined ? 0 : 1]);
          expect(own.length).toBeLessThanOrEqual(1);
        }
      }),
  );
});
