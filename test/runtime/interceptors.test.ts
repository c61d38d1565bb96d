import * as wf from 'perdure/workflow';
import { describe, expect, it } from 'vitest';
import type { CommandAttributes, CommandName } from '../../sdk/common/command.ts';
import { fromHeaderJson, toHeaderJson } from '../../sdk/common/headers.ts';
import { composeInterceptors } from '../../sdk/common/interceptors.ts';
import { type Logger, makeLogger } from '../../sdk/common/logger.ts';
import { defaultPayloadConverter } from '../../sdk/common/payload.ts';
import type { WorkflowInterceptors } from '../../sdk/workflow/index.ts';
import { all, Driver, type DriverOptions, names, outcomeOf, resultOf } from './driver.ts';

const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
const header = (value: string) => toHeaderJson({ trace: payload(value) });
const traceOf = (headers: wf.Headers): string =>
  headers.trace ? defaultPayloadConverter.fromPayload<string>(headers.trace) : 'none';
const with_ = (
  workflow: wf.Workflow,
  interceptors: WorkflowInterceptors,
  options: DriverOptions = {},
): Driver => new Driver(workflow, { ...options, interceptorModules: [{ interceptors: () => interceptors }] });

/** The `trace` header of the first command of that name. */
function sentTrace(commands: Parameters<typeof all>[0], name: CommandName): string {
  const [attributes] = all(commands, name) as CommandAttributes['ScheduleActivityTask'][];
  return traceOf(fromHeaderJson(attributes!.header));
}

describe('a chain of interceptors', () => {
  it('is called first to last around the call, and passes over those without the method', () => {
    const said: string[] = [];
    interface Calls {
      greet?: (input: string, next: (input: string) => string) => string;
    }
    const named = (name: string): Calls => ({
      greet: (input, next) => {
        said.push(name);
        return `${name}(${next(`${input}${name}`)})`;
      },
    });
    const greet = composeInterceptors([named('a'), {}, named('b')], 'greet', (input) => input);
    expect(greet('x')).toBe('a(b(xab))');
    expect(said).toEqual(['a', 'b']);
  });
});

describe('inbound interceptors', () => {
  it('see arguments and headers of the start, and change arguments and result', async () => {
    const shout = async (text: string): Promise<string> => text.toUpperCase();
    const run = with_(
      shout,
      {
        inbound: [
          {
            execute: async (input, next) =>
              `${traceOf(input.headers)}: ${await next({ ...input, args: ['changed'] })}`,
          },
        ],
      },
      { args: ['hi'], started: header('t1') },
    );
    expect(resultOf(await run.task())).toBe('t1: CHANGED');
  });

  const messages = async (): Promise<string[]> => {
    const seen: string[] = [];
    wf.setHandler(wf.defineSignal<[string]>('say'), (text) => void seen.push(text));
    wf.setHandler(wf.defineQuery<string, [string]>('ask'), (text) => `${text} ${seen.join()}`);
    wf.setHandler(wf.defineUpdate<string, [string]>('add'), (text) => `added ${text}`, {
      validator: (text) => {
        if (text.includes('bad')) throw new Error(`refused ${text}`);
      },
    });
    await wf.condition(() => seen.includes('stop!'));
    return seen;
  };
  const inbound: wf.WorkflowInboundCallsInterceptor = {
    handleSignal: (input, next) =>
      next({ ...input, args: [`${input.args[0]}${traceOf(input.headers) === 'none' ? '!' : '?'}`] }),
    handleQuery: async (input, next) => `<${await next({ ...input, args: ['asked'] })}>`,
    validateUpdate: (input, next) => next({ ...input, args: [`really ${input.args[0]}`] }),
    handleUpdate: async (input, next) => `${await next(input)} by ${traceOf(input.headers)} ${input.name}`,
  };

  it('see signals, queries, updates and their validators', async () => {
    const run = with_(messages, { inbound: [inbound] });
    await run.task();
    run.history.signal('say', 'one');
    await run.task();
    expect(await run.query('ask', 'x')).toBe('<asked one!>');
    const good = run.history.update('add', 'good');
    const bad = run.history.update('add', 'bad');
    await run.task();
    expect(outcomeOf(run, bad)).toEqual({ failed: 'refused really bad' });
    expect(outcomeOf(run, good)).toEqual({ result: 'added good by none add' });
    run.history.signal('say', 'stop');
    expect(resultOf(await run.task())).toEqual(['one!', 'stop!']);
  });

  it('are not asked about the queries of the SDK', async () => {
    const run = with_(messages, { inbound: [inbound] });
    await run.task();
    expect(await run.query('__temporal_workflow_metadata')).toMatchObject({
      definition: { type: 'messages' },
    });
  });

  it('of a query cannot wait for what history would have to bring', async () => {
    const run = with_(messages, { inbound: [{ handleQuery: () => new Promise(() => undefined) }] });
    await run.task();
    await expect(run.query('ask', 'x')).rejects.toThrow('interceptors of query ask wait');
  });
});

describe('outbound interceptors', () => {
  const outbound: wf.WorkflowOutboundCallsInterceptor = {
    startTimer: (input, next) => next({ ...input, durationMs: input.durationMs * 2 }),
    scheduleActivity: (input, next) => next({ ...input, headers: { trace: payload('activity') } }),
    scheduleLocalActivity: (input, next) => next({ ...input, headers: { trace: payload('local') } }),
    startChildWorkflowExecution: (input, next) => next({ ...input, headers: { trace: payload('child') } }),
    signalWorkflow: (input, next) =>
      next({ ...input, headers: { trace: payload(`signal ${input.target.type}`) } }),
    continueAsNew: (input, next) =>
      next({ ...input, args: ['intercepted'], headers: { trace: payload('next run') } }),
  };

  it('add headers to activities, children, signals and the next run, and change timers', async () => {
    const everything = async (): Promise<void> => {
      const { work } = wf.proxyActivities({ startToCloseTimeout: '1s' });
      const activity = work!('x');
      const child = wf.executeChild('other', { workflowId: 'c' });
      const signal = wf.getExternalWorkflowHandle('o').signal('hello');
      const timer = wf.sleep(1_000);
      const timed = wf.CancellationScope.withTimeout(3_000, () => timer);
      await Promise.all([activity, child, signal, timed]);
      await wf.continueAsNew('x');
    };
    const run = with_(everything, { outbound: [outbound] });
    const commands = await run.task();
    expect(sentTrace(commands, 'ScheduleActivityTask')).toBe('activity');
    expect(sentTrace(commands, 'StartChildWorkflowExecution')).toBe('child');
    expect(sentTrace(commands, 'SignalExternalWorkflowExecution')).toBe('signal external');
    expect(all(commands, 'StartTimer').map((timer) => timer.startToFireTimeout)).toEqual(['2s', '6s']);
    run.history.completeActivity('1');
    run.history.others.completeChild([...run.history.others.children.keys()][0]!);
    run.history.others.settleAll();
    run.history.fireTimer('1');
    const last = await run.task();
    expect(sentTrace(last, 'ContinueAsNewWorkflowExecution')).toBe('next run');
    expect(JSON.stringify(all(last, 'ContinueAsNewWorkflowExecution')[0]!.input)).toContain(
      btoa('"intercepted"'),
    );
  });

  it('change the timers of setTimeout as well, and clearTimeout still ends them', async () => {
    const two = async (): Promise<string> => {
      const cleared = setTimeout(() => undefined, 1_000);
      const rang = new Promise<string>((resolve) => setTimeout(resolve, 3_000, 'rang'));
      clearTimeout(cleared);
      return rang;
    };
    const run = with_(two, { outbound: [outbound] });
    const started = all(await run.task(), 'StartTimer');
    expect(started.map(({ timerId, startToFireTimeout }) => [timerId, startToFireTimeout])).toEqual([
      ['2', '6s'],
    ]);
    run.history.fireTimer('2');
    expect(resultOf(await run.task())).toBe('rang');
  });

  it('may draw from a stream of their own, which workflow code and its replay do not notice', async () => {
    const drawing = async (): Promise<unknown[]> => {
      const own = wf.getRandomStream('own');
      const before = [Math.random(), own.random()];
      await wf.sleep(1);
      const within = await own.with(async () => [
        await Promise.resolve(Math.random()),
        wf.workflowRandom.random(),
      ]);
      return [...before, ...within, own.fill(new Uint8Array(2)).length, wf.uuid4() === own.uuid4()];
    };
    const drawn: number[] = [];
    const apart = <T>(call: () => T): T =>
      wf.getRandomStream('plugin').with(() => {
        drawn.push(Math.random());
        return call();
      });
    const interceptors: WorkflowInterceptors = {
      inbound: [{ execute: (input, next) => apart(() => next(input)) }],
      outbound: [{ startTimer: (input, next) => apart(() => next(input)) }],
    };
    const resultWith = async (given: WorkflowInterceptors): Promise<unknown> => {
      const run = with_(drawing, given);
      await run.task();
      run.history.fireTimer('1');
      return resultOf(await run.task());
    };
    const [plain, plugged] = [await resultWith({}), await resultWith(interceptors)];
    expect(plugged).toEqual(plain);
    expect(new Set([...(plain as unknown[]).slice(0, 4), ...drawn]).size).toBe(6);
    expect(() => wf.workflowRandom.random()).toThrow(wf.IllegalStateError);
    expect(() => wf.getRandomStream('outside')).toThrow(wf.IllegalStateError);
  });

  it('may answer a call themselves, and the number of the call stays taken', async () => {
    const twice = async (): Promise<unknown[]> => {
      const { work } = wf.proxyActivities({ startToCloseTimeout: '1s' });
      return [await work!('skip'), await work!('do')];
    };
    const run = with_(twice, {
      outbound: [
        {
          scheduleActivity: async (input, next) =>
            input.args[0] === 'skip' ? `skipped ${input.seq}` : next(input),
        },
      ],
    });
    expect(all(await run.task(), 'ScheduleActivityTask').map((a) => a.activityId)).toEqual(['2']);
    run.history.completeActivity('2', 'done');
    expect(resultOf(await run.task())).toEqual(['skipped 1', 'done']);
  });

  it('put attributes on every entry of the log, which is written once', async () => {
    const entries: Array<[string, unknown]> = [];
    const logger: Logger = makeLogger('INFO', (_level, message, meta) => entries.push([message, meta]));
    const logging = async (): Promise<void> => {
      wf.log.info('before', { own: 1 });
      await wf.sleep(1_000);
      wf.log.info('after');
    };
    const run = with_(
      logging,
      { outbound: [{ getLogAttributes: (input, next) => ({ ...next(input), tenant: 'acme' }) }] },
      { logger },
    );
    await run.task();
    run.restart();
    run.history.fireTimer('1');
    await run.task();
    expect(entries.map(([message]) => message)).toEqual(['before', 'after']);
    expect(entries[0]![1]).toMatchObject({ tenant: 'acme', own: 1, workflowType: 'logging' });
  });
});

describe('internals interceptors', () => {
  it('are around every activation, see its commands, and hear of the end', async () => {
    const calls: unknown[] = [];
    const napping = async (): Promise<void> => wf.sleep(1_000);
    const run = with_(napping, {
      internals: [
        {
          activate(input, next) {
            calls.push(['activate', input.batchIndex, input.activation.isReplaying]);
            next(input);
          },
          concludeActivation(input, next) {
            const output = next(input);
            calls.push(output.commands.map((command) => command.commandType));
            return output;
          },
          dispose: () => void calls.push('disposed'),
        },
      ],
    });
    // What was recorded is the live session's: its replay in another one is not looked at.
    const session = run.open();
    run.history.scheduleTask();
    run.history.startTask();
    await session.runWorkflowTask(run.history.events);
    session[Symbol.dispose]();
    expect(calls).toEqual([['activate', 0, false], ['COMMAND_TYPE_START_TIMER'], 'disposed']);
  });

  it('may change, remove and add commands', async () => {
    const busy = async (): Promise<void> => {
      const { work } = wf.proxyActivities({ startToCloseTimeout: '1s' });
      await Promise.race([work!(), wf.sleep(1_000)]);
    };
    const run = with_(busy, {
      internals: [
        {
          concludeActivation(input, next) {
            const commands = input.commands
              .filter((command) => command.commandType !== 'COMMAND_TYPE_START_TIMER')
              .map((command) => ({ ...command, ...{ userMetadata: {} } }));
            const marker = {
              commandType: 'COMMAND_TYPE_RECORD_MARKER',
              recordMarkerCommandAttributes: { markerName: 'mine' },
            } as (typeof commands)[number];
            return next({ commands: commands.length > 0 ? [...commands, marker] : commands });
          },
        },
      ],
    });
    expect(names(await run.task())).toEqual(['ScheduleActivityTask', 'RecordMarker']);
    run.history.completeActivity('1');
    expect(names(await run.task())).toContain('CompleteWorkflowExecution');
  });
});

describe('sinks', () => {
  it('are told what a task did after it, with the run and copies of the arguments', async () => {
    const told: wf.SinkCall[] = [];
    const sinks = { has: () => false, call: (calls: wf.SinkCall[]) => void told.push(...calls) };
    const telling = async (): Promise<void> => {
      const { audit } = wf.proxySinks<{ audit: { note(entry: { step: number }): void } }>();
      const entry = { step: 1 };
      audit.note(entry);
      entry.step = 2;
      await wf.sleep(1_000);
      audit.note(entry);
    };
    const run = new Driver(telling, { sinks });
    await run.task();
    run.history.fireTimer('1');
    await run.task();
    const live = told.filter((call) => !call.workflowInfo.unsafe.isReplaying);
    // Every task is run a second time in another session, which tells its sinks too.
    expect(told.map(({ args }) => args[0])).toContainEqual({ step: 1 });
    expect(new Set(live.map(({ args }) => JSON.stringify(args)))).toEqual(
      new Set(['[{"step":1}]', '[{"step":2}]']),
    );
    expect(live[0]).toMatchObject({
      ifaceName: 'audit',
      fnName: 'note',
      workflowInfo: { workflowId: 'w-telling' },
    });
  });

  it('of the name defaultWorkerLogger take the place of the logger', async () => {
    const told: wf.SinkCall[] = [];
    const sinks = {
      has: (name: string) => name === 'defaultWorkerLogger',
      call: (calls: wf.SinkCall[]) => void told.push(...calls),
    };
    const logging = async (): Promise<void> => wf.log.warn('look', { n: 1 });
    const run = new Driver(logging, { sinks });
    await run.task();
    const [call] = told.filter(({ fnName }) => fnName === 'warn');
    expect(call).toMatchObject({ args: ['look', { n: 1, workflowType: 'logging' }] });
  });
});
