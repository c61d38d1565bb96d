import { describe, expect, it } from 'vitest';
import { defineSearchAttributeKey, TypedSearchAttributes, ValueError } from '../../sdk/common/index.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names, resultOf } from './driver.ts';
import { applicationFailure, payloads } from './history-builder.ts';

const color = defineSearchAttributeKey('Color', 'KEYWORD');
const size = defineSearchAttributeKey('Size', 'INT');
const when = defineSearchAttributeKey('When', 'DATETIME');
const tags = defineSearchAttributeKey('Tags', 'KEYWORD_LIST');

const attributes = (commands: Parameters<typeof names>[0]) =>
  all(commands, 'UpsertWorkflowSearchAttributes').map((a) => a.searchAttributes.indexedFields);

describe('upsertMemo', () => {
  it('sends the values and shows them at once; null and undefined remove one', async () => {
    async function memos(): Promise<unknown> {
      wf.upsertMemo({ a: 1, b: { c: 2 }, gone: null });
      wf.upsertMemo({ a: undefined });
      return wf.workflowInfo().memo;
    }
    const given = payloads('x')!.payloads[0]!;
    const run = new Driver(memos, { started: { memo: { fields: { gone: given, kept: given } } } });
    const commands = await run.task();
    expect(resultOf(commands)).toEqual({ kept: 'x', b: { c: 2 } });
    expect(all(commands, 'ModifyWorkflowProperties')[0]!.upsertedMemo.fields).toMatchObject({
      a: { data: btoa('1') },
      gone: { metadata: { encoding: btoa('binary/null') } },
    });
  });

  it('is not for queries', async () => {
    async function queried(): Promise<void> {
      wf.setHandler(wf.defineQuery<void>('memo'), () => wf.upsertMemo({ a: 1 }));
      await wf.condition(() => false);
    }
    const run = new Driver(queried);
    await run.task();
    await expect(run.query('memo')).rejects.toThrow('may only read');
  });
});

describe('upsertSearchAttributes', () => {
  it('with pairs sends values with their types, and null without one', async () => {
    async function typed(): Promise<void> {
      wf.upsertSearchAttributes([
        { key: color, value: 'blue' },
        { key: when, value: new Date(0) },
        { key: size, value: null },
      ]);
    }
    expect(attributes(await new Driver(typed).task())).toEqual([
      {
        Color: { metadata: { encoding: btoa('json/plain'), type: btoa('Keyword') }, data: btoa('"blue"') },
        When: {
          metadata: { encoding: btoa('json/plain'), type: btoa('Datetime') },
          data: btoa('"1970-01-01T00:00:00.000Z"'),
        },
        Size: { metadata: { encoding: btoa('json/plain') }, data: btoa('null') },
      },
    ]);
  });

  it('shows both forms in workflowInfo, whichever one was used', async () => {
    async function both(): Promise<unknown> {
      wf.upsertSearchAttributes([
        { key: color, value: 'blue' },
        { key: tags, value: ['a', 'b'] },
      ]);
      wf.upsertSearchAttributes({ Color: ['red'], Size: [4], Tags: [] });
      const { searchAttributes, typedSearchAttributes } = wf.workflowInfo();
      return [searchAttributes, typedSearchAttributes];
    }
    expect(resultOf(await new Driver(both).task())).toEqual([
      { Color: ['red'], Size: [4] },
      [
        { key: color, value: 'red' },
        { key: size, value: 4 },
      ],
    ]);
  });

  it('refuses a value that is not of its key', async () => {
    async function wrong(): Promise<unknown> {
      try {
        wf.upsertSearchAttributes([{ key: size, value: 1.5 }]);
        return 'accepted';
      } catch (error) {
        return `${error instanceof ValueError} ${(error as Error).message}`;
      }
    }
    expect(resultOf(await new Driver(wrong).task())).toBe('true Search attribute Size: 1.5 is no INT value.');
  });
});

describe('TypedSearchAttributes', () => {
  const known = new TypedSearchAttributes([
    { key: color, value: 'blue' },
    { key: tags, value: ['a'] },
  ]);

  it('answers with a value only for a key of its type', () => {
    expect(known.get(color)).toBe('blue');
    expect(known.get(defineSearchAttributeKey('Color', 'INT'))).toBeUndefined();
    expect(known.get(size)).toBeUndefined();
  });

  it('is changed by making another one', () => {
    const next = known.updateCopy([
      { key: color, value: null },
      { key: size, value: 2 },
    ]);
    expect(next.getAll()).toEqual([
      { key: tags, value: ['a'] },
      { key: size, value: 2 },
    ]);
    expect(known.get(color)).toBe('blue');
    next.get(tags)!.push('b');
    expect(known.get(tags)).toEqual(['a']);
  });

  it('removes nothing when the type is another one', () => {
    const text = defineSearchAttributeKey('Color', 'TEXT');
    expect(known.updateCopy([{ key: text, value: null }]).get(color)).toBe('blue');
  });

  it('refuses a name that occurs twice', () => {
    const pair = { key: color, value: 'x' };
    expect(() => new TypedSearchAttributes([pair, pair])).toThrow('Color');
  });
});

describe('workflowInfo', () => {
  it('tells the parent, the root and the run before', async () => {
    const before = '0198c0de-0000-7000-8000-00000000b4b4';
    async function origins(): Promise<unknown> {
      const { parent, root, continuedFromExecutionRunId, attempt, lastFailure, lastResult } =
        wf.workflowInfo();
      const failure = lastFailure instanceof wf.ApplicationFailure ? lastFailure.type : undefined;
      return { parent, root, continuedFromExecutionRunId, attempt, failure, lastResult };
    }
    const started = {
      parentWorkflowNamespace: 'default',
      parentWorkflowExecution: { workflowId: 'parent', runId: before },
      rootWorkflowExecution: { workflowId: 'root', runId: before },
      continuedExecutionRunId: before,
      continuedFailure: applicationFailure('before', 'Before'),
      lastCompletionResult: payloads({ rows: 3 })!,
      attempt: 2,
    };
    expect(resultOf(await new Driver(origins, { started }).task())).toEqual({
      parent: { workflowId: 'parent', runId: before, namespace: 'default' },
      root: { workflowId: 'root', runId: before },
      continuedFromExecutionRunId: before,
      attempt: 2,
      failure: 'Before',
      lastResult: { rows: 3 },
    });
  });

  it('leaves out what the run does not have', async () => {
    async function origins(): Promise<unknown> {
      return Object.keys(wf.workflowInfo());
    }
    const keys = resultOf(await new Driver(origins).task()) as string[];
    for (const key of ['parent', 'root', 'continuedFromExecutionRunId', 'lastFailure', 'cronSchedule']) {
      expect(keys).not.toContain(key);
    }
  });

  it('counts a query as live', async () => {
    async function queried(): Promise<void> {
      wf.setHandler(wf.defineQuery<unknown>('unsafe'), () => {
        const { isReplaying, isReplayingHistoryEvents } = wf.workflowInfo().unsafe;
        return [isReplaying, isReplayingHistoryEvents];
      });
      await wf.condition(() => false);
    }
    const run = new Driver(queried);
    await run.task();
    expect(await run.query('unsafe')).toEqual([true, false]);
  });
});

describe('setCurrentDetails', () => {
  it('is read back, and part of the workflow metadata', async () => {
    async function telling(): Promise<void> {
      wf.setCurrentDetails(`${wf.getCurrentDetails()}first`);
      wf.setCurrentDetails(`${wf.getCurrentDetails()}, second`);
      await wf.condition(() => false);
    }
    const run = new Driver(telling);
    await run.task();
    expect(await run.query('__temporal_workflow_metadata')).toMatchObject({
      currentDetails: 'first, second',
    });
  });
});

describe('setWorkflowOptions', () => {
  class Unlucky extends Error {}
  const failing = (error: unknown) =>
    async function unlucky(): Promise<void> {
      throw error;
    };

  it('lets errors of its classes fail the workflow', async () => {
    const workflow = failing(new Unlucky('bad luck'));
    wf.setWorkflowOptions({ failureExceptionTypes: [Unlucky] }, workflow);
    expect(names(await new Driver(workflow).task())).toEqual(['FailWorkflowExecution']);
  });

  it('leaves other errors to fail the task', async () => {
    const workflow = failing(new TypeError('bug'));
    wf.setWorkflowOptions({ failureExceptionTypes: [Unlucky] }, workflow);
    expect((await new Driver(workflow).failingTask()).failure.message).toBe('bug');
  });

  it('with Error lets everything fail the workflow; a function is asked for each run', async () => {
    let asked = 0;
    const workflow = failing('thrown text');
    wf.setWorkflowOptions(() => {
      asked += 1;
      return { failureExceptionTypes: [Error] };
    }, workflow);
    expect(names(await new Driver(workflow).task())).toEqual(['FailWorkflowExecution']);
    // The run and the replay that the driver compares it with.
    expect(asked).toBe(2);
  });
});
