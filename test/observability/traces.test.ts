/** The caller's trace: where it is read, and where it goes on. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  carriedTraceparent,
  carryTraceparent,
  parseTraceparent,
  TRACE_HEADER,
  traceparentOf,
} from '../../sdk/common/trace-context.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { spansOf, traceparentAt } from '../../src/observability/traces.ts';
import * as workflows from './workflows.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;
const UNSAMPLED = CALLER.replace(/01$/, '00');
const json = (value: unknown) => ({
  metadata: { encoding: btoa('json/plain') },
  data: btoa(JSON.stringify(value)),
});

describe('a traceparent', () => {
  it.each([
    '',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])('%j is none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it.each([CALLER, UNSAMPLED])('%s is written as it was read', (text) => {
    expect(traceparentOf(parseTraceparent(text)!)).toBe(text);
  });

  it('is found among headers, as the interceptors of Temporal put it or as a text', () => {
    expect(carriedTraceparent({ fields: { [TRACE_HEADER]: json({ traceparent: CALLER }) } })).toBe(CALLER);
    expect(carriedTraceparent({ fields: { traceparent: json(CALLER) } })).toBe(CALLER);
    for (const strange of [{ data: '%' }, json(7), json('no place'), {}])
      expect(carriedTraceparent({ fields: { traceparent: strange } })).toBeUndefined();
  });

  it('is put beside other headers, and never in the place of one that is there', () => {
    const tenant = json('acme');
    const carried = carryTraceparent({ fields: { tenant } }, CALLER);
    expect(carried!.fields!.tenant).toBe(tenant);
    expect(carriedTraceparent(carried)).toBe(CALLER);
    expect(carryTraceparent(carried, UNSAMPLED)).toBe(carried);
    expect(carryTraceparent(undefined, undefined)).toBeUndefined();
  });
});

describe('a caller’s trace', () => {
  /** What interceptors of activities are given, in order. */
  let seen: unknown[] = [];
  let env: TestWorkflowEnvironment;
  beforeEach(async () => {
    seen = [];
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  afterEach(() => env.teardown());

  const started = (workflowId: string, runId?: string) =>
    env.client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory()
      .then(({ events }) => events);
  const carried = ([event]: Awaited<ReturnType<typeof started>>) =>
    carriedTraceparent(
      (event as unknown as { workflowExecutionStartedEventAttributes: { header?: object } })
        .workflowExecutionStartedEventAttributes.header,
    );

  async function travel(path: string, body: object, traceparent?: string): Promise<string> {
    const worker = {
      taskQueue: 'traced',
      workflows,
      activities: { greet: async () => 'hello' },
      interceptors: {
        activity: [
          () => ({
            inbound: {
              execute(
                input: { headers: Record<string, { data?: Uint8Array | null }> },
                next: (i: never) => Promise<unknown>,
              ) {
                const { data } = input.headers.traceparent ?? {};
                seen.push(data ? JSON.parse(new TextDecoder().decode(data)) : undefined);
                return next(input as never);
              },
            },
          }),
        ],
      },
    };
    return env.runUntil(worker as never, async () => {
      const response = await env.fetch(`/api/v1/namespaces/default${path}`, {
        method: 'POST',
        headers: traceparent ? { traceparent } : {},
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      const handle = env.client.workflow.getHandle('t');
      const { runId } = await handle.describe();
      await handle.result();
      return runId;
    });
  }
  const start = { workflowType: { name: 'travels' }, taskQueue: { name: 'traced' } };

  it('goes on in activities, in the next runs of the chain, and in children', async () => {
    const first = await travel('/workflows/t', start, CALLER);
    expect(seen).toEqual([CALLER, CALLER]);
    expect(carried(await started('t', first))).toBe(CALLER);
    expect(carried(await started('t'))).toBe(CALLER);
    expect(carried(await started('fellow'))).toBe(CALLER);
  });

  it('is not made up where there is none', async () => {
    await travel('/workflows/t', start);
    expect(seen).toEqual([undefined, undefined]);
    expect(carried(await started('fellow'))).toBeUndefined();
  });

  it('comes with a start that brings a signal, too', async () => {
    await travel('/workflows/t/signal-with-start/go', start, CALLER);
    expect(seen).toEqual([CALLER, CALLER]);
  });

  it('that is not sampled is passed on, and not exported', async () => {
    const runId = await travel('/workflows/t', start, UNSAMPLED);
    expect(seen).toEqual([UNSAMPLED, UNSAMPLED]);
    const place = { runId, firstExecutionRunId: runId, traceparent: UNSAMPLED };
    expect(traceparentAt(place, 5)).toBeUndefined();
    expect(spansOf({ namespace: 'default', workflowId: 't', runId }, await started('t', runId))).toEqual([]);
  });

  it('is where the engine’s spans stand, each with the id that its call carries', async () => {
    const runId = await travel('/workflows/t', start, CALLER);
    const [root, activity] = spansOf(
      { namespace: 'default', workflowId: 't', runId },
      await started('t', runId),
    );
    expect(activity).toMatchObject({
      name: 'RunActivity:greet',
      traceId: TRACE,
      parentSpanId: root!.spanId,
    });
    const { spanId, traceId } = activity!;
    const place = { runId, firstExecutionRunId: runId, traceparent: CALLER };
    expect(traceparentAt(place, 5)).toBe(traceparentOf({ traceId, spanId, sampled: true }));
    // One trace of its own, where nobody brought one.
    expect(traceparentAt({ runId, firstExecutionRunId: runId }, 5)).not.toContain(TRACE);
  });
});
