/** Whatever a client sends, it is answered as a client's mistake or served: never as the engine's failure. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routes } from '../../src/api/routes.ts';
import { makeEngine } from './engine.ts';

const fields = [
  'workflowId', 'workflowType', 'taskQueue', 'name', 'input', 'payloads', 'metadata', 'data', 'encoding', 'failure',
  'cause', 'details', 'fields', 'memo', 'header', 'requestId', 'workflow_type', 'execution', 'runId', 'query', 'queryArgs',
  'taskToken', 'retryPolicy', 'waitMs', 'url', 'namespace', '__proto__', 'constructor', 'toString', 'indexedFields',
  'searchAttributes', 'userMetadata', 'applicationFailureInfo', 'workflowRunTimeout',
]; // biome-ignore format: a list
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    'default',
    'q',
    '10s',
    'anNvbi9wbGFpbg==',
    'e30=',
    '\u0000',
    '\ud800',
    null,
    true,
    0,
    -1,
    1e308,
  ),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    // Made from entries, so that `__proto__` is an ordinary key, as JSON.parse makes it.
    fc
      .array(fc.tuple(fc.constantFrom(...fields), tie('value')), { maxLength: 6 })
      .map((e) => Object.fromEntries(e)),
  ),
}));
const body = fc.oneof(
  { weight: 8, arbitrary: value.map((v) => JSON.stringify(v)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
const segment = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('w', '%', '%zz', '%2F', '%00', '%E0%A4%A', '__proto__'),
);
const parameter = fc.tuple(
  fc.oneof(
    fc.constantFrom(...fields, 'execution.runId', 'pageSize', 'nextPageToken', 'a..b', '.', '__proto__.x'),
    fc.string(),
  ),
  fc.oneof(fc.string(), fc.constantFrom('1', 'true', '')),
);

describe('the API under arbitrary requests', () => {
  it('answers each with JSON and a status below 500', async () => {
    const request = fc.record({
      route: fc.constantFrom(...routes),
      segments: fc.array(segment, { minLength: 3, maxLength: 3 }),
      body,
      query: fc.array(parameter, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ route, segments, body, query }) => {
        const engine = makeEngine();
        let i = 0;
        const path = `/api/v1${route.path.replace(/\{([^}]+)\}/g, (_, name) => (name === 'namespace' ? 'default' : segments[i++]!))}`;
        const search = query.length > 0 ? `?${new URLSearchParams(query)}` : '';
        const reply = await engine.send(
          route.method,
          path + search,
          route.method === 'GET' ? undefined : body,
        );
        expect(reply.status, reply.text).toBeLessThan(500);
        if (reply.status !== 200) expect(reply.body.message).toEqual(expect.any(String));
        expect(({} as Record<string, unknown>).x).toBeUndefined();
      }),
      { numRuns: 1_500 },
    );
  });
});
