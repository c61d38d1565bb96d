/** What the API refuses before anything is stored, and how it says so. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import { locateJsonError } from '../../src/api/json-position.ts';
import { reset } from '../../src/api/operation-schemas.ts';
import { activityFailed, updateOptions } from '../../src/api/schemas.ts';
import { makeEngine, NS, startBody } from './engine.ts';

const at = `${NS}/workflows/w`;
const refuse = async (body: unknown, path = at) => {
  const engine = makeEngine();
  const reply = await engine.post(path, body);
  expect(engine.asked).toEqual([]);
  return { status: reply.status, message: reply.body.message as string, body: reply.body };
};

describe('a body', () => {
  it.each([
    [{ ...startBody, workflowType: 'transfer' }, 'workflowType: expected an object, got a string'],
    [{ taskQueue: { name: 'q' } }, 'workflowType: is required'],
    [{ ...startBody, taskQueue: { name: 5 } }, 'taskQueue.name: expected a string, got a number'],
    [{ ...startBody, taskQueue: { name: '' } }, 'taskQueue.name: must not be empty'],
    [
      { ...startBody, workflowType: { name: 'x'.repeat(1001) } },
      'workflowType.name: must not be longer than 1000',
    ],
    [
      { ...startBody, workflowType: { name: 'a\nb' } },
      'workflowType.name: must not contain control characters',
    ],
    [{ ...startBody, workflowType: { name: 'a\ud800' } }, 'broken Unicode'],
    [{ ...startBody, workflowRunTimeout: '10 minutes' }, 'workflowRunTimeout: must be a duration in seconds'],
    [{ ...startBody, workflowRunTimeout: '-1s' }, 'workflowRunTimeout: must be a duration in seconds'],
    [
      { ...startBody, workflowIdReusePolicy: 'NEVER' },
      'workflowIdReusePolicy: must be one of WORKFLOW_ID_REUSE_',
    ],
    [
      { ...startBody, retryPolicy: { backoffCoefficient: 0.5 } },
      'retryPolicy.backoffCoefficient: must be at least 1',
    ],
    [
      { ...startBody, retryPolicy: { maximumAttempts: 1.5 } },
      'retryPolicy.maximumAttempts: expected a whole number',
    ],
    [{ ...startBody, requestId: 5 }, 'requestId: expected a string, got a number'],
    // Objects that are no text and no number, whatever is asked of them.
    [{ ...startBody, workflowIdReusePolicy: { toString: 1 } }, 'workflowIdReusePolicy: must be one of'],
    [{ ...startBody, workflowIdReusePolicy: [1] }, 'workflowIdReusePolicy: must be one of'],
    [{ ...startBody, workflowRunTimeout: { seconds: { valueOf: 1, toString: 1 } } }, 'workflowRunTimeout: '],
    [{ ...startBody, workflowRunTimeout: { seconds: 1, nanos: { toString: 1 } } }, 'workflowRunTimeout: '],
    [{ ...startBody, workflowRunTimeout: { seconds: [5] } }, 'workflowRunTimeout: '],
    [{ ...startBody, input: 5 }, 'input: expected an array of plain values'],
    [{ ...startBody, input: { payloads: [{ data: '***' }] } }, 'input.payloads.0.data: must be base64'],
    [{ ...startBody, input: { payloads: [{ data: 'a=' }] } }, 'input.payloads.0.data: must be base64'],
    [{ ...startBody, taskQueue: { name: 'q', color: 1 } }, 'taskQueue.color: unknown field'],
    [{ ...startBody, workflow_type: { name: 'twice' } }, 'workflowType: is there twice'],
    [[1], 'the body must be a JSON object'],
    ['null', 'the body must be a JSON object'],
  ])('that is wrong is refused by the name of the field: %j', async (body, message) => {
    const refused = await refuse(body);
    expect(refused.status).toBe(400);
    expect(refused.body.code).toBe(3);
    expect(refused.message).toContain(message);
  });

  const parent = { namespace: 'default', workflowId: 'p', runId: 'r', initiatedEventId: 5 };
  const external = { workflowId: 'p', runId: 'r' };
  it.each([
    ['', { ...startBody, parent }, 'parent'],
    ['/start-and-wait', { ...startBody, parent }, 'parent'],
    ['/signal-with-start/go', { ...startBody, parent }, 'parent'],
    ['/signal-with-start/go', { ...startBody, external }, 'external'],
    ['/update-with-start/add', { startWorkflow: { ...startBody, parent } }, 'startWorkflow.parent'],
    ['/update/add', { childOf: external }, 'childOf'],
    ['/signal/go', { external }, 'external'],
    ['/signal/go', { childOf: external }, 'childOf'],
    ['/cancel', { external: { ...external, initiatedEventId: 5 } }, 'external'],
    ['/cancel', { childOf: external }, 'childOf'],
    ['/terminate', { childOf: external }, 'childOf'],
  ])('cannot pretend to come from another workflow: %s %j', async (verb, body, field) => {
    const refused = await refuse(body, `${at}${verb}`);
    expect(refused.status).toBe(400);
    expect(refused.message).toContain(`${field}: unknown field`);
  });

  it('has values of enums by name or by number, wherever they stand', () => {
    const failed = (failure: object) =>
      activityFailed.id.safeParse({ namespace: 'default', workflowId: 'w', activityId: '1', failure });
    const failure = {
      applicationFailureInfo: { category: 1 },
      cause: {
        timeoutFailureInfo: { timeoutType: 4 },
        cause: {
          activityFailureInfo: { retryState: 4 },
          cause: { childWorkflowExecutionFailureInfo: { retryState: 'RETRY_STATE_TIMEOUT' } },
        },
      },
    };
    expect(failed(failure).data?.failure).toEqual({
      applicationFailureInfo: { category: 'APPLICATION_ERROR_CATEGORY_BENIGN' },
      cause: {
        timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_HEARTBEAT' },
        cause: {
          activityFailureInfo: { retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED' },
          cause: { childWorkflowExecutionFailureInfo: { retryState: 'RETRY_STATE_TIMEOUT' } },
        },
      },
    });
    expect(failed({ timeoutFailureInfo: { timeoutType: 5 } }).success).toBe(false);
    const excluded = { resetReapplyExcludeTypes: [1, 'RESET_REAPPLY_EXCLUDE_TYPE_NEXUS', 4] };
    const execution = { namespace: 'default', workflowExecution: { workflowId: 'w' } };
    expect(reset.parse({ ...execution, ...excluded }).resetReapplyExcludeTypes).toEqual(
      ['SIGNAL', 'NEXUS', 'CANCEL_REQUEST'].map((type) => `RESET_REAPPLY_EXCLUDE_TYPE_${type}`),
    );
    const version = { deploymentName: 'd', buildId: 'b' };
    const options = { versioningOverride: { pinned: { behavior: 1, version } } };
    const updated = { ...execution, workflowExecutionOptions: options, updateMask: 'versioningOverride' };
    expect(updateOptions.parse(updated)).toMatchObject({
      workflowExecutionOptions: {
        versioningOverride: { pinned: { behavior: 'PINNED_OVERRIDE_BEHAVIOR_PINNED', version } },
      },
    });
  });

  it('of an update is refused by the name of the field', async () => {
    const stage = { waitPolicy: { lifecycleStage: 'DONE' } };
    expect((await refuse(stage, `${at}/update/add`)).message).toContain(
      'waitPolicy.lifecycleStage: must be one of UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_UNSPECIFIED',
    );
    const args = { request: { input: { args: 5 } } };
    expect((await refuse(args, `${at}/update/add`)).message).toContain(
      'request.input.args: expected an array',
    );
    const large = { request: { input: { args: ['x'.repeat(17_000_000)] } } };
    const { status, message } = await refuse(large, `${at}/update/add`);
    expect([status, message]).toEqual([413, expect.stringContaining('request.input.args.payloads.0')]);
    const nested = { startWorkflow: { ...startBody, input: ['x'.repeat(17_000_000)] } };
    expect((await refuse(nested, `${at}/update-with-start/add`)).message).toContain(
      'startWorkflow.input.pay',
    );
  });

  it('with several wrong fields is told of all of them', async () => {
    const { body } = await refuse({ taskQueue: { name: 1 }, bogus: 2 });
    expect(body.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [
          { field: 'workflowType', description: 'is required' },
          { field: 'taskQueue.name', description: 'expected a string, got a number' },
          { field: 'bogus', description: 'unknown field' },
        ],
      },
    ]);
  });

  it('that is not JSON is refused with the place', async () => {
    const { status, message } = await refuse('{\n  "workflowType": {,\n}');
    expect([status, message]).toEqual([400, 'the body is not JSON: unexpected "," at line 2, column 20']);
    expect((await refuse('{"a": ')).message).toBe(
      'the body is not JSON: unexpected end of text at line 1, column 7',
    );
  });

  it('that is not UTF-8 is refused', async () => {
    const engine = makeEngine();
    const response = await engine.app.request(
      `http://localhost${at}`,
      { method: 'POST', body: new Uint8Array([0x7b, 0xff, 0x7d]) },
      engine.env,
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: 'the body is not UTF-8 text' });
  });

  it('nested too deep is refused, however deep, by the place where it starts', async () => {
    const deep = (levels: number): string => `{"input":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(await refuse(deep(64))).toMatchObject({
      status: 400,
      message: 'input.0.0.0…: nested deeper than 64 levels',
    });
    expect(await refuse(deep(1_000_000))).toMatchObject({ status: 400 });
    const shallow = await refuse(deep(63));
    expect(shallow.message).not.toContain('deeper');
  });

  it('with __proto__ keys changes nobody and loses nothing', async () => {
    const polluted = `{"__proto__":{"a":1},"workflowType":{"name":"t"},"taskQueue":{"name":"q"}}`;
    expect((await refuse(polluted)).message).toBe('__proto__: unknown field');
    expect((await refuse(`{"memo":{"fields":{"__proto__":1}}}`)).message).toBe(
      'memo.fields: __proto__ cannot be a key',
    );
    expect((await refuse({ ...startBody, constructor: 1 })).message).toBe('constructor: unknown field');
    const engine = makeEngine();
    const inside = `{"workflowType":{"name":"t"},"taskQueue":{"name":"q"},"input":[{"__proto__":{"a":1}}]}`;
    expect((await engine.post(at, inside)).status).toBe(200);
    const { input } = engine.asked[0]!.args[0] as { input: { payloads: Array<{ data: string }> } };
    expect(atob(input.payloads[0]!.data)).toBe('{"__proto__":{"a":1}}');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
    const { status } = await engine.get(`${at}?__proto__.a=1`);
    expect([status, ({} as Record<string, unknown>).a]).toEqual([400, undefined]);
  });

  it('over 24 MiB is refused by what arrives, whatever its length header says', async () => {
    const engine = makeEngine();
    const chunk = new TextEncoder().encode(' '.repeat(64 * 1024));
    const body = (chunks: number) => {
      let sent = 0;
      return new ReadableStream<Uint8Array>({
        pull: (controller) => (sent++ < chunks ? controller.enqueue(chunk) : controller.close()),
      });
    };
    const send = async (chunks: number) => {
      const init = { method: 'POST', body: body(chunks), duplex: 'half', headers: { 'content-length': '2' } };
      return engine.app.request(`http://localhost${at}`, init as RequestInit, engine.env);
    };
    const refused = await send(24 * 16 + 1);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toEqual({
      code: 8,
      message: 'the body is longer than 25165824 bytes (24 MiB)',
      details: [],
    });
    // Exactly 24 MiB of blanks is an empty body: refused only for what it lacks.
    expect((await send(24 * 16)).status).toBe(400);
    expect(engine.asked).toEqual([]);
  });

  it('with a payload over 16 MiB is refused by the name of the payload, in either form', async () => {
    const long = (bytes: number) => ({ payloads: [{}, { data: bytesToBase64(new Uint8Array(bytes)) }] });
    const refused = await refuse({ ...startBody, input: long(16_777_217) });
    expect(refused.status).toBe(413);
    expect(refused.message).toBe(
      'input.payloads.1: a payload of 16777217 bytes is over the bound of 16777216 bytes (16 MiB)',
    );
    const short = await refuse({ ...startBody, memo: { fields: { note: 'x'.repeat(16_777_215) } } });
    expect(short).toMatchObject({
      status: 413,
      message: expect.stringContaining('memo.fields.note: a payload of 16777217'),
    });
    const engine = makeEngine();
    expect((await engine.post(at, { ...startBody, input: long(16_777_216) })).status).toBe(200);
  });
});

describe('a query parameter', () => {
  it.each([
    ['history?maximumPageSize=abc', 'maximumPageSize: expected a whole number, got a string'],
    ['history?waitNewEvent=maybe', 'waitNewEvent: expected a boolean, got a string'],
    ['history?historyEventFilterType=X', 'historyEventFilterType: must be one of'],
    ['history?execution=1', 'execution: '],
    ['history?execution.runId=a&execution.runId=b', 'execution.runId: is there with two different values'],
    ['result?waitMs=-1', 'waitMs: expected a whole number'],
  ])('that is wrong is refused by its name: %s', async (path, message) => {
    const engine = makeEngine();
    const { status, body } = await engine.get(`${at}/${path}`);
    expect(status).toBe(400);
    expect(body.message).toContain(message.split(':')[0]);
    expect(engine.asked).toEqual([]);
  });

  it('that a POST does not take is refused rather than overlooked', async () => {
    expect((await refuse(startBody, `${at}?requestId=x`)).message).toContain(
      'requestId: unknown query parameter',
    );
  });

  it('with a search attribute of the namespace sends the shards its type', async () => {
    const engine = makeEngine();
    await engine.get(`${NS}/workflow-count?query=${encodeURIComponent("City = 'Oslo'")}`);
    const counted = engine.asked.filter(({ method }) => method === 'count');
    expect(counted).toHaveLength(4);
    expect(counted[0]!.args).toEqual([{ query: "City = 'Oslo'", attributes: { City: 'KEYWORD' } }]);
  });

  it('with a list filter that is not understood gives the column', async () => {
    const engine = makeEngine();
    const { status, body } = await engine.get(`${NS}/workflows?query=${encodeURIComponent('Color = 1')}`);
    expect([status, body.message]).toEqual([400, 'query, column 1: there is no search attribute Color']);
    expect(engine.asked.splice(0).map(({ method }) => method)).toEqual(['searchAttributes']);
    expect((await engine.get(`${NS}/workflows?pageSize=5000`)).body.message).toBe(
      'pageSize: at most 1000, got 5000',
    );
    expect((await engine.get(`${NS}/workflows?pageSize=-1`)).body.message).toBe(
      'pageSize: must not be negative',
    );
    expect(engine.asked).toEqual([]);
  });
});

describe('only this machine', () => {
  const from = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await makeEngine().send('GET', url, undefined, headers)).status;

  it('may ask, by any of its names', async () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      expect(await from(`http://${host}:8787/health`, { host: `${host}:8787` })).toBe(200);
    }
    expect(await from('http://localhost:8787/health', { origin: 'http://127.0.0.1:3000' })).toBe(200);
  });

  it('is answered: no other host, and no page of another site', async () => {
    const hosts = [
      'engine.example.com',
      '10.0.0.1',
      '0.0.0.0',
      'localhost.evil.com',
      '127.0.0.1.nip.io',
      '[::2]',
    ];
    for (const host of hosts) {
      expect(await from(`http://${host}/health`)).toBe(403);
      expect(await from('http://localhost/health', { host })).toBe(403);
      expect(await from('http://localhost/health', { origin: `https://${host}` })).toBe(403);
    }
    expect(await from('http://localhost/health', { origin: 'null' })).toBe(403);
  });

  it('is known by its address too, where the platform says it: a Host can be made up', async () => {
    for (const [address, status] of [
      ['127.0.0.1', 200],
      ['::1', 200],
      ['::ffff:127.0.0.1', 200],
      ['192.168.1.7', 403],
      ['2001:db8::7', 403],
    ] as const)
      expect(await from('http://localhost/health', { 'cf-connecting-ip': address })).toBe(status);
  });

  it('is told why it was refused', async () => {
    const { body } = await makeEngine().get('http://engine.example.com/api/v1/system-info');
    expect(body).toEqual({
      code: 7,
      message:
        'this engine runs for development, without credentials, and answers only on localhost, 127.0.0.0/8 or [::1], ' +
        'not on "engine.example.com"',
      details: [],
    });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place of a JSON error', () => {
  it('is found in every text that JSON.parse refuses, and nowhere in others', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u00e9"',
      '"\\x"',
      '1',
      '-0.5e3',
      '01',
      'true',
      'nul',
      ' ',
      '\n',
      '"',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const { line, column, found } = locateJsonError(text);
        const start =
          text
            .split('\n')
            .slice(0, line - 1)
            .join('\n').length + (line > 1 ? 1 : 0);
        const offset = start + column - 1;
        if (isJson(text)) expect(found).toBe('end of text');
        if (found === 'end of text') {
          expect(offset).toBe(text.length);
        } else {
          expect(JSON.stringify(text[offset])).toBe(found);
          // What stands before it is no error yet: only unfinished.
          expect(locateJsonError(text.slice(0, offset)).found).toBe('end of text');
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['{"a":1,}', 1, 8, '"}"'],
    ['[1 2]', 1, 4, '"2"'],
    ["{'a':1}", 1, 2, '"\'"'],
    ['{"a":undefined}', 1, 6, '"u"'],
    ['{"a":"b\nc"}', 1, 8, '"\\n"'],
    ['{"a":"\\q"}', 1, 7, '"\\\\"'],
    ['{"a":1} x', 1, 9, '"x"'],
    ['[\n  "abc', 2, 7, 'end of text'],
    ['[01]', 1, 2, '"0"'],
  ])('in %j is line %i, column %i', (text, line, column, found) => {
    expect(locateJsonError(text)).toEqual({ line, column, found });
  });
});
