/** What the signatures of children, updates and typed search attributes infer. The compiler is the judge. */

import { describe, expectTypeOf, it } from 'vitest';
import { defineSearchAttributeKey, type TypedSearchAttributes } from '../../sdk/common/index.ts';
import * as wf from '../../sdk/workflow/index.ts';

declare function order(item: string, amount: number): Promise<{ receipt: string }>;
declare function nothing(): Promise<void>;

describe('types', () => {
  it('a child has the arguments and the result of its workflow function', () => {
    const execute = () => wf.executeChild(order, { args: ['x', 1] });
    expectTypeOf(execute).returns.resolves.toEqualTypeOf<{ receipt: string }>();
    const start = () => wf.startChild(order, { args: ['x', 1] });
    expectTypeOf(start).returns.resolves.toEqualTypeOf<wf.ChildWorkflowHandle<typeof order>>();
    expectTypeOf<wf.ChildWorkflowHandle<typeof order>['result']>().returns.resolves.toEqualTypeOf<{
      receipt: string;
    }>();
    // @ts-expect-error: the workflow takes a text and a number
    void (() => wf.executeChild(order, { args: ['x'] }));
    // @ts-expect-error: the workflow has required arguments
    void (() => wf.executeChild(order));
  });

  it('a child known by name takes its types from the type argument', () => {
    const execute = () => wf.executeChild<typeof order>('order', { args: ['x', 1], workflowId: 'o' });
    expectTypeOf(execute).returns.resolves.toEqualTypeOf<{ receipt: string }>();
    const start = () => wf.startChild<typeof nothing>('nothing');
    expectTypeOf(start).returns.resolves.toHaveProperty('firstExecutionRunId');
    void (() => wf.executeChild(nothing));
  });

  it('the next run takes the arguments of its function and never returns', () => {
    expectTypeOf(wf.continueAsNew<typeof order>).parameters.toEqualTypeOf<[string, number]>();
    expectTypeOf(wf.continueAsNew<typeof order>).returns.toEqualTypeOf<Promise<never>>();
    const next = () => wf.makeContinueAsNewFunc<typeof order>({ taskQueue: 'x' });
    expectTypeOf(next).returns.parameters.toEqualTypeOf<[string, number]>();
  });

  it('the query for metadata says what it answers with', () => {
    type Answer = typeof wf.workflowMetadataQuery extends wf.QueryDefinition<infer Ret> ? Ret : never;
    const nameOf = (answer: Answer) => answer.definition?.signalDefinitions?.[0]?.name;
    expectTypeOf(nameOf).returns.toEqualTypeOf<string | undefined>();
  });

  it('an update definition types its handler and its validator', () => {
    const update = wf.defineUpdate<number, [string, boolean], 'change'>('change');
    expectTypeOf(update.name).toEqualTypeOf<'change'>();
    type Expected = (text: string, flag: boolean) => number | Promise<number>;
    expectTypeOf<wf.Handler<number, [string, boolean], typeof update>>().toEqualTypeOf<Expected>();
    void (() => {
      wf.setHandler(update, (text, flag) => (flag ? text.length : 0), {
        validator: (text, flag) => {
          expectTypeOf(text).toEqualTypeOf<string>();
          expectTypeOf(flag).toEqualTypeOf<boolean>();
        },
        unfinishedPolicy: 'ABANDON',
      });
      // @ts-expect-error: the handler must answer with a number
      wf.setHandler(update, async () => 'text');
    });
  });

  it('a signal to another workflow has the arguments of its definition', () => {
    const signal = wf.defineSignal<[string, number]>('go');
    void ((handle: wf.ExternalWorkflowHandle) => {
      expectTypeOf(handle.signal(signal, 'x', 1)).toEqualTypeOf<Promise<void>>();
      // @ts-expect-error: a number is missing
      void handle.signal(signal, 'x');
    });
  });

  it('a search attribute key types its value', () => {
    const size = defineSearchAttributeKey('Size', 'INT');
    const tags = defineSearchAttributeKey('Tags', 'KEYWORD_LIST');
    void ((known: TypedSearchAttributes) => {
      expectTypeOf(known.get(size)).toEqualTypeOf<number | undefined>();
      expectTypeOf(known.get(tags)).toEqualTypeOf<string[] | undefined>();
      wf.upsertSearchAttributes([{ key: size, value: 1 }]);
      // @ts-expect-error: the value is a number
      wf.upsertSearchAttributes([{ key: size, value: 'one' }]);
    });
  });
});
