import { describe, expect, it } from 'vitest';
import { chainOf, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

describe('an engine that forgets everything between every two calls', () => {
  it('goes through children, activities, updates, signals, queries and three runs as if nothing had happened', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const calmly = async <T>(call: () => Promise<T>): Promise<T> => {
        await env.sleep(0);
        env.evictAll();
        const answer = await call();
        await env.sleep(0);
        env.evictAll();
        return answer;
      };
      const options = { taskQueue: QUEUE, workflowId: 'tour' };
      const handle = await calmly(() => client.workflow.start(workflows.tour, options));
      for (let round = 1; round <= 3; round++) {
        const amount = round * 10;
        const update = { args: [amount] as [number], updateId: `u${round}` };
        expect(await calmly(() => handle.executeUpdate(workflows.deposit, update))).toBe(2 * amount);
        expect(await calmly(() => handle.executeUpdate(workflows.deposit, update))).toBe(2 * amount);
        const state = await calmly(() => handle.query(workflows.stateQuery));
        expect(state).toBe(`round ${round}, ${2 * round - 1} entries`);
        await calmly(() => handle.signal(workflows.note, `n${round}`));
        await calmly(() => env.sleep('12 hours'));
        await calmly(() => env.sleep('12 hours'));
        const { runId } = await calmly(() => handle.describe());
        if (round < 3) expect(runId).not.toBe(handle.firstExecutionRunId);
      }
      const expected = [1, 2, 3].flatMap((round) => [`deposit ${round * 20}`, `finished n${round}`]);
      expect(await calmly(() => handle.result())).toEqual(expected);
      expect(await chainOf(features, 'tour', handle.firstExecutionRunId)).toHaveLength(3);
      for (let round = 1; round <= 3; round++) {
        const child = client.workflow.getHandle(`tour/child-${round}`);
        expect(await calmly(() => child.result())).toBe(`finished n${round}`);
      }
    }));
});
