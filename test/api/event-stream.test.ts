import { describe, expect, it } from 'vitest';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { activities } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';

interface Message {
  id?: string;
  event?: string;
  data: any;
}

/** Messages as they come; signs of life are left out. */
async function* messagesOf(response: Response): AsyncGenerator<Message> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields.data) yield { ...fields, data: JSON.parse(fields.data) };
    }
  }
}

const all = (response: Response): Promise<Message[]> => collected(messagesOf(response));

async function collected(stream: AsyncGenerator<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}
const types = (messages: Message[]): string[] =>
  messages.map(({ event, data }) => event ?? data.eventType.replace('EVENT_TYPE_', ''));

async function withEngine(
  test: (
    listen: (path: string, headers?: Record<string, string>) => Promise<Response>,
    env: TestWorkflowEnvironment,
  ) => Promise<void>,
): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const listen = (path: string, headers: Record<string, string> = {}) =>
    env.nativeConnection.inProcess!.fetch(`http://localhost/api/v1/namespaces/default/workflows/${path}`, {
      headers,
    });
  try {
    await env.runUntil({ taskQueue: 'q', workflows, activities }, () => test(listen, env));
  } finally {
    await env.teardown();
  }
}

describe('the stream of events', () => {
  it('brings history as it happens, in shorthand unless asked otherwise, and ends with the workflow', () =>
    withEngine(async (listen, env) => {
      const handle = await env.client.workflow.start('waiter', { taskQueue: 'q', workflowId: 'w' });
      await env.sleep(0);
      const stream = messagesOf(await listen('w/events'));
      const first = await stream.next();
      expect(first.value).toMatchObject({
        id: `${handle.firstExecutionRunId}/1`,
        data: { eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED' },
      });
      await handle.signal('finish', 'now');
      await handle.result();
      const rest = await collected(stream);
      expect(types(rest).slice(-2)).toEqual(['WORKFLOW_EXECUTION_COMPLETED', 'end']);
      expect(rest.at(-2)!.data.workflowExecutionCompletedEventAttributes.result).toEqual(['finished now']);
      const long = await all(await listen('w/events?noPayloadShorthand'));
      expect(long.at(-2)!.data.workflowExecutionCompletedEventAttributes.result).toHaveProperty('payloads');
    }));

  it('goes on behind the last event that the caller has seen, and tells it not to come back after the end', () =>
    withEngine(async (listen, env) => {
      await env.client.workflow.execute('echo', { taskQueue: 'q', workflowId: 'w', args: ['x'] });
      const messages = await all(await listen('w/events'));
      const ids = messages.flatMap(({ id }) => id ?? []);
      expect(ids.length).toBe(5);
      for (const [i, id] of ids.entries()) {
        const again = await listen('w/events', { 'last-event-id': id });
        if (i === ids.length - 1) expect([again.status, await again.text()]).toEqual([204, '']);
        else expect((await all(again)).flatMap(({ id }) => id ?? [])).toEqual(ids.slice(i + 1));
      }
      const short = await all(await listen('w/events?lastEventId=4'));
      expect(types(short)).toEqual(['WORKFLOW_EXECUTION_COMPLETED', 'end']);
    }));

  it('goes from run to run, also for who comes back between two runs', () =>
    withEngine(async (listen, env) => {
      await env.client.workflow.execute('flaky', {
        taskQueue: 'q',
        workflowId: 'w',
        retry: { maximumAttempts: 3 },
      });
      const { runId } = (await env.client.workflow.getHandle('w').describe()).raw.workflowExecutionInfo
        .execution;
      const { firstRunId } = (await env.client.workflow.getHandle('w').describe()).raw.workflowExecutionInfo;
      const messages = await all(await listen(`w/events?execution.runId=${firstRunId}`));
      const runs = [...new Set(messages.flatMap(({ id }) => id?.split('/')[0] ?? []))];
      expect([runs[0], runs.at(-1), runs.length > 1]).toEqual([firstRunId, runId, true]);
      expect(types(messages).filter((type) => type === 'end')).toEqual(['end']);
      const lastOfFirst = messages.findLast(({ id }) => id?.startsWith(`${firstRunId}/`))!.id!;
      const rest = await all(await listen('w/events', { 'last-event-id': lastOfFirst }));
      expect(rest[0]!.id).toBe(`${runs[1]}/1`);
      const alone = await all(await listen(`w/events?execution.runId=${firstRunId}&followRuns=false`));
      expect(alone.at(-2)!.id).toBe(lastOfFirst);
    }));

  it('is refused in JSON, before it begins, for a workflow that is not there or an id that is none', () =>
    withEngine(async (listen, env) => {
      const missing = await listen('nobody/events');
      expect([missing.status, (await missing.json()) as object]).toMatchObject([404, { code: 5 }]);
      await env.client.workflow.execute('echo', { taskQueue: 'q', workflowId: 'w', args: ['x'] });
      const wrong = await listen('w/events', { 'last-event-id': 'x/y/z' });
      expect([wrong.status, await wrong.json()]).toMatchObject([
        400,
        { message: expect.stringContaining('lastEventId') },
      ]);
    }));
});
