/**
 * kill -9 of the engine, of the Worker and of both, with something known in flight each time. Whatever was acknowledged
 * must finish, in the right way, by itself; the verdict comes from the ledgers on disk.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpApi, shortType, until } from '../http-api.ts';
import { bankIsRight, nothingRanAgain } from './judge.ts';
import { readLines } from './ledger.ts';
import { keepHistory, quick, TASK_QUEUE, type WorkerProcess, World } from './processes.ts';

type Victim = 'engine' | 'Worker' | 'both';

/** Something in flight, and what must be true of it in the end. */
interface InFlight {
  workflowId: string;
  /** For the log. */
  what: string;
  /** After everything is up again. */
  check(victim: Victim): Promise<void>;
}

const world = new World();
/** The engine's port is known once it has been started. */
const api = (): HttpApi => world.api;
let transferWorker: WorkerProcess;
let testWorker: WorkerProcess;
const transfers: Array<{ workflowId: string; referenceId: string; amount: number }> = [];
const runs: string[] = [];
let kills = 0;

beforeAll(async () => {
  await world.startEngine();
  transferWorker = await world.transferWorker(400);
  testWorker = await world.testWorker('worker-1');
  await Promise.all([transferWorker.serve(), testWorker.serve()]);
});

afterAll(() => world.end());

async function killAndRestart(victim: Victim, what: string): Promise<void> {
  kills++;
  const workers = [transferWorker, testWorker];
  await Promise.all([
    victim === 'Worker' ? undefined : world.killEngine(),
    ...(victim === 'engine' ? [] : workers.map((worker) => worker.kill())),
  ]);
  console.log(`kill -9 no. ${kills}: ${victim}; in flight: ${what}`);
  if (victim !== 'Worker') await world.startEngine();
  if (victim !== 'engine') for (const worker of workers) worker.start();
}

async function startTransfer(workflowId: string): Promise<void> {
  const amount = 1 + transfers.length;
  const details = { amount, sourceAccount: 'acct-alice', targetAccount: 'acct-bob', referenceId: workflowId };
  await api().start({
    workflowId,
    workflowType: 'moneyTransfer',
    taskQueue: 'money-transfer',
    args: [details],
  });
  transfers.push({ workflowId, referenceId: workflowId, amount });
}

async function startRun(workflowId: string, workflowType: string, args: unknown[]): Promise<void> {
  await api().start({ workflowId, workflowType, taskQueue: TASK_QUEUE, args });
  runs.push(workflowId);
}

/** Lines that the activity with this key has begun. */
function begun(key: string): number {
  return readLines(world.ledger).filter((line) => line.key === key && line.what === 'begin').length;
}

/** Looks only at a ledger: no request may be what brings the run back. */
function byItself(what: string, seen: () => boolean): Promise<boolean> {
  return until(`${what}, with no request to the run`, seen, 30_000);
}

/** Calls to the bank for a transfer, as its ledger has them. */
function movements(referenceId: string): string[] {
  const lines = readLines<{ kind: string; referenceId: string }>(`${world.bankDir}/ledger.jsonl`);
  return lines.filter((line) => line.referenceId === referenceId).map((line) => line.kind);
}

async function attemptsOf(workflowId: string): Promise<number[]> {
  const events = await api().history(workflowId);
  return events.flatMap((event) => {
    const { activityTaskStartedEventAttributes } = event as {
      activityTaskStartedEventAttributes?: { attempt: number };
    };
    return activityTaskStartedEventAttributes ? [activityTaskStartedEventAttributes.attempt] : [];
  });
}

async function midTransfer(workflowId: string, activityType: string): Promise<InFlight> {
  await startTransfer(workflowId);
  const pending = await until(`${activityType} to run`, async () => {
    const { pendingActivities } = await api().describe(workflowId);
    return pendingActivities.find((a) => a.activityType.name === activityType && a.state.endsWith('STARTED'));
  });
  const since = Date.now() - Date.parse(pending.lastStartedTime!);
  return {
    workflowId,
    what: `activity ${activityType}, attempt ${pending.attempt}, running for ${since} of 400 ms`,
    async check(victim) {
      await byItself('the deposit', () => movements(workflowId).includes('deposit'));
      expect(await api().result(workflowId, 60_000)).toMatch(/^Transfer complete/);
      // Neither a dead engine nor a dead Worker uses up an attempt.
      expect(await attemptsOf(workflowId)).toEqual([1, 1]);
      // A Worker that lived through it joins the same execution.
      if (victim === 'engine') expect(movements(workflowId)).toEqual(['withdraw', 'deposit']);
    },
  };
}

const moments: Record<string, (workflowId: string) => Promise<InFlight>> = {
  'mid-activity (withdraw)': (id) => midTransfer(id, 'withdraw'),
  'mid-activity (deposit)': (id) => midTransfer(id, 'deposit'),

  async 'mid-activity (of no workflow)'(activityId) {
    const ms = 1_000;
    const { runId } = await api().ok<{ runId: string }>('POST', `/activities/${activityId}`, {
      activityType: { name: 'work' },
      taskQueue: { name: TASK_QUEUE },
      input: [activityId, ms],
      startToCloseTimeout: '60s',
    });
    await until('the activity to begin', () => begun(activityId) > 0);
    return {
      workflowId: activityId,
      what: `an activity of ${ms} ms that belongs to no workflow and has just begun`,
      async check(victim) {
        const lines = () => readLines(world.ledger).filter((line) => line.key === activityId);
        await byItself('its end', () => lines().some(({ what }) => what === 'end'));
        const path = `/activities/${activityId}/outcome?waitMs=60000`;
        const { outcome } = await api().ok<{ outcome: { result: string[] } }>('GET', path);
        expect(outcome.result).toEqual([activityId]);
        expect(new Set(lines().map((line) => `${line.runId} ${line.attempt}`))).toEqual(
          new Set([`${runId} 1`]),
        );
        expect(begun(activityId)).toBeLessThanOrEqual(victim === 'engine' ? 1 : 2);
      },
    };
  },

  async 'mid-timer'(workflowId) {
    const ms = 3_000;
    await startRun(workflowId, 'nap', [workflowId, ms]);
    await until('the timer', async () => (await api().eventTypes(workflowId)).includes('TimerStarted'));
    return {
      workflowId,
      what: `a timer of ${ms} ms that has just started`,
      async check() {
        expect(await api().result(workflowId, 60_000)).toEqual([
          `${workflowId}/before`,
          `${workflowId}/after`,
        ]);
        const events = await api().history(workflowId);
        const [started, fired] = ['TimerStarted', 'TimerFired'].map((type) => {
          const found = events.filter((event) => shortType(event) === type);
          expect(found).toHaveLength(1);
          return Date.parse(found[0]!.eventTime as string);
        });
        expect(fired! - started!).toBeGreaterThanOrEqual(ms);
      },
    };
  },

  async 'right after an acknowledged start'(workflowId) {
    await startTransfer(workflowId);
    return {
      workflowId,
      what: 'a transfer whose start was acknowledged a moment ago',
      async check() {
        await byItself('the deposit', () => movements(workflowId).includes('deposit'));
        expect(await api().result(workflowId, 60_000)).toMatch(/^Transfer complete/);
      },
    };
  },

  async 'right after an acknowledged signal'(workflowId) {
    await startRun(workflowId, 'gather', [workflowId, 3]);
    await api().signal(workflowId, 'add', ['one'], 'r1');
    await api().signal(workflowId, 'add', ['two'], 'r2');
    return {
      workflowId,
      what: 'two signals, the second acknowledged a moment ago',
      async check() {
        // The client does not know whether its second signal arrived, and sends it again.
        await api().signal(workflowId, 'add', ['two'], 'r2');
        await api().signal(workflowId, 'add', ['three'], 'r3');
        expect(await api().result(workflowId, 60_000)).toEqual(['one', 'two', 'three']);
        const types = await api().eventTypes(workflowId);
        expect(types.filter((type) => type === 'WorkflowExecutionSignaled')).toHaveLength(3);
      },
    };
  },

  async 'right after a recorded completion'(workflowId) {
    await startRun(workflowId, 'steps', [workflowId, 2, 300]);
    await until('the first completion', async () =>
      (await api().eventTypes(workflowId)).includes('ActivityTaskCompleted'),
    );
    return {
      workflowId,
      what: 'the second of two activities, the completion of the first recorded a moment ago',
      async check(victim) {
        expect(await api().result(workflowId, 60_000)).toEqual([`${workflowId}/0`, `${workflowId}/1`]);
        expect(begun(`${workflowId}/0`)).toBe(1);
        // A Worker that lived through it joins the same execution; one that died with it must begin again.
        expect(begun(`${workflowId}/1`)).toBeLessThanOrEqual(victim === 'engine' ? 1 : 2);
      },
    };
  },

  async 'right after an acknowledged close'(workflowId) {
    await startRun(workflowId, 'steps', [workflowId, 1, 0]);
    const result = await api().result(workflowId);
    return {
      workflowId,
      what: 'nothing: a run whose result was read a moment ago',
      async check() {
        expect(await api().result(workflowId)).toEqual(result);
        expect(begun(`${workflowId}/0`)).toBe(1);
      },
    };
  },
};

/** What the gate has time for. */
const quickMoments: Record<Victim, string[]> = {
  engine: Object.keys(moments).filter((moment) => !/deposit|close/.test(moment)),
  Worker: ['mid-activity (withdraw)', 'mid-timer'],
  both: [
    'mid-activity (withdraw)',
    'mid-activity (of no workflow)',
    'mid-timer',
    'right after an acknowledged signal',
  ],
};
const cases = (['engine', 'Worker', 'both'] as const).flatMap((victim) =>
  Object.keys(moments)
    .filter((moment) => !quick || quickMoments[victim].includes(moment))
    .map((moment) => ({ victim, moment })),
);

describe('kill -9', () => {
  it.each(cases)('of $victim, $moment', async ({ victim, moment }) => {
    const workflowId = `${victim}-${moment.replace(/\W+/g, '-')}`;
    const { what, check } = await moments[moment]!(workflowId);
    await killAndRestart(victim, what);
    await check(victim);
  });

  it(`of anything, ${quick ? 3 : 8} times, under twenty runs at once`, async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `storm-${i}`);
    for (const [i, id] of ids.entries()) {
      if (i % 4 === 0) await startTransfer(id);
      else if (i % 4 === 1) await startRun(id, 'steps', [id, 4, 500]);
      else if (i % 4 === 2) await startRun(id, 'nap', [id, 2_000 + 200 * i]);
      else await startRun(id, 'gather', [id, 3]);
    }
    const gathering = ids.filter((_, i) => i % 4 === 3);
    const victims: Victim[] = ['engine', 'both', 'Worker', 'engine', 'engine', 'both', 'Worker', 'engine'];
    const acknowledged: string[] = [];
    for (const [round, victim] of victims.slice(0, quick ? 3 : 8).entries()) {
      if (round < 3) {
        for (const id of gathering) {
          await api().signal(id, 'add', [`${id}-${round}`], `${id}-${round}`);
          acknowledged.push(`${id}-${round}`);
        }
      }
      const open = await until('a list', () => api().count("ExecutionStatus = 'Running'"));
      const lines = readLines(world.ledger);
      const ended = new Set(lines.filter(({ what }) => what === 'end').map(({ key }) => key));
      const running = new Set(lines.filter(({ key }) => !ended.has(key)).map(({ key }) => key)).size;
      await killAndRestart(
        victim,
        `${open} open runs, ${running} activities of the test Worker in the middle`,
      );
      // Everything gets on a little before the next one.
      const before = readLines(world.ledger).length;
      await until('some progress', () => readLines(world.ledger).length >= before + 4, 4_000).catch(
        () => undefined,
      );
    }
    for (const id of ids) await api().closed(id, 60_000);
    for (const id of gathering) {
      const expected = [0, 1, 2].map((round) => `${id}-${round}`);
      expect(await api().result(id)).toEqual(expected);
    }
    expect(acknowledged).toHaveLength(gathering.length * 3);
  });

  it('left nothing open, lost and doubled nothing: the verdict of the ledgers', async () => {
    await until(
      'every run to be closed',
      async () => (await api().count("ExecutionStatus = 'Running'")) === 0,
      60_000,
    );
    await bankIsRight(api(), world.bankDir, transfers);
    const activities = await nothingRanAgain(api(), world.ledger, runs);
    const completed = await api().count("ExecutionStatus = 'Completed'");
    expect(completed).toBe(transfers.length + runs.length);
    for (const { workflowId } of transfers)
      await keepHistory(api(), workflowId, 'examples/money-transfer/workflows.ts');
    for (const workflowId of runs) await keepHistory(api(), workflowId);
    console.log(
      `${kills} kills, ${completed} runs, ${activities} activities in the ledger, ${transfers.length} transfers: nothing lost, nothing doubled`,
    );
  });
});
