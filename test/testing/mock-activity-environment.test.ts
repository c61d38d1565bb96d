import { CancelledFailure, Context, getClient } from 'perdure/activity';
import { Client, IllegalStateError } from 'perdure/client';
import { MockActivityEnvironment } from 'perdure/testing';
import { ActivityInboundLogInterceptor, DefaultLogger, type LogEntry } from 'perdure/worker/node';
import { describe, expect, it } from 'vitest';
import * as activities from './fixtures/activities.ts';

describe('MockActivityEnvironment', () => {
  it('runs an activity with its arguments and answers what it answers', async () => {
    const env = new MockActivityEnvironment();
    expect(await env.run(activities.greet, 'Temporal')).toBe('Hello, Temporal!');
  });

  it('gives the activity the info that the test wants, and defaults for the rest', async () => {
    const env = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: { page: 7 } });
    expect(await env.run(activities.aboutItself)).toEqual([2, 'unknown', { page: 7 }]);
    expect(env.context.info.workflowExecution?.workflowId).toBe('test');
  });

  it('emits heartbeats and cancels the activity', async () => {
    const entries: LogEntry[] = [];
    const env = new MockActivityEnvironment(
      {},
      { logger: new DefaultLogger('INFO', (entry) => entries.push(entry)) },
    );
    const heartbeats: unknown[] = [];
    env.on('heartbeat', (details: unknown) => {
      heartbeats.push(details);
      if (details === 3) env.cancel();
    });
    await expect(env.run(activities.slow)).rejects.toThrow(CancelledFailure);
    expect(heartbeats).toEqual([0, 1, 2, 3]);
    expect(env.context.cancellationSignal.aborted).toBe(true);
    expect(env.context.cancellationDetails).toMatchObject({ cancelRequested: true, timedOut: false });
    expect(entries).toMatchObject([{ level: 'INFO', message: 'stopped', meta: { why: 'CANCELLED' } }]);
  });

  it('cancels for the reason that the test names, also before the activity begins', async () => {
    const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    env.cancel('TIMED_OUT', { timedOut: true });
    await expect(env.run(activities.slow)).rejects.toThrow('TIMED_OUT');
    expect(env.context.cancellationDetails).toMatchObject({ cancelRequested: false, timedOut: true });
  });

  it('gives the activity the client that the test wants, and none of its own accord', async () => {
    const client = new Client({ namespace: 'of the test' });
    const clients = async () => [Context.current().client, getClient()];
    expect(await new MockActivityEnvironment({}, { client }).run(clients)).toEqual([client, client]);
    await expect(new MockActivityEnvironment().run(clients)).rejects.toThrow(IllegalStateError);
    expect(() => getClient()).toThrow('Activity context not initialized');
  });

  it('has the info of Temporal’s, whose namespace is that of no server', () => {
    expect(new MockActivityEnvironment().context.info).toMatchObject({
      ...{ namespace: 'test', workflowNamespace: 'default', taskQueue: 'test', activityType: 'unknown' },
    });
  });

  it('logs through an older log interceptor with what that adds, and as ever where it adds nothing', async () => {
    class WithTenant extends ActivityInboundLogInterceptor {
      protected override logAttributes(): Record<string, unknown> {
        return { ...super.logAttributes(), tenant: 'blue' };
      }
    }
    const entries: LogEntry[] = [];
    const logger = new DefaultLogger('INFO', (entry) => entries.push(entry));
    const logs = async () => Context.current().log.info('here');
    const factories = [
      (ctx: Context) => ({ inbound: new WithTenant(ctx, logger) }),
      (ctx: Context) => ({ inbound: new ActivityInboundLogInterceptor(ctx) }),
    ];
    for (const factory of factories)
      await new MockActivityEnvironment({ attempt: 2 }, { logger, interceptors: [factory] }).run(logs);
    expect(entries).toMatchObject([
      { message: 'here', meta: { sdkComponent: 'activity', attempt: 2, workflowId: 'test', tenant: 'blue' } },
      { message: 'here', meta: { attempt: 2, workflowId: 'test' } },
    ]);
    expect(entries[1]!.meta).not.toHaveProperty('tenant');
  });

  it('throws what the activity throws', async () => {
    const error = new RangeError('too far');
    const failing = new MockActivityEnvironment().run(async () => {
      throw error;
    });
    await expect(failing).rejects.toBe(error);
  });
});
