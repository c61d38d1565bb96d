/** One trace from whoever starts a workflow to activities on another Worker, and the engine's own spans and metrics at a collector. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler } from 'perdure/worker/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { World } from './processes.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const ELSEWHERE = 'elsewhere';

const world = new World();
const servers: Server[] = [];
/** Bodies that the collector was sent, by path. */
const collected: Array<{ path: string; key: string | undefined; body: any }> = [];
/** `traceparent` of the requests that brought activities. */
const dispatched: Array<string | undefined> = [];

async function listen(
  answer: (request: IncomingMessage, body: string) => Promise<Response>,
): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const response = await answer(incoming, Buffer.concat(chunks).toString());
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A Worker with nothing but the activity; it answers with the place in the trace that interceptors are given. */
async function activityWorker(): Promise<string> {
  const seen = new Map<string, string>();
  const handler = createHandler({
    taskQueue: ELSEWHERE,
    activities: { place: async () => [...seen.values()].at(-1) },
    interceptors: {
      activity: [
        ({ info }) => ({
          inbound: {
            execute(input, next) {
              const { data } = input.headers.traceparent ?? {};
              seen.set(info.activityId, JSON.parse(new TextDecoder().decode(data ?? new Uint8Array())));
              return next(input);
            },
          },
        }),
      ],
    },
  });
  return listen(async ({ method = 'GET', url = '', headers }, body) => {
    if (url.endsWith('/activity-task')) dispatched.push(headers.traceparent as string | undefined);
    return handler.fetch(new Request(`http://worker${url}`, { method, ...(body && { body }) }));
  });
}

beforeAll(async () => {
  const collector = await listen(async ({ url = '', headers }, body) => {
    collected.push({ path: url, key: headers['x-key'] as string | undefined, body: JSON.parse(body) });
    return Response.json({});
  });
  world.vars = { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k%201' };
  await world.startEngine();
  await world.api.ok('POST', '/workers', { url: await activityWorker() });
  const workflows = await world.testWorker('workflows');
  await workflows.serve();
});
afterAll(async () => {
  await world.end();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

interface Shown {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}
const spans = (): Shown[] =>
  collected
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans);

it('a trace goes from its caller through workflow and child to activities on another Worker', async () => {
  const started = await fetch(`${world.url}/api/v1/namespaces/default/workflows/traced`, {
    method: 'POST',
    headers: { traceparent: `00-${TRACE}-${CALLER}-01` },
    body: JSON.stringify({
      workflowType: { name: 'delegates' },
      taskQueue: { name: 'e2e' },
      input: [ELSEWHERE],
    }),
  });
  expect(started.status).toBe(200);
  const places = await world.api.result('traced');
  expect(places).toEqual(dispatched);
  await until('both runs at the collector', () => spans().length === 5);

  const all = spans();
  expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  const byId = new Map(all.map((span) => [span.spanId, span]));
  const pathOf = (spanId: string): string[] => {
    const span = byId.get(spanId);
    return span ? [...pathOf(span.parentSpanId!), span.name] : [spanId];
  };
  const spanOf = (traceparent: string | undefined): string => traceparent!.split('-')[2]!;
  expect(dispatched.map((traceparent) => pathOf(spanOf(traceparent)))).toEqual([
    [CALLER, 'RunWorkflow:delegates', 'RunActivity:place'],
    [
      CALLER,
      'RunWorkflow:delegates',
      'StartChildWorkflow:delegates',
      'RunWorkflow:delegates',
      'RunActivity:place',
    ],
  ]);
});

it('the engine’s metrics come to the same collector, by the headers that are set', async () => {
  await world.sweep();
  const sent = () => collected.filter(({ path }) => path === '/v1/metrics');
  await until('metrics at the collector', () => sent().length > 0);
  const { metrics } = sent().at(-1)!.body.resourceMetrics[0].scopeMetrics[0];
  const starts = metrics.find(({ name }: { name: string }) => name === 'perdure_workflow_starts_total');
  expect(starts.sum.dataPoints.map(({ asDouble }: { asDouble: number }) => asDouble)).toEqual([2]);
  expect(new Set(collected.map(({ key }) => key))).toEqual(new Set(['k 1']));
});
