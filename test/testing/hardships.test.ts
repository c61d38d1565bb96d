/** An engine in memory that has a hard time: what a test sees is what it sees without. */

import { describe, expect, it } from 'vitest';
import { Hardship, Hardships } from '../../sdk/testing/hardships.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { activities, QUEUE, START } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';

const SEEDS = Array.from({ length: 6 }, (_, n) => n + 1);

/** Three runs with activities, children, updates, queries and signals; and a schedule. */
async function tour(hardships: Hardships): Promise<unknown[]> {
  const engine = new MemoryEngine(START, { hardships });
  const env = TestWorkflowEnvironment.skippingOn(engine, {});
  try {
    return await env.runUntil({ taskQueue: QUEUE, workflows, activities }, async () => {
      const { workflow, schedule } = env.client;
      const daily = await schedule.create({
        scheduleId: 'daily',
        spec: { intervals: [{ every: '1 day' }] },
        action: {
          type: 'startWorkflow',
          workflowId: 'daily',
          workflowType: workflows.tagged,
          taskQueue: QUEUE,
        },
      });
      const handle = await workflow.start(workflows.tour, { taskQueue: QUEUE, workflowId: 'tour' });
      const seen: unknown[] = [];
      for (let round = 1; round <= 3; round++) {
        const update = { args: [round * 10] as [number], updateId: `u${round}` };
        seen.push(await handle.executeUpdate(workflows.deposit, update));
        await env.sleep(0);
        seen.push(await handle.query(workflows.stateQuery));
        await handle.signal(workflows.note, `n${round}`);
        await env.sleep('1 day');
      }
      seen.push(await handle.result());
      seen.push((await daily.describe()).info.numActionsTaken);
      const { events } = await workflow.getHandle('tour').fetchHistory();
      seen.push(events.length);
      await daily.delete();
      return seen;
    });
  } finally {
    await env.teardown();
  }
}

describe('a test on an engine in memory', () => {
  it('sees the same where objects lose their memory between any two calls', async () => {
    expect(await tour(new Hardships({ evicts: true }))).toEqual(await tour(new Hardships({})));
  });

  it.each(SEEDS)('sees the same where one call in a hundred fails, seed %i', async (seed) => {
    const hardships = new Hardships({ seed, evicts: seed % 3 === 0 });
    let struck = 0;
    const { strike } = hardships;
    hardships.strike = () => {
      const how = strike.call(hardships);
      if (how) struck++;
      return how;
    };
    const calm = await tour(new Hardships({}));
    expect((await tour(hardships)).slice(0, -1)).toEqual(calm.slice(0, -1));
    expect(struck).toBeGreaterThan(0);
  });
});

describe('hardships', () => {
  it('are what the environment says, and refused when it says nonsense', () => {
    expect(Hardships.fromEnvironment('').any).toBe(false);
    expect(Hardships.fromEnvironment('evict')).toMatchObject({ evicts: true, any: true });
    expect(Hardships.fromEnvironment('evict,faults=7')).toMatchObject({ evicts: true, any: true });
    expect(Hardships.fromEnvironment('faults')).toMatchObject({ evicts: false, any: true });
    expect(() => Hardships.fromEnvironment('faults=many')).toThrow('"faults=many" is neither');
  });

  it('strike one call in a hundred, half of them before it is done, the same for the same seed', () => {
    const strikes = (seed: number) => {
      const hardships = new Hardships({ seed });
      return Array.from({ length: 100_000 }, () => hardships.strike());
    };
    const all = strikes(3);
    const count = (how: string) => all.filter((struck) => struck === how).length;
    expect(Math.abs(count('before') - 500)).toBeLessThan(100);
    expect(Math.abs(count('after') - 500)).toBeLessThan(100);
    expect(strikes(3)).toEqual(all);
    expect(strikes(4)).not.toEqual(all);
  });

  it('lose a call or its answer, and then ask for it to be mended', async () => {
    const hardships = new Hardships({});
    const log: string[] = [];
    const call = async () => void log.push('done');
    const mend = () => void log.push('mended');
    for (const how of ['before', 'after', undefined] as const) {
      hardships.strike = () => how;
      await hardships.around('it', call, mend).catch((error: unknown) => {
        expect(error).toBeInstanceOf(Hardship);
        log.push((error as Error).message);
      });
    }
    expect(log).toEqual(['mended', 'it was lost', 'done', 'mended', 'the answer of it was lost', 'done']);
  });
});
