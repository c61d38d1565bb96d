import { crashEverywhere, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as made from './activities.ts';
import { linesOf } from './follow.ts';
import { type Message, type Reply, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { agent, decide, say, getProgress } = workflows;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const serve = <T>(work: () => Promise<T>, activities: object = made): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = (task: string, maxTurns?: number) =>
  env.client.workflow.start(agent, {
    taskQueue: TASK_QUEUE,
    workflowId: crypto.randomUUID(),
    args: maxTurns === undefined ? [task] : [task, maxTurns],
  });

describe('an agent', () => {
  it('calls tools side by side and answers', () =>
    serve(async () => {
      const handle = await start('The weather in Oslo and the weather in Rome, please');
      expect(await handle.result()).toBe(
        'weather-Oslo: 16 degrees in Oslo; weather-Rome: 16 degrees in Rome',
      );
    }));

  it('tells the model of a tool that fails, and is patient with a busy model', async () => {
    const faults = { activities: { think: failFirst(5, 'overloaded') } };
    const answer = env.withFaults(faults, () =>
      serve(async () => (await start('weather in Atlantis')).result()),
    );
    expect(await answer).toBe('weather-Atlantis: failed: there is no Atlantis');
  });

  it('listens while it works', () =>
    serve(async () => {
      const handle = await start('refund order 7');
      await env.sleep('1 second');
      await handle.signal(say, 'and the weather in Oslo');
      await handle.executeUpdate(decide, { args: [{ callId: 'refund-7', approved: true, by: 'Ada' }] });
      expect(await handle.result()).toBe('refund-7: refunded order 7; weather-Oslo: 16 degrees in Oslo');
    }));

  it('gives up after so many turns', async () => {
    let turns = 0;
    const think = async (_: Message[]): Promise<Reply> => ({
      calls: [{ id: `weather-${++turns}`, tool: 'weather', input: { city: 'Oslo' } }],
    });
    const failed = serve(async () => (await start('anything', 4)).result(), { ...made, think });
    await expect(failed).rejects.toMatchObject({ cause: { type: 'TooManyTurns' } });
    expect(turns).toBe(4);
  });
});

describe('a human in the loop', () => {
  it('is asked before money moves, and may refuse', () =>
    serve(async () => {
      const handle = await start('refund order 7');
      await env.sleep('1 hour');
      expect((await handle.query(getProgress)).lines).toEqual(['refund-7: may I refund {"order":"7"}?']);
      const decision = { callId: 'refund-7', approved: false, by: 'Ada' };
      const other = handle.executeUpdate(decide, { args: [{ ...decision, callId: 'refund-8' }] });
      await expect(other).rejects.toMatchObject({
        cause: { message: 'Nothing waits for a decision on refund-8' },
      });
      await handle.executeUpdate(decide, { args: [decision] });
      expect(await handle.result()).toBe('refund-7: refused by Ada');
    }));

  it('who does not answer for a day has refused', () =>
    serve(async () => {
      const handle = await start('refund order 7');
      expect(await handle.result()).toBe('refund-7: refused by nobody, within a day');
    }));

  it('sees the progress as it happens, to the last line', () =>
    serve(async () => {
      const handle = await start('the weather in Oslo, and refund order 7');
      const seen: string[] = [];
      for await (const line of linesOf(handle)) {
        seen.push(line);
        if (line.includes('may I'))
          await handle.executeUpdate(decide, { args: [{ callId: 'refund-7', approved: true, by: 'Ada' }] });
      }
      expect(seen.at(-1)).toMatch(/^answer: /);
      // Whoever comes too late sees all of it as well.
      const late: string[] = [];
      for await (const line of linesOf(handle)) late.push(line);
      expect(late).toEqual(seen);
      expect(seen.sort()).toEqual([
        'answer: weather-Oslo: 16 degrees in Oslo; refund-7: refunded order 7',
        'refund-7: may I refund {"order":"7"}?',
        'refund-7: refund refunded order 7',
        'weather-Oslo: weather 16 degrees in Oslo',
      ]);
    }));
});

it('asks the model no more often than it must, wherever the engine dies', async () => {
  const { result } = await crashEverywhere((crashing) => {
    let thoughts = 0;
    const think = async (messages: Message[]): Promise<Reply> => {
      thoughts++;
      return made.think(messages);
    };
    return crashing.runUntil(
      { taskQueue: TASK_QUEUE, workflows, activities: { ...made, think } },
      async () => {
        const handle = await crashing.client.workflow.start(agent, {
          ...{ taskQueue: TASK_QUEUE, workflowId: 'agent', args: ['refund order 7'] as [string] },
        });
        await crashing.sleep('1 second');
        await handle.executeUpdate(decide, { args: [{ callId: 'refund-7', approved: true, by: 'Ada' }] });
        return [await handle.result(), thoughts];
      },
    );
  });
  expect(result).toEqual(['refund-7: refunded order 7', 2]);
});
