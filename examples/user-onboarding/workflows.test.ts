import { crashEverywhere, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Mail, TASK_QUEUE, type User } from './shared.ts';
import * as workflows from './workflows.ts';

const { onboard, active, verified, getStage } = workflows;
const user: User = { id: 'ada', email: 'ada@example.com' };
const HOUR = 3_600_000;

let env: TestWorkflowEnvironment;
let begun: number;
/** What was sent, and after how many hours. */
let sent: Array<[hours: number, mail: Mail]>;
let statuses: string[];
const activities = {
  sendMail: async (_: User, mail: Mail) =>
    void sent.push([Math.round(((await env.currentTimeMs()) - begun) / HOUR), mail]),
  setStatus: async (_: User, status: string) => void statuses.push(status),
};

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(async () => {
  begun = await env.currentTimeMs();
  sent = [];
  statuses = [];
});

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = () =>
  env.client.workflow.start(onboard, {
    taskQueue: TASK_QUEUE,
    workflowId: crypto.randomUUID(),
    args: [user],
  });

describe('a new user', () => {
  it('who never begins is reminded after a day, three days and a week, and inactive after two', async () => {
    expect(await serve(async () => (await start()).result())).toBe('inactive');
    expect(sent).toEqual([
      [0, 'welcome'],
      [24, 'verify your address'],
      [72, 'how others began'],
      [168, 'we miss you'],
    ]);
    expect(statuses).toEqual(['inactive']);
    expect((await env.currentTimeMs()) - begun).toBeGreaterThanOrEqual(14 * 24 * HOUR);
  });

  it('who has verified the address is not reminded of it, and who has begun of nothing', async () => {
    await serve(async () => {
      const handle = await start();
      await handle.signal(verified);
      await env.sleep('30 hours');
      expect(await handle.query(getStage)).toBe('welcome');
      await env.sleep('50 hours');
      await handle.signal(active);
      expect(await handle.result()).toBe('active');
    });
    expect(sent).toEqual([
      [0, 'welcome'],
      [72, 'how others began'],
      [80, 'you are all set'],
    ]);
  });

  it('gets a mail later when mails could not be sent, and the next one when it is due', async () => {
    const faults = { activities: { sendMail: failFirst(12) } };
    await env.withFaults(faults, () => serve(async () => (await start()).result()));
    expect(sent.map(([, mail]) => mail)).toHaveLength(4);
    expect(sent.at(-1)).toEqual([168, 'we miss you']);
  });
});

it('is looked after wherever the engine dies', async () => {
  const { result } = await crashEverywhere(async (crashing) => {
    const mails = new Set<Mail>();
    const serving = {
      sendMail: async (_: User, mail: Mail) => void mails.add(mail),
      setStatus: async () => {},
    };
    const worker = { taskQueue: TASK_QUEUE, workflows, activities: serving };
    return crashing.runUntil(worker, async () => {
      const started = { taskQueue: TASK_QUEUE, workflowId: 'ada', args: [user] as [User] };
      const handle = await crashing.client.workflow.start(onboard, started);
      await crashing.sleep('4 days');
      await handle.signal(active);
      return [await handle.result(), ...mails];
    });
  });
  expect(result).toEqual(['active', 'welcome', 'verify your address', 'how others began', 'you are all set']);
});
