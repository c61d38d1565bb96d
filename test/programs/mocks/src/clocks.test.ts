import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { clocks, order } from './workflows';

let env: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  env = await TestWorkflowEnvironment.createLocal();
}, 30_000);
afterAll(() => env?.teardown());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const now = new Date('2001-02-03');
const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
const others = ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const;

test.each<[string, number, () => unknown]>([
  ['a system time', 2001, () => jest.useFakeTimers({ now, doNotFake: [...timers, ...others] })],
  ['timers', 2001, () => jest.useFakeTimers({ now, doNotFake: [...others] })],
  [
    'a mocked Date.now',
    new Date().getUTCFullYear(),
    () => jest.spyOn(Date, 'now').mockReturnValue(now.getTime()),
  ],
])(
  'workflows run beside %s of the test',
  async (name, year, fake) => {
    const options = { taskQueue: name, workflowId: name };
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: name,
      workflowsPath: require.resolve('./workflows'),
      activities,
    });
    fake();
    await worker.runUntil(async () => {
      const { workflow } = env.client;
      expect(await workflow.execute(order, { ...options, args: ['1', 5] })).toBe(`charged 5 in ${year}`);
      const seen = await workflow.execute(clocks, { ...options, workflowId: `${name} clocks` });
      expect(seen.year).toBeGreaterThan(2020);
      expect(seen.passed).toBeGreaterThanOrEqual(50);
    });
  },
  15_000,
);

test('activities alone follow the timers of the test', async () => {
  jest.useFakeTimers();
  const mock = new MockActivityEnvironment({ heartbeatDetails: 1 });
  const beats: number[] = [];
  mock.on('heartbeat', (n) => beats.push(n));
  const polled = mock.run(activities.poll, 4);
  await jest.advanceTimersByTimeAsync(3_500);
  expect(await polled).toBe(4);
  expect(beats).toEqual([1, 2, 3]);
});
