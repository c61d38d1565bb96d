import { describe, expect, it } from 'vitest';
import { makeLogger } from '../../sdk/common/logger.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { all, Driver, names, resultOf, silent } from './driver.ts';
import { payloads } from './history-builder.ts';

async function rounds(round: number, cursor: string): Promise<void> {
  await wf.continueAsNew<typeof rounds>(round + 1, `${cursor}+`);
}

const payloadsOf = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, payloads(value)!.payloads[0]!]));

const next = async (run: Driver) => all(await run.task(), 'ContinueAsNewWorkflowExecution')[0]!;

describe('continueAsNew', () => {
  it('ends the run with the command for the next one: same type and queue, new arguments', async () => {
    const run = new Driver(rounds, { args: [1, 'a'] });
    expect(await next(run)).toEqual({
      workflowType: { name: 'rounds' },
      taskQueue: { name: 'test' },
      input: {
        payloads: [
          { metadata: { encoding: btoa('json/plain') }, data: btoa('2') },
          { metadata: { encoding: btoa('json/plain') }, data: btoa('"a+"') },
        ],
      },
    });
    const { ok } = await replayHistory(run.history.events, { rounds }, { logger: silent });
    expect(ok).toBe(true);
  });

  it('takes type, queue, timeouts, memo and search attributes from its options', async () => {
    async function elsewhere(): Promise<void> {
      await wf.makeContinueAsNewFunc<typeof rounds>({
        workflowType: 'successor',
        taskQueue: 'elsewhere',
        workflowRunTimeout: '1 hour',
        workflowTaskTimeout: '20s',
        backoffStartInterval: 1_500,
        memo: { note: 1 },
        searchAttributes: { Size: [1] },
        typedSearchAttributes: [{ key: { name: 'Color', type: 'KEYWORD' }, value: 'red' }],
      })(1, 'x');
    }
    expect(await next(new Driver(elsewhere))).toMatchObject({
      workflowType: { name: 'successor' },
      taskQueue: { name: 'elsewhere' },
      workflowRunTimeout: '3600s',
      workflowTaskTimeout: '20s',
      backoffStartInterval: '1.500s',
      memo: { fields: { note: { data: btoa('1') } } },
      searchAttributes: { indexedFields: { Size: { data: btoa('[1]') }, Color: { data: btoa('"red"') } } },
    });
  });

  it('hands on what it does not speak of: the memo of the start, search attributes as they are, the retry policy', async () => {
    async function silently(): Promise<void> {
      wf.upsertMemo({ later: 1 });
      wf.upsertSearchAttributes({ Color: ['red'] });
      await wf.continueAsNew();
    }
    const memo = { fields: payloadsOf({ note: 'kept' }) };
    const searchAttributes = { indexedFields: payloadsOf({ Size: [1], Color: ['blue'] }) };
    const retryPolicy = withDefaults({ maximumAttempts: 3 });
    const run = new Driver(silently, { started: { memo, searchAttributes, retryPolicy } });
    expect(await next(run)).toMatchObject({
      memo,
      retryPolicy,
      searchAttributes: { indexedFields: { Size: { data: btoa('[1]') }, Color: { data: btoa('["red"]') } } },
    });
  });

  it('throws something that code can tell from a failure', async () => {
    async function telling(): Promise<string> {
      try {
        return await wf.continueAsNew();
      } catch (error) {
        return `${error instanceof wf.ContinueAsNew} ${error instanceof wf.TemporalFailure}`;
      }
    }
    expect(resultOf(await new Driver(telling).task())).toBe('true false');
  });

  it('works from a signal handler', async () => {
    const stop = wf.defineSignal('stop');
    async function signalled(): Promise<void> {
      wf.setHandler(stop, async () => await wf.continueAsNew<typeof signalled>());
      await wf.condition(() => false);
    }
    const run = new Driver(signalled);
    await run.task();
    run.history.signal('stop');
    expect(names(await run.task())).toEqual(['ContinueAsNewWorkflowExecution']);
  });

  it('is sent behind the other commands of its task', async () => {
    async function busy(): Promise<void> {
      void wf.sleep('1 hour').catch(() => undefined);
      const continued = wf.continueAsNew();
      void wf.executeChild('kid').catch(() => undefined);
      await continued;
    }
    expect(names(await new Driver(busy).task())).toEqual([
      'StartTimer',
      'StartChildWorkflowExecution',
      'ContinueAsNewWorkflowExecution',
    ]);
  });

  it('warns of handlers that are not finished', async () => {
    const warnings: unknown[] = [];
    const logger = makeLogger('WARN', (_level, _message, attributes) => void warnings.push(attributes));
    const work = wf.defineSignal('work');
    async function leaving(): Promise<void> {
      wf.setHandler(work, () => wf.sleep('1 hour'));
      await wf.continueAsNew();
    }
    const run = new Driver(leaving, { logger });
    run.history.signal('work');
    await run.task();
    expect(warnings).toHaveLength(1);
  });

  it('is suggested by the engine, with the size of the history', async () => {
    async function watching(): Promise<unknown[]> {
      const before = wf.workflowInfo();
      await wf.sleep(1);
      const after = wf.workflowInfo();
      return [before, after].map((i) => [
        i.continueAsNewSuggested,
        i.historySize,
        i.historyLength,
        i.suggestedContinueAsNewReasons?.join(),
      ]);
    }
    const run = new Driver(watching);
    await run.task(undefined, { historySizeBytes: '300' });
    run.history.fireTimer('1');
    const reasons = ['HISTORY_SIZE_TOO_LARGE', 'TOO_MANY_UPDATES'];
    const commands = await run.task(undefined, {
      historySizeBytes: '4194304',
      suggestContinueAsNew: true,
      suggestContinueAsNewReasons: reasons.map((reason) => `SUGGEST_CONTINUE_AS_NEW_REASON_${reason}`),
    });
    expect(resultOf(commands)).toEqual([
      [false, 300, 3, null],
      [true, 4_194_304, 8, 'HISTORY_SIZE_TOO_LARGE,TOO_MANY_UPDATES'],
    ]);
  });
});
