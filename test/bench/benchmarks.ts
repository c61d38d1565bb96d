/** What is measured in process: the floor under everything that a platform adds. */

import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { newExecution, transition } from '../../src/core/transition.ts';
import {
  historyOf,
  newObject,
  runSequence,
  silent,
  startRequest,
  storeWithEvents,
  withoutSnapshot,
  workflows,
} from './in-process.ts';
import { type Benchmark, milliseconds, perSecond } from './measure.ts';
import { runSuite } from './testing-suite.ts';
import { listedRuns, slowestPage } from './visibility.ts';

const signal = (n: number) => ({
  kind: 'SignalWorkflowExecution' as const,
  namespace: 'default',
  workflowExecution: { workflowId: 'bench' },
  signalName: 'add',
  requestId: `signal-${n}`,
});

export function benchmarks(quick: boolean): Benchmark[] {
  const repeats = quick ? 3 : 9;
  const scale = quick ? 0.2 : 1;
  return [
    ...transitions(Math.round(10_000 * scale), repeats),
    ...replays([1_000, 10_000, 50_000], quick ? 2 : 5),
    ...loads(quick ? 1_000 : 10_000, repeats),
    resume(quick ? 1_000 : 50_000, quick ? 2 : 5),
    ...visibility(Math.round(100_000 * scale), repeats),
    ...environments(Math.round(50 * scale), repeats),
  ];
}

function transitions(count: number, repeats: number): Benchmark[] {
  return [
    {
      name: 'core: signal transitions',
      unit: '1/s',
      repeats,
      async measure() {
        const execution = newExecution('default', 'bench');
        transition(execution, startRequest(1), { now: 1, newRunId: () => 'run', runLog: () => [] });
        return perSecond(count, () => {
          for (let n = 0; n < count; n++)
            transition(execution, signal(n), { now: 1 + n, newRunId: () => '', runLog: () => [] });
        });
      },
    },
    {
      name: 'object: signals, one turn each',
      unit: '1/s',
      repeats,
      async measure() {
        const { object } = newObject({ served: false });
        await object.request(startRequest(1));
        return perSecond(count / 10, async () => {
          for (let n = 0; n < count / 10; n++) await object.request(signal(n));
        });
      },
    },
    {
      name: 'object: signals, 16 clients',
      unit: '1/s',
      repeats,
      async measure() {
        const { object } = newObject({ served: false });
        await object.request(startRequest(1));
        const client = async (name: number) => {
          for (let n = 0; n < count / 16; n++) await object.request(signal(name * count + n));
        };
        return perSecond(count, () => Promise.all(Array.from({ length: 16 }, (_, n) => client(n))));
      },
    },
    {
      name: 'object: activities in sequence',
      unit: '1/s',
      repeats,
      measure: () => perSecond(count / 10, () => runSequence(count / 10)),
    },
  ];
}

function replays(sizes: number[], repeats: number): Benchmark[] {
  return sizes.map((size) => {
    let history: ReturnType<typeof historyOf> | undefined;
    return {
      name: `replay of ${size.toLocaleString('en-US')} events`,
      unit: 'events/s',
      repeats,
      async measure() {
        history ??= historyOf(await storeWithEvents(size));
        const events = history;
        return perSecond(events.length, async () => {
          const { ok, error } = await replayHistory(events, workflows, { logger: silent });
          if (!ok) throw error;
        });
      },
    };
  });
}

function loads(size: number, repeats: number): Benchmark[] {
  const kinds = [
    ['from its snapshot', (store: Awaited<ReturnType<typeof storeWithEvents>>) => store],
    ['from its whole log', withoutSnapshot],
  ] as const;
  return kinds.map(([how, prepare]) => {
    let store: Awaited<ReturnType<typeof storeWithEvents>> | undefined;
    return {
      name: `load of ${size.toLocaleString('en-US')} events ${how}`,
      unit: 'ms',
      repeats,
      async measure() {
        store ??= prepare(await storeWithEvents(size));
        const { object } = newObject({ store });
        return milliseconds(() => object.describe(undefined));
      },
    };
  });
}

/** What a run without a session takes to go on: the engine reads its whole log, and a Worker replays it. */
function resume(size: number, repeats: number): Benchmark {
  let store: ReturnType<typeof withoutSnapshot> | undefined;
  return {
    name: `a run of ${size.toLocaleString('en-US')} events resumes`,
    unit: 'ms',
    repeats,
    async measure() {
      store ??= withoutSnapshot(await storeWithEvents(size));
      return milliseconds(async () => {
        const { object } = newObject({ store });
        await object.describe(undefined);
        const { ok, error } = await replayHistory(historyOf(store!), workflows, { logger: silent });
        if (!ok) throw error;
      });
    },
  };
}

/** The shards' work without the way to them: all of a namespace's runs stand in four shards of one process. */
function visibility(runs: number, repeats: number): Benchmark[] {
  const queries = {
    'no filter': '',
    'a custom attribute': "Customer = 'c-77' AND ExecutionStatus = 'Completed'",
    'words of a text': "Note = 'late' AND Amount > 900",
    'ORDER BY': 'ORDER BY Amount DESC',
  };
  let client: ReturnType<typeof listedRuns> | undefined;
  return Object.entries(queries).map(([what, query]) => ({
    name: `visibility: p95 of pages of 100 among ${runs.toLocaleString('en-US')} runs, ${what}`,
    unit: 'ms' as const,
    repeats: Math.min(repeats, 3),
    async measure() {
      client ??= listedRuns(runs);
      return slowestPage(await client, query);
    },
  }));
}

function environments(count: number, repeats: number): Benchmark[] {
  const worker = { taskQueue: 'bench', workflows, activities: { echo: async (n: number) => n } };
  return [
    {
      name: 'testing: TestWorkflowEnvironment, start and teardown',
      unit: 'ms',
      repeats,
      measure: () =>
        milliseconds(async () => {
          const environment = await TestWorkflowEnvironment.createTimeSkipping();
          await environment.teardown();
        }),
    },
    {
      name: `testing: a suite of ${count * 10} workflow tests`,
      unit: 'ms',
      repeats: 3,
      measure: () => milliseconds(() => runSuite(count * 10)),
    },
    {
      name: 'one-activity workflow, object alone: start to result',
      unit: 'ms',
      repeats,
      async measure() {
        const whole = await milliseconds(async () => {
          for (let n = 0; n < count; n++) await runSequence(1);
        });
        return whole / count;
      },
    },
    {
      name: 'one-activity workflow, TestWorkflowEnvironment: execute',
      unit: 'ms',
      repeats,
      async measure() {
        const environment = await TestWorkflowEnvironment.createTimeSkipping();
        const whole = await environment.runUntil(worker, () =>
          milliseconds(async () => {
            for (let n = 0; n < count; n++) {
              const options = { taskQueue: 'bench', workflowId: `bench-${n}`, args: [1] };
              await environment.client.workflow.execute('sequence', options);
            }
          }),
        );
        await environment.teardown();
        return whole / count;
      },
    },
  ];
}
