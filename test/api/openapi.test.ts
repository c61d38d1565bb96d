import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { type JsonSchema, type Operation, openApi } from '../../src/api/openapi.ts';
import { plainRouteList } from '../../src/api/plain-routes.ts';
import { routes } from '../../src/api/routes.ts';
import { makeEngine } from './engine.ts';
import { misfits, resolved, valuesOf } from './json-schema.ts';

const document = openApi();
const { schemas } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** How many requests the fuzzer sends; nightly more. */
const REQUESTS = Number(process.env.PERDURE_FUZZ ?? '1500');
const REQUESTS_PER_ENGINE = 100;
/** A long poll waits for what virtual time does not bring. */
const PATIENCE_MS = 150;

describe('/openapi.json', () => {
  it('is served to anybody, and describes every route once', async () => {
    const { status, body } = await makeEngine().get('/openapi.json');
    expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(document))]);
    const described = operations.map(
      ({ path, method, operation }) => `${operation.operationId.replace(/2$/, '')} ${method} ${path}`,
    );
    const served = [
      ...routes.map(({ rpc, method, path }) => `${rpc} ${method} ${path}`),
      ...plainRouteList.map(([name, { method, path }]) => `${name} ${method} ${path}`),
    ];
    expect(described.toSorted()).toEqual(served.toSorted());
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  it.each(operations.map((one) => [one.operation.operationId, one] as const))(
    '%s has its path parameters, no parameter twice, and refers only to what is there',
    (_, { path, operation }) => {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      const named = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(named.length).toBe(new Set(named).size);
      const refs = [...JSON.stringify(operation).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
      for (const $ref of refs) resolved({ $ref }, schemas);
      for (const text of JSON.stringify(operation).matchAll(/"#\/\$defs/g)) expect(text).toBeUndefined();
    },
  );

  it('has only schemas whose references lead somewhere', () => {
    for (const schema of Object.values(schemas))
      for (const [, $ref] of JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g))
        resolved({ $ref: $ref! }, schemas);
  });
});

interface Sent {
  path: string;
  method: string;
  operation: Operation;
  body?: string;
}

/** Ids that there are, and some that there are not. */
const segment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('open', 'closed', 'w', 'default', 'transfer', 'daily') },
  fc.string({ minLength: 1, maxLength: 10 }).map((text) => encodeURIComponent(text.toWellFormed()) || 'x'),
  fc.constantFrom('%', '%zz', '%2F', '%00', '__proto__', 'x'.repeat(1_001)),
);

function requestOf({ path, method, operation }: (typeof operations)[number]): fc.Arbitrary<Sent> {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
  const segments = fc.tuple(
    ...names.map((name) =>
      name === 'namespace' ? fc.oneof({ weight: 20, arbitrary: fc.constant('default') }, segment) : segment,
    ),
  );
  const query = fc.tuple(
    ...operation.parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema, required }) =>
        fc.option(
          valuesOf(schema, schemas).map((value) => [name, String(value)] as const),
          { freq: required ? 20 : 1 },
        ),
      ),
  );
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = schema ? bodyOf(schema) : fc.constant(undefined);
  return fc.tuple(segments, query, body).map(([values, parameters, text]) => {
    let i = 0;
    const filled = path.replace(/\{[^}]+\}/g, () => values[i++]!);
    const search = new URLSearchParams(parameters.flatMap((pair) => (pair ? [[...pair]] : []))).toString();
    return {
      path: `${filled}${search && `?${search}`}`,
      method,
      operation,
      ...(text !== undefined && { body: text }),
    };
  });
}

/** Right ones, most of all; some with a field that is wrong; some that are no JSON. */
function bodyOf(schema: JsonSchema): fc.Arbitrary<string> {
  const right = valuesOf(schema, schemas).map((value) => value as Record<string, unknown>);
  const spoiled = fc
    .tuple(
      right,
      fc.nat(),
      fc.oneof(fc.jsonValue(), fc.constantFrom(null, [], {}, '', -1, 'x'.repeat(2_000))),
    )
    .map(([value, at, wrong]) => {
      const names = [...Object.keys(value), 'bogus'];
      return { ...value, [names[at % names.length]!]: wrong };
    });
  const text = fc.oneof({ weight: 8, arbitrary: right }, { weight: 3, arbitrary: spoiled });
  return fc.oneof(
    { weight: 12, arbitrary: text.map((value) => JSON.stringify(value)) },
    fc.constantFrom('', '{', '[]', 'null', '{"a":1,}', '"text"', `${'['.repeat(80)}${']'.repeat(80)}`),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
}

class Engines {
  #engine: MemoryEngine | undefined;
  #sent = 0;

  /** Each has a workflow that runs, and one that has ended. */
  async next(): Promise<MemoryEngine> {
    if (this.#engine && this.#sent++ % REQUESTS_PER_ENGINE !== 0) return this.#engine;
    this.#engine?.close();
    const engine = new MemoryEngine(Date.UTC(2026, 0, 5, 12));
    const start = { workflowType: { name: 'transfer' }, taskQueue: { name: 'q' } };
    for (const id of ['open', 'closed'])
      await send(engine, 'POST', `/namespaces/default/workflows/${id}`, start);
    await send(engine, 'POST', '/namespaces/default/workflows/closed/terminate', {});
    this.#engine = engine;
    return engine;
  }
}

const send = (engine: MemoryEngine, method: string, path: string, body?: object): Promise<Response> =>
  engine.fetch(`http://localhost/api/v1${path}`, { method, ...(body && { body: JSON.stringify(body) }) });

/** `undefined`: it waits. */
async function answerTo(engine: MemoryEngine, { path, method, operation, body }: Sent) {
  const prefix = operation.servers ? '' : '/api/v1';
  const asked = engine.fetch(`http://localhost${prefix}${path}`, {
    method,
    ...(body !== undefined && method !== 'GET' && { body }),
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  const response = await Promise.race([asked, late]);
  clearTimeout(timer);
  if (!response) return undefined;
  const stream = response.headers.get('content-type') === 'text/event-stream';
  if (stream) await response.body?.cancel();
  return { status: response.status, text: stream ? '' : await response.text() };
}

describe('the API, asked as it describes itself', () => {
  it('answers valid, boundary and broken requests below 500, and only in shapes that it describes', {
    timeout: REQUESTS * 20 + 30_000,
  }, async () => {
    const engines = new Engines();
    const statuses: Record<number, number> = {};
    const request = fc.constantFrom(...operations).chain(requestOf);
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const answer = await answerTo(await engines.next(), sent);
        if (!answer) return;
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        const called = `${sent.method} ${sent.path} ${sent.body ?? ''} → ${answer.status} ${answer.text}`;
        expect(answer.status, called).toBeLessThan(500);
        const { responses } = sent.operation;
        // What a path spoils leads to another route, or to none.
        const described = responses[answer.status] ?? responses.default!;
        const schema = described.content?.['application/json']?.schema;
        if (!schema || answer.text === '') return;
        expect(misfits(JSON.parse(answer.text), schema, schemas), called).toEqual([]);
      }),
      { numRuns: REQUESTS },
    );
    // It got past the door: most requests are more than refused.
    expect(statuses[200]).toBeGreaterThan(REQUESTS / 10);
  });
});
