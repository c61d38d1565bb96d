/** What the names that programs use most infer and accept. The compiler is the judge. */

import { activityInfo, Context, getClient, heartbeat, type Info } from 'perdure/activity';
import {
  type BaseWorkflowHandle,
  Client,
  type ScheduleNotFoundError,
  type WorkflowClientInterceptor,
  type WorkflowFailedError,
  type WorkflowHandleWithStartDetails,
  type WorkflowOptions,
} from 'perdure/client';
import * as common from 'perdure/common';
import type { InjectedSinks, PromiseCompletionTimeoutError } from 'perdure/worker/node';
import * as wf from 'perdure/workflow';
import { describe, expectTypeOf, it } from 'vitest';

interface Activities {
  charge(amount: number, card?: string): Promise<{ receipt: string }>;
  name: string;
}
declare function order(item: string, amount: number): Promise<{ receipt: string }>;

describe('types of the names that are used most', () => {
  it('proxyActivities keeps the signatures of activities and leaves out what is none', () => {
    const proxy = () => wf.proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
    type Proxied = ReturnType<typeof proxy>;
    expectTypeOf<Proxied['charge']>().parameters.toEqualTypeOf<[amount: number, card?: string]>();
    expectTypeOf<Proxied['charge']>().returns.resolves.toEqualTypeOf<{ receipt: string }>();
    expectTypeOf<Proxied['name']>().toEqualTypeOf<typeof wf.NotAnActivityMethod>();
  });

  it('sleep and condition take durations in both forms', () => {
    expectTypeOf(wf.sleep).parameter(0).toEqualTypeOf<wf.Duration>();
    expectTypeOf(wf.sleep).returns.toEqualTypeOf<Promise<void>>();
    const open = () => wf.condition(() => true);
    const bounded = () => wf.condition(() => true, 1_000);
    expectTypeOf(open).returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf(bounded).returns.toEqualTypeOf<Promise<boolean>>();
  });

  it('defineSignal and defineQuery type the handler that setHandler takes', () => {
    const signal = wf.defineSignal<[string, number]>('go');
    const query = wf.defineQuery<boolean, [string]>('is');
    expectTypeOf(signal).toExtend<wf.SignalDefinition<[string, number]>>();
    expectTypeOf(query).toExtend<wf.QueryDefinition<boolean, [string]>>();
    void (() => {
      wf.setHandler(signal, (text, count) => {
        expectTypeOf(text).toEqualTypeOf<string>();
        expectTypeOf(count).toEqualTypeOf<number>();
      });
      wf.setHandler(query, (text) => text === '');
      // @ts-expect-error: a query answers at once
      wf.setHandler(query, async () => true);
    });
  });

  it('workflowInfo and CancellationScope', () => {
    expectTypeOf(wf.workflowInfo).returns.toEqualTypeOf<wf.WorkflowInfo>();
    expectTypeOf<wf.WorkflowInfo['workflowId']>().toEqualTypeOf<string>();
    expectTypeOf<wf.WorkflowInfo['startTime']>().toEqualTypeOf<Date>();
    const shielded = () => wf.CancellationScope.nonCancellable(async () => 1);
    expectTypeOf(shielded).returns.toEqualTypeOf<Promise<number>>();
  });

  it('ApplicationFailure is one class under all names', () => {
    expectTypeOf(wf.ApplicationFailure).toEqualTypeOf<typeof common.ApplicationFailure>();
    expectTypeOf(common.ApplicationFailure.nonRetryable).returns.toEqualTypeOf<common.ApplicationFailure>();
    expectTypeOf(wf.rootCause).returns.toEqualTypeOf<string | undefined>();
  });

  it('a client starts a workflow with its arguments and gets its result', () => {
    void (async (client: Client) => {
      const handle = await client.workflow.start(order, { taskQueue: 'q', workflowId: 'w', args: ['x', 1] });
      expectTypeOf(handle).toEqualTypeOf<WorkflowHandleWithStartDetails<typeof order>>();
      expectTypeOf(handle).toExtend<BaseWorkflowHandle<typeof order>>();
      expectTypeOf(await handle.result()).toEqualTypeOf<{ receipt: string }>();
      // @ts-expect-error: the workflow has required arguments
      await client.workflow.execute(order, { taskQueue: 'q', workflowId: 'w' });
    });
    expectTypeOf(Client).toBeConstructibleWith();
    expectTypeOf<WorkflowOptions>().toExtend<common.CommonWorkflowOptions>();
  });

  it('a handle sends signals, queries and updates with their arguments, and types their answers', () => {
    const signal = wf.defineSignal<[string, number]>('go');
    const query = wf.defineQuery<boolean, [string]>('is');
    const update = wf.defineUpdate<number, [string]>('change');
    const bare = wf.defineUpdate<string>('bare');
    void (async (handle: WorkflowHandleWithStartDetails<typeof order>) => {
      expectTypeOf(await handle.signal(signal, 'x', 1)).toEqualTypeOf<void>();
      expectTypeOf(await handle.query(query, 'x')).toEqualTypeOf<boolean>();
      expectTypeOf(await handle.executeUpdate(update, { args: ['x'] })).toEqualTypeOf<number>();
      expectTypeOf(await handle.executeUpdate(bare)).toEqualTypeOf<string>();
      const started = await handle.startUpdate(update, { args: ['x'], waitForStage: 'ACCEPTED' });
      expectTypeOf(await started.result()).toEqualTypeOf<number>();
      // @ts-expect-error: a number is missing
      await handle.signal(signal, 'x');
      // @ts-expect-error: the query takes a text
      await handle.query(query, 1);
      // @ts-expect-error: the update has a required argument
      await handle.executeUpdate(update);
    });
  });

  it('signal-with-start takes the arguments of both', () => {
    const signal = wf.defineSignal<[string]>('go');
    void (async (client: Client) => {
      const both = { taskQueue: 'q', workflowId: 'w', args: ['x', 1] as [string, number], signal };
      await client.workflow.signalWithStart(order, { ...both, signalArgs: ['y'] });
      // @ts-expect-error: the signal has a required argument
      await client.workflow.signalWithStart(order, both);
      expectTypeOf(await client.workflow.execute(order, both)).toEqualTypeOf<{ receipt: string }>();
    });
  });

  it('local activities keep the signatures of activities; what is scheduled by name is what is asked for', () => {
    const proxy = () => wf.proxyLocalActivities<Activities>({ startToCloseTimeout: '1 minute' });
    expectTypeOf<ReturnType<typeof proxy>['charge']>().parameters.toEqualTypeOf<
      [amount: number, card?: string]
    >();
    const scheduled = () => wf.scheduleActivity<string>('charge', [1], { startToCloseTimeout: '1 minute' });
    expectTypeOf(scheduled).returns.toEqualTypeOf<Promise<string>>();
  });

  it('priorities are of workflows, children and activities, and everybody reads theirs', () => {
    expectTypeOf<WorkflowOptions['priority']>().toEqualTypeOf<common.Priority | undefined>();
    expectTypeOf<wf.ChildWorkflowOptions['priority']>().toEqualTypeOf<common.Priority | undefined>();
    expectTypeOf<wf.ActivityOptions['priority']>().toEqualTypeOf<common.Priority | undefined>();
    expectTypeOf<wf.WorkflowInfo['priority']>().toEqualTypeOf<common.Priority | undefined>();
    expectTypeOf<Info['priority']>().toEqualTypeOf<common.Priority | undefined>();
    expectTypeOf(getClient).returns.toEqualTypeOf<Client>();
  });

  it('interceptors know what they are given, what next takes and what it answers with', () => {
    type Inbound = wf.WorkflowInboundCallsInterceptor;
    type Outbound = wf.WorkflowOutboundCallsInterceptor;
    expectTypeOf<wf.Next<Inbound, 'execute'>>().toEqualTypeOf<
      (input: wf.WorkflowExecuteInput) => Promise<unknown>
    >();
    expectTypeOf<wf.Next<Outbound, 'startTimer'>>().toEqualTypeOf<(input: wf.TimerInput) => Promise<void>>();
    expectTypeOf<wf.Next<Inbound, 'validateUpdate'>>().returns.toEqualTypeOf<void>();
    const tracing: WorkflowClientInterceptor = {
      async startWithDetails(input, next) {
        expectTypeOf(input.headers).toEqualTypeOf<wf.Headers>();
        const output = await next(input);
        expectTypeOf(output.runId).toEqualTypeOf<string>();
        return output;
      },
    };
    expectTypeOf(tracing).toExtend<WorkflowClientInterceptor>();
    expectTypeOf<wf.WorkflowInterceptorsFactory>().returns.toEqualTypeOf<wf.WorkflowInterceptors>();
  });

  it('sinks of a workflow and those of its Worker have the same functions', () => {
    interface Audit extends wf.Sinks {
      audit: { note(message: string, level: number): void };
    }
    type Note = InjectedSinks<Audit>['audit']['note'];
    expectTypeOf<Note['fn']>().parameters.toEqualTypeOf<
      [info: wf.WorkflowInfo, message: string, level: number]
    >();
    const proxied = () => wf.proxySinks<Audit>().audit.note;
    expectTypeOf(proxied()).parameters.toEqualTypeOf<[message: string, level: number]>();
  });

  it('an activity finds its info and heartbeats with anything', () => {
    expectTypeOf(activityInfo).returns.toEqualTypeOf<Info>();
    expectTypeOf(Context.current).returns.toEqualTypeOf<Context>();
    expectTypeOf(heartbeat).parameters.toEqualTypeOf<[details?: unknown]>();
  });

  it('the default data converter is one that a client takes, and so is a codec', () => {
    void (() => {
      new Client({ dataConverter: common.defaultDataConverter });
      new Client({ dataConverter: { payloadCodecs: [{ encode: async () => [], decode: async () => [] }] } });
    });
  });

  it('durations may be made for the package ms, and codecs called with what a payload is for', () => {
    const took = (ms: number): common.StringValue => `${ms}ms`;
    expectTypeOf(took).returns.toExtend<common.Duration>();
    expectTypeOf<'2 Days' | '5m' | '1.5 HOURS' | '10'>().toExtend<common.StringValue>();
    expectTypeOf<'soon'>().not.toExtend<common.StringValue>();
    const context: common.SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'w' };
    void ((codec: common.PayloadCodec) => codec.decode([], context));
    expectTypeOf<common.Timestamp>().toExtend<{ nanos?: number | null }>();
  });

  it('error classes may be extended by ones with a name of their own', () => {
    type NameOf<C extends abstract new (...args: never[]) => { name: string }> = InstanceType<C>['name'];
    expectTypeOf<NameOf<typeof common.PayloadConverterError>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof common.IllegalStateError>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof common.WorkflowNotFoundError>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof WorkflowFailedError>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof ScheduleNotFoundError>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof PromiseCompletionTimeoutError>>().toEqualTypeOf<string>();
  });
});
