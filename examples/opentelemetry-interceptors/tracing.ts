/**
 * Tracing outside of workflows: interceptors of the client and of activities, the sink for spans of workflows, and an
 * exporter that speaks OpenTelemetry's protocol (OTLP, as JSON over HTTP), which every collector takes. It needs nothing but
 * `fetch`, so that it runs on Node and on Cloudflare.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { WorkflowClientInterceptor } from 'perdure/client';
import type { ActivityInterceptorsFactory, InjectedSinks } from 'perdure/worker/node';
import { inSpan, type Position, positionOf, type Span, withPosition } from './shared.ts';
import type { TracingSinks } from './workflow-tracing.ts';

export type Exporter = (span: Span) => void | Promise<void>;

export interface Tracing {
  client: WorkflowClientInterceptor;
  activity: ActivityInterceptorsFactory;
  sinks: InjectedSinks<TracingSinks>;
}

const current = new AsyncLocalStorage<Position>();

/** The place in the trace that the calling code has: for spans of your own, and for calls to other services. */
export const currentPosition = (): Position | undefined => current.getStore();

/** Ended spans go to `exporter`; what becomes of them there holds nobody up. */
export function startTracing(exporter: Exporter): Tracing {
  const ended = (span: Span): void => {
    Promise.resolve(exporter(span)).catch((error) => console.error('A span was not exported', error));
  };
  const traced = <T>(
    name: string,
    kind: Span['kind'],
    parent: Position | undefined,
    fn: (here: Position) => Promise<T>,
  ): Promise<T> => {
    const here = { traceId: parent?.traceId ?? randomHex(16), spanId: randomHex(8) };
    return inSpan({ name, kind, here, parent, ended, attributes: {} }, () =>
      current.run(here, () => fn(here)),
    );
  };
  return {
    client: {
      startWithDetails: (input, next) =>
        traced(`StartWorkflow:${input.workflowType}`, 'client', currentPosition(), (here) =>
          next(withPosition(input, here)),
        ),
      signal: (input, next) =>
        traced(`SignalWorkflow:${input.signalName}`, 'client', currentPosition(), (here) =>
          next(withPosition(input, here)),
        ),
    },
    activity: ({ info }) => ({
      inbound: {
        execute: (input, next) =>
          traced(`RunActivity:${info.activityType}`, 'server', positionOf(input.headers), () => next(input)),
      },
      // Log lines of an activity can be found by their trace.
      outbound: { getLogAttributes: (input, next) => ({ ...next(input), ...currentPosition() }) },
    }),
    sinks: { tracing: { span: { fn: (_info, span) => exporter(span) } } },
  };
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const KINDS = { internal: 1, server: 2, client: 3 };

/** Sends each span to an OpenTelemetry collector, for example `http://127.0.0.1:4318`. */
export function otlpExporter(collector: string, serviceName: string): Exporter {
  return async (span) => {
    const resource = { attributes: attributesOf({ 'service.name': serviceName }) };
    const scopeSpans = [{ scope: { name: 'perdure-example' }, spans: [toOtlp(span)] }];
    const reply = await fetch(`${collector}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }),
    });
    if (!reply.ok) throw new Error(`The collector answered ${reply.status}`);
  };
}

function toOtlp({ name, kind, traceId, spanId, parentSpanId, startMs, endMs, attributes, error }: Span) {
  return {
    ...{ name, traceId, spanId, parentSpanId, kind: KINDS[kind] },
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: 2, message: error },
  };
}

function attributesOf(attributes: Record<string, string>) {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
