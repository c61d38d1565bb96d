import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { Driver, names, resultOf } from './driver.ts';
import { START_TIME } from './history-builder.ts';

describe('globals in a workflow', () => {
  it('give the time of the current task, the same in every replay', async () => {
    async function clock(): Promise<unknown[]> {
      const before = [Date.now(), new Date().toISOString(), performance.now(), new Date(5).getTime()];
      await wf.sleep(90_000);
      return [...before, Date.now(), performance.now(), wf.workflowInfo().startTime.getTime()];
    }
    const run = new Driver(clock);
    await run.task();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toEqual([
      START_TIME,
      '2026-01-01T00:00:00.000Z',
      0,
      5,
      START_TIME + 90_000,
      90_000,
      START_TIME,
    ]);
  });

  it('give it too where Date is not asked: to performance, hrtime, uptime and formats of dates', async () => {
    async function clocks(): Promise<unknown[]> {
      const begun = process.hrtime();
      const format = new Intl.DateTimeFormat('en', {
        dateStyle: 'short',
        timeStyle: 'medium',
        timeZone: 'UTC',
      });
      const day = (parts: Intl.DateTimeFormatPart[]) => parts.find(({ type }) => type === 'day')?.value;
      await wf.sleep(90_500);
      return [
        process.hrtime(),
        process.hrtime(begun),
        String(process.hrtime.bigint()),
        process.uptime(),
        format.format().replace(/\s/g, ' '),
        format.format(0).replace(/\s/g, ' '),
        day(format.formatToParts()),
      ];
    }
    const run = new Driver(clocks);
    await run.task();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toEqual([
      [90, 500_000_000],
      [90, 500_000_000],
      '90500000000',
      90.5,
      '1/1/26, 12:01:30 AM',
      '1/1/70, 12:00:00 AM',
      '1',
    ]);
    expect(process.hrtime.bigint()).not.toBe(90_500_000_000n);
    expect(new Intl.DateTimeFormat('en', { year: 'numeric' }).format()).toBe(
      String(new Date().getFullYear()),
    );
  });

  it('take null for the epoch in formats of dates, as everywhere, in a workflow and outside', async () => {
    const year = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'UTC' });
    async function years(): Promise<unknown[]> {
      return [year.format(null as never), year.formatToParts(null as never)[0]!.value];
    }
    expect(resultOf(await new Driver(years).task())).toEqual(['1970', '1970']);
    expect(await years()).toEqual(['1970', '1970']);
  });

  it('keep Date a class: instances, subclasses, parsing and calling it work', async () => {
    class Day extends Date {
      label(): string {
        return this.toISOString().slice(0, 10);
      }
    }
    async function dates(): Promise<unknown[]> {
      const day = new Day();
      return [
        new Date() instanceof Date,
        day instanceof Day && day instanceof Date,
        day.label(),
        new Date('2020-02-02').getTime() === Date.parse('2020-02-02'),
        new Date().constructor === Date,
        typeof Date(),
        Date.UTC(1970, 0, 2),
      ];
    }
    expect(resultOf(await new Driver(dates).task())).toEqual([
      true,
      true,
      '2026-01-01',
      true,
      true,
      'string',
      86_400_000,
    ]);
  });

  it('have AsyncLocalStorage, which libraries look for there', async () => {
    const { AsyncLocalStorage } = globalThis as unknown as { AsyncLocalStorage: typeof wf.AsyncLocalStorage };
    expect(AsyncLocalStorage).toBe(wf.AsyncLocalStorage);
    expect(Object.keys(globalThis)).not.toContain('AsyncLocalStorage');
  });

  it('turn setTimeout into a durable timer that clearTimeout cancels', async () => {
    async function timeouts(): Promise<string[]> {
      const order: string[] = [];
      const cleared = setTimeout(() => order.push('cleared'), 5_000);
      const done = new wf.Trigger<void>();
      setTimeout(
        (text: string) => {
          order.push(text);
          clearTimeout(cleared);
          clearTimeout(undefined);
          done.resolve();
        },
        1_000,
        'argument',
      );
      await done;
      return order;
    }
    const run = new Driver(timeouts);
    expect(names(await run.task())).toEqual(['StartTimer', 'StartTimer']);
    run.history.fireTimer('2');
    const commands = await run.task();
    expect(names(commands)).toEqual(['CancelTimer', 'CompleteWorkflowExecution']);
    expect(resultOf(commands)).toEqual(['argument']);
  });

  const forbidden: Record<string, () => unknown> = {
    fetch: () => fetch('http://example.invalid'),
    setInterval: () => setInterval(() => undefined, 1),
    setImmediate: () => setImmediate(() => undefined),
    WeakRef: () => new WeakRef({}),
    FinalizationRegistry: () => new FinalizationRegistry(() => undefined),
    WebSocket: () => new WebSocket('ws://example.invalid'),
    MessageChannel: () => new MessageChannel(),
    'AbortSignal.timeout': () => AbortSignal.timeout(1),
    'crypto.subtle.digest': () => crypto.subtle.digest('SHA-256', new Uint8Array()),
  };
  for (const [name, use] of Object.entries(forbidden)) {
    it(`refuse ${name}, naming it and what to do instead, and fail the task`, async () => {
      async function uses(): Promise<void> {
        await null;
        use();
      }
      const { cause, failure } = await new Driver(uses).failingTask();
      expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
      expect(failure.stackTrace).toMatch(/^DeterminismViolationError: /);
      expect(failure.message).toMatch(new RegExp(`^${name} cannot be used in a workflow: .* instead`));
    });
  }
});

describe('many runs in one isolate', () => {
  async function mixture(label: string, rounds: number): Promise<unknown[]> {
    const seen: unknown[] = [label];
    for (let i = 0; i < rounds; i++) {
      seen.push(Date.now(), Math.random(), crypto.randomUUID(), wf.uuid4(), wf.workflowInfo().workflowType);
      seen.push(...crypto.getRandomValues(new Uint8Array(3)));
      await Promise.resolve().then(() => null);
      await wf.sleep(1_000 + i);
    }
    return seen;
  }
  async function live(seed: number): Promise<unknown> {
    const run = new Driver(mixture, { args: [`run ${seed}`, 4], runId: `run-${seed}` });
    run.history.now += seed * 1_000_000;
    for (;;) {
      const commands = await run.task();
      if (run.history.closed) return resultOf(commands);
      run.history.fireTimer([...run.history.timers.keys()][0]!);
    }
  }

  it('are deterministic and independent, while ordinary code keeps the real clock and randomness', async () => {
    const alone: unknown[] = [];
    for (let seed = 0; seed < 20; seed++) alone.push(await live(seed));
    const clocks: number[] = [];
    const draws = new Set<number>();
    let running = true;
    const watching = (async () => {
      while (running) {
        clocks.push(Date.now());
        draws.add(Math.random());
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const together = await Promise.all(Array.from({ length: 20 }, (_, seed) => live(seed)));
    running = false;
    await watching;
    expect(together).toEqual(alone);
    expect(new Set(together.map((seen) => (seen as unknown[])[2])).size).toBe(20);
    expect(draws.size).toBe(clocks.length);
    for (const clock of clocks) expect(clock).toBeGreaterThan(START_TIME + 20_000_000);
  });

  it('leave timers, fetch and weak references of ordinary code alone', async () => {
    expect(new WeakRef({}).deref()).toEqual({});
    expect(await new Promise((resolve) => setTimeout(resolve, 0, 'real'))).toBe('real');
    const timer = setTimeout(() => undefined, 60_000);
    expect(typeof timer).toBe('object');
    clearTimeout(timer);
    expect(await fetch('data:text/plain,hello').then((r) => r.text())).toBe('hello');
    const { promisify } = await import('node:util');
    expect(await promisify(setTimeout)(0, 'promisified')).toBe('promisified');
  });

  it('keep their context through async local storage of the user', async () => {
    const storage = new wf.AsyncLocalStorage<string>();
    async function stored(): Promise<string> {
      return storage.run('mine', async () => {
        await wf.sleep(1);
        return `${storage.getStore()} ${wf.inWorkflowContext()}`;
      });
    }
    const run = new Driver(stored);
    await run.task();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toBe('mine true');
  });
});
