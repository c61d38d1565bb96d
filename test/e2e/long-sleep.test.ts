/** A sleep of 24 hours over many kills of the engine. Its clock moves on while it is dead; cron alone wakes the run. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { shortType, until } from '../http-api.ts';
import { nothingRanAgain } from './judge.ts';
import { readLines } from './ledger.ts';
import { keepHistory, quick, TASK_QUEUE, World } from './processes.ts';

const HOUR = 3_600_000;
const RESTARTS = quick ? 3 : 10;

const world = new World();

beforeAll(async () => {
  await world.startEngine();
  await (await world.testWorker('sleeper')).serve();
});
afterAll(() => world.end());

it(`sleeps 24 hours over ${RESTARTS} kills of the engine, and goes on with nothing but the cron endpoint`, async () => {
  const { api } = world;
  await api.start({
    workflowId: 'day',
    workflowType: 'nap',
    taskQueue: TASK_QUEUE,
    args: ['day', 24 * HOUR],
  });
  await until('the timer', async () => (await api.eventTypes('day')).includes('TimerStarted'));
  const woken = (): boolean => readLines(world.ledger).some((line) => line.key === 'day/after');
  for (let restart = 1; restart <= RESTARTS; restart++) {
    const hours = (restart * 24.5) / RESTARTS;
    await world.killEngine();
    console.log(
      `kill -9 no. ${restart}: engine; in flight: a sleep of 24 h; next it is ${hours.toFixed(1)} h later`,
    );
    world.vars = { CLOCK_OFFSET_MS: String(Math.round(hours * HOUR)) };
    await world.startEngine();
    expect(woken()).toBe(false);
    if (restart === RESTARTS) break;
    await world.sweep();
    expect((await api.eventTypes('day')).includes('TimerFired'), `fired after ${hours} h`).toBe(false);
  }
  // From here on nobody asks for the run: the ledger on disk tells that it went on.
  await until(
    'the run to wake',
    async () => {
      await world.sweep();
      return woken();
    },
    30_000,
  );
  expect(await api.result('day', 30_000)).toEqual(['day/before', 'day/after']);
  const events = await api.history('day');
  const [started, fired] = ['TimerStarted', 'TimerFired'].map((type) => {
    const found = events.filter((event) => shortType(event) === type);
    expect(found).toHaveLength(1);
    return Date.parse(found[0]!.eventTime as string);
  });
  expect(fired! - started!).toBeGreaterThanOrEqual(24 * HOUR);
  expect(await nothingRanAgain(api, world.ledger, ['day'])).toBe(2);
  // Alarms know nothing of the offset; a timer that is started now still fires in time.
  await api.start({
    workflowId: 'second',
    workflowType: 'nap',
    taskQueue: TASK_QUEUE,
    args: ['second', 1_000],
  });
  expect(await api.result('second', 15_000)).toEqual(['second/before', 'second/after']);
  await keepHistory(api, 'day');
});
