/**
 * THE TABLE of what is served beside the routes of `routes.ts`: at the root and nowhere else, without payloads, for those who
 * watch an engine and for webhooks. Served, authorised and described (`/openapi.json`, docs/http-api.md) from here.
 */

import { PROMETHEUS_CONTENT_TYPE } from '../observability/prometheus.ts';
import type { JsonSchema } from './openapi.ts';

export interface PlainRoute {
  method: 'GET' | 'POST';
  path: string;
  /** `public`: says nothing of anybody's data. `signed`: the request proves itself whose it is. */
  permission: 'public' | 'reader' | 'signed';
  description: string;
  /** Fields of the query. */
  query?: Record<string, string>;
  /** It takes a body. */
  body?: string;
  answers: Record<number, { description: string; type: string; schema: JsonSchema }>;
}

const json = (description: string, schema: JsonSchema) => ({ description, type: 'application/json', schema });
const said = (field: string, ...words: string[]): JsonSchema => ({
  type: 'object',
  properties: { [field]: { enum: words }, reason: { type: 'string' } },
  required: [field],
  additionalProperties: false,
});

export const plainRoutes = {
  GetHealth: {
    method: 'GET',
    path: '/health',
    permission: 'public',
    description: 'Does the engine serve anybody?',
    answers: {
      200: json('It does.', said('status', 'SERVING')),
      500: json('It was deployed without a credential, and serves nobody.', said('status', 'NOT_SERVING')),
    },
  },
  GetReadiness: {
    method: 'GET',
    path: '/ready',
    permission: 'public',
    description: 'Do the objects of the engine answer? Asked of them every five seconds at most.',
    answers: {
      200: json('They do.', said('status', 'READY')),
      503: json('They do not, or the engine serves nobody.', said('status', 'NOT_READY')),
    },
  },
  GetOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    permission: 'public',
    description: 'This description.',
    answers: { 200: json('OpenAPI 3.1.', { type: 'object' }) },
  },
  GetMetrics: {
    method: 'GET',
    path: '/metrics',
    permission: 'reader',
    description: 'For Prometheus. All namespaces need the role in the system.',
    query: { namespace: 'Of this namespace alone.' },
    answers: {
      200: { description: 'Samples.', type: PROMETHEUS_CONTENT_TYPE, schema: { type: 'string' } },
    },
  },
  ReceiveWebhook: {
    method: 'POST',
    path: '/webhooks/{namespace}/{webhookId}',
    permission: 'signed',
    description:
      'A delivery of a webhook that CreateWebhook made, signed as its sender signs: it signals a workflow, or starts it. ' +
      'A repeated one does nothing again.',
    body: 'JSON, or a form, of at most 1 MiB.',
    answers: {
      200: json(
        'The workflow has it for good; or there is nothing to do. Slack gets no body, or its challenge.',
        {
          type: 'object',
          properties: {
            outcome: { enum: ['signaled', 'started', 'ignored'] },
            challenge: { type: 'string' },
          },
          additionalProperties: false,
        },
      ),
    },
  },
} as const satisfies Record<string, PlainRoute>;

export type PlainName = keyof typeof plainRoutes;

export const plainRouteList: ReadonlyArray<readonly [PlainName, PlainRoute]> = Object.entries(
  plainRoutes,
) as Array<[PlainName, PlainRoute]>;
