import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { errorLines, historyTable, plain, table } from '../../sdk/cli/render.ts';
import type { HistoryEvent } from '../../sdk/client/index.ts';
import { closed, event, payloads } from './fake-engine.ts';

type Route = [pattern: RegExp, answer: object | ((body: Record<string, unknown>) => object)];
let server: Server | undefined;

/** An engine on a real port: the first route whose pattern matches `METHOD /path` answers. */
async function serve(...routes: Route[]): Promise<string> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      const route = routes.find(([pattern]) => pattern.test(line));
      const body = text === '' ? {} : JSON.parse(text);
      const answer = typeof route?.[1] === 'function' ? route[1](body) : (route?.[1] ?? {});
      const status = 'code' in answer ? 404 : 200;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function perdure(address: string, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(args, {
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
    colors: plain,
    env: { PERDURE_ADDRESS: address },
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const info = {
  execution: { workflowId: 'w', runId: 'run-1' },
  type: { name: 'moneyTransfer' },
  startTime: '2026-11-21T20:00:00.000Z',
  status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
  historyLength: '7',
  taskQueue: 'money-transfer',
};
const description = {
  executionConfig: { taskQueue: { name: 'money-transfer' }, defaultWorkflowTaskTimeout: '10s' },
  workflowExecutionInfo: info,
  pendingActivities: [
    {
      activityId: '1',
      activityType: { name: 'deposit' },
      state: 'PENDING_ACTIVITY_STATE_SCHEDULED',
      attempt: 3,
      maximumAttempts: 500,
      nextAttemptScheduleTime: '2026-11-21T20:00:08.000Z',
      lastFailure: { message: 'no deposits now', applicationFailureInfo: { type: 'Error' } },
    },
  ],
  pendingTimers: [{ timerId: '7', startedEventId: '9', fireTime: '2026-11-21T20:10:00.000Z' }],
  problems: ['no Worker serves task queue "money-transfer"'],
};
const history = [
  event(1, 'WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: 'moneyTransfer' },
    taskQueue: { name: 'money-transfer' },
    input: payloads({ amount: 400 }),
  }),
  event(5, 'ACTIVITY_TASK_SCHEDULED', { activityType: { name: 'withdraw' }, input: payloads(400) }),
  event(7, 'ACTIVITY_TASK_COMPLETED', { result: payloads('W1') }),
] as unknown as HistoryEvent[];

describe('the command line', () => {
  it('starts a workflow with JSON arguments and prints its ids', async () => {
    let sent: Record<string, unknown> = {};
    const address = await serve([
      /^POST .*\/workflows\/w\?/,
      (body) => {
        sent = body;
        return { runId: 'run-1', started: true, status: '' };
      },
    ]);
    const args = [
      '--type',
      'moneyTransfer',
      '-t',
      'money-transfer',
      '-w',
      'w',
      '-i',
      '{"amount":400}',
      '-i',
      '2',
    ];
    const { exitCode, out } = await perdure(address, 'workflow', 'start', ...args);
    expect(exitCode).toBe(0);
    expect(out).toContain('Workflow    w\nRun         run-1');
    expect(sent).toMatchObject({
      input: { payloads: [{ data: btoa('{"amount":400}') }, { data: btoa('2') }] },
    });
  });

  it('describes what keeps a run from going on', async () => {
    const address = await serve([/^GET .*\/workflows\/w\?/, description]);
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toContain('Status      RUNNING');
    expect(out).toContain(
      '  1 deposit, scheduled, attempt 3 of 500, next at 2026-11-21T20:00:08.000Z, last failure: no deposits now',
    );
    expect(out).toContain('Pending timers:\n  timer 7, fires at 2026-11-21T20:10:00.000Z');
    expect(out).toMatch(/^! no Worker serves task queue "money-transfer"$/m);
  });

  it('says what names the line of code that does not fit the history', async () => {
    const problem = 'The workflow task has failed 1 time(s), last with NON_DETERMINISTIC_ERROR: no timer.';
    const address = await serve([/^GET .*\/workflows\/w\?/, { ...description, problems: [problem] }]);
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toMatch(/\n! .*no timer\.\n`perdure workflow replay -w w --workflows FILE` names the line/);
  });

  it('says that a run has cost at least what the engine remembers', async () => {
    const operations = { stateTransitions: 5, rowsWritten: 14, objectRequests: 5, queueOperations: 3 };
    const address = await serve([/^GET .*\/workflows\/w\?/, { ...description, operations }]);
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toMatch(
      /^Cost +at least \$0\.0000159: 14 rows written, 5 object requests, 3 queue operations$/m,
    );
  });

  it('describes how a closed run ended', async () => {
    const closedInfo = {
      ...info,
      status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED',
      closeTime: '2026-11-21T20:00:05.000Z',
    };
    const answer = closed(event(9, 'WORKFLOW_EXECUTION_TERMINATED', { reason: 'no longer wanted' }));
    const address = await serve(
      [/^GET .*\/result\?/, answer],
      [
        /^GET .*\/workflows\/w\?/,
        { ...description, workflowExecutionInfo: closedInfo, pendingActivities: [] },
      ],
    );
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toMatch(/^Failure +no longer wanted$/m);
  });

  it('lists workflows and says once what keeps several of them from going on', async () => {
    const other = { ...info, execution: { workflowId: 'x', runId: 'run-2' } };
    const address = await serve(
      [/^GET .*\/workflows\/[wx]\?/, description],
      [/^GET .*\/workflows\?/, { executions: [info, other] }],
    );
    const { out } = await perdure(address, 'workflow', 'list');
    expect(out).toContain('Status   Workflow  Run    Type           Task queue      Started');
    expect(out).toContain(
      'RUNNING  x         run-2  moneyTransfer  money-transfer  2026-11-21T20:00:00.000Z',
    );
    expect(out).toContain('! w and 1 more: no Worker serves task queue "money-transfer"');
  });

  it('prints JSON and nothing else with -o json', async () => {
    const address = await serve([/^GET .*\/workflows\?/, { executions: [info] }]);
    const { out } = await perdure(address, 'workflow', 'list', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject([{ execution: { workflowId: 'w' } }]);
  });

  it('exits with 1 and the causes when the workflow failed', async () => {
    const failure = {
      message: 'the deposit failed',
      applicationFailureInfo: { type: 'DepositFailed' },
      cause: { message: 'no such account', applicationFailureInfo: { type: 'InvalidAccountError' } },
    };
    const answer = closed(event(9, 'WORKFLOW_EXECUTION_FAILED', { failure }));
    const address = await serve([/^GET .*\/result\?/, answer]);
    const { exitCode, err } = await perdure(address, 'workflow', 'result', '-w', 'w');
    expect(exitCode).toBe(1);
    expect(err.split('\n')).toEqual([
      'Workflow execution failed',
      'DepositFailed: the deposit failed',
      'InvalidAccountError: no such account',
    ]);
  });

  it('exits with 1 and one sentence for an unknown workflow', async () => {
    const address = await serve([/^GET .*\/workflows\/w\?/, { code: 5, message: 'workflow w not found' }]);
    const { exitCode, err } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect([exitCode, err]).toEqual([1, 'workflow w not found']);
  });

  it('exits with 2 when the command line makes no sense', async () => {
    expect((await perdure('', 'workflow', 'start')).exitCode).toBe(2);
    const { exitCode, err } = await perdure('', 'workflow', 'signal', '-w', 'w', '--name', 's', '-i', 'abc');
    expect(exitCode).toBe(2);
    expect(err).toContain('This is not JSON.');
    const json = await perdure('', 'workflow', 'describe', '-w', 'w', '--json');
    expect([json.exitCode, json.err]).toEqual([2, expect.stringContaining('`-o json`')]);
  });

  it('prints help for every command', async () => {
    const { exitCode, out } = await perdure('', 'workflow', '--help');
    expect(exitCode).toBe(0);
    for (const verb of [
      'start',
      'execute',
      'list',
      'count',
      'describe',
      'show',
      'query',
      'signal',
      'cancel',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
  });

  it('registers a Worker and shows what it serves', async () => {
    const taskQueues = [{ name: 'q', workflowTypes: ['a', 'b'], activityTypes: [] }];
    const address = await serve([
      /^POST .*\/workers\?/,
      ({ url }) => ({ url, description: { identity: 'i', sdk: { name: '', version: '' }, taskQueues } }),
    ]);
    const { out } = await perdure(address, 'worker', 'register', '--url', 'http://127.0.0.1:9233');
    expect(out).toContain('http://127.0.0.1:9233  q           a, b       -');
  });
});

describe('rendering', () => {
  it('shows a history as a table, with arguments and results', () => {
    expect(historyTable(history).split('\n')).toEqual([
      '   ID  Time (UTC)               Type                                  Details',
      '    1  2026-11-21 20:00:00.000  WorkflowExecutionStarted              moneyTransfer({"amount":400}) on money-transfer',
      '    5             20:00:00.000  ActivityTaskScheduled                 withdraw(400)',
      '    7             20:00:00.000  ActivityTaskCompleted                 "W1"',
    ]);
  });

  it('shows the date again where the day is another', () => {
    const days = ['2026-11-21', '2026-11-21', '2026-12-19', '2027-12-19'];
    const events = days.map((day, i) => ({
      ...event(i + 1, 'TIMER_FIRED', { timerId: `${i}` }),
      eventTime: `${day}T08:16:47.000Z`,
    }));
    const lines = historyTable(events as unknown as HistoryEvent[])
      .split('\n')
      .slice(1);
    expect(lines.map((line) => line.slice(7, 17).trim())).toEqual([days[0], '', days[2], days[3]]);
  });

  it('keeps the details in one column, however long the type is', () => {
    const workflowExecution = { workflowId: 'other' };
    const events = [
      event(1, 'TIMER_FIRED', { timerId: 'other' }),
      event(2, 'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED', { workflowExecution }),
      event(3, 'TIMER_FIRED', { timerId: 'other' }),
    ];
    const [heading, first, ...rest] = historyTable(events as unknown as HistoryEvent[]).split('\n');
    const column = heading!.indexOf('Details');
    expect(first!.slice(column)).toBe('timer other');
    expect(rest.map((line) => line.slice(column))).toEqual(['other', 'timer other']);
  });

  it('shortens long values', () => {
    const long = event(7, 'ACTIVITY_TASK_COMPLETED', { result: payloads('x'.repeat(500)) });
    const [heading, line] = historyTable([long as unknown as HistoryEvent]).split('\n');
    expect(line!.slice(heading!.indexOf('Details'))).toHaveLength(120);
    expect(line).toMatch(/…$/);
  });

  it('aligns columns', () => {
    expect(
      table([
        ['a', 'bb'],
        ['ccc', ''],
      ]),
    ).toBe('a    bb\nccc');
  });

  it('gives one line per cause and leaves out repetitions', () => {
    const error = new Error('outer: inner', { cause: new Error('inner', { cause: new Error('root') }) });
    expect(errorLines(error)).toEqual(['outer: inner', 'root']);
  });
});

describe('updates from the command line', () => {
  const updateRef = { workflowExecution: { workflowId: 'w', runId: 'run-1' }, updateId: 'u' };
  const stage = (name: string) => `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_${name}`;
  const done = { updateRef, stage: stage('COMPLETED'), outcome: { success: payloads(['x']) } };

  it('are executed with JSON arguments, and the result is printed', async () => {
    let sent: Record<string, unknown> = {};
    const address = await serve([
      /^POST .*\/workflows\/w\/update\/add\?/,
      (body) => {
        sent = body;
        return done;
      },
    ]);
    const args = ['-w', 'w', '--name', 'add', '-i', '1', '--update-id', 'u'];
    const { exitCode, out } = await perdure(address, 'workflow', 'update', 'execute', ...args);
    expect([exitCode, JSON.parse(out)]).toEqual([0, ['x']]);
    expect(sent).toMatchObject({ request: { meta: { updateId: 'u' }, input: { args: payloads(1) } } });
  });

  it('that fail make the command fail with the reasons', async () => {
    const failure = { message: 'too much', applicationFailureInfo: { type: 'Limit' } };
    const address = await serve([/update/, { ...done, outcome: { failure } }]);
    const args = ['workflow', 'update', 'execute', '-w', 'w', '--name', 'add'];
    const { exitCode, err } = await perdure(address, ...args);
    expect(exitCode).toBe(1);
    expect(err).toContain('Limit: too much');
  });

  it('that fail have their own words for it, be they those of a field of a request', async () => {
    const failure = { message: 'missing secrets: KEY, cronSchedule: KEY' };
    const address = await serve([/update/, { ...done, outcome: { failure } }]);
    const { err } = await perdure(address, 'workflow', 'update', 'execute', '-w', 'w', '--name', 'add');
    expect(err).toContain('missing secrets: KEY, cronSchedule: KEY');
  });

  it('are started, described and waited for by their id', async () => {
    const accepted = { updateRef, stage: stage('ACCEPTED') };
    const address = await serve(
      [/^POST .*\/update\/add/, accepted],
      [/^GET .*update-result\/u\?.*COMPLETED/, done],
      [/^GET .*update-result\/u\?/, accepted],
    );
    const verb = (...args: string[]) => perdure(address, 'workflow', 'update', ...args, '-w', 'w');
    const started = await verb('start', '--name', 'add', '--wait-for-stage', 'accepted', '-o', 'json');
    expect(JSON.parse(started.out)).toMatchObject({ updateId: 'u', runId: 'run-1' });
    expect((await verb('describe', '--update-id', 'u')).out).toMatch(/Stage +ACCEPTED/);
    expect(JSON.parse((await verb('result', '--update-id', 'u')).out)).toEqual(['x']);
    const wrong = await verb('start', '--name', 'add', '--wait-for-stage', 'admitted');
    expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringContaining('accepted')]);
  });
});

describe('workflow describe', () => {
  const payload = (value: unknown) => (payloads(value) as { payloads: object[] }).payloads[0];
  const metadata = { summary: payload('a gift'), details: payload('first\nsecond') };
  const memo = { fields: { who: payload({ id: 1 }), note: payload('hey') } };
  const ofType = (type: string, value: unknown) => ({
    metadata: { encoding: btoa('json/plain'), type: btoa(type) },
    data: btoa(JSON.stringify(value)),
  });
  const searchAttributes = {
    indexedFields: { Customer: ofType('Keyword', 'ada'), Tags: ofType('KeywordList', ['a', 'b']) },
  };
  const told = {
    ...description,
    executionConfig: { ...description.executionConfig, userMetadata: metadata },
    workflowExecutionInfo: { ...info, memo, searchAttributes },
  };

  it('shows search attributes, the memo, and what the starter said about the run', async () => {
    const address = await serve([/^GET /, told]);
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toMatch(/^Summary +a gift$/m);
    expect(out).toMatch(/^Search attributes +Customer="ada"\n +Tags=\["a","b"\]$/m);
    expect(out).toMatch(/^Memo +who=\{"id":1\}\n +note="hey"$/m);
    expect(out).toMatch(/^Details:\n {2}first\n {2}second$/m);
  });

  it('has no line for what was not given', async () => {
    const address = await serve([/^GET /, { ...description, workflowExecutionInfo: info }]);
    const { out } = await perdure(address, 'workflow', 'describe', '-w', 'w');
    expect(out).toMatch(/^Type +moneyTransfer$/m);
    expect(out).not.toMatch(/Summary|Memo|Details/);
  });
});

describe('chains on the command line', () => {
  it('begin with a cron schedule, a delay, memo and search attributes', async () => {
    let sent: Record<string, unknown> = {};
    const address = await serve([
      /^POST .*\/workflows\/w\?/,
      (body) => {
        sent = body;
        return { runId: 'run-1', started: true, status: '' };
      },
    ]);
    const options = ['--cron', '@daily', '--memo', 'who={"id":1}', '--search-attribute', 'City="Oslo"'];
    const args = ['start', '--type', 't', '-t', 'q', '-w', 'w', ...options];
    expect((await perdure(address, 'workflow', ...args)).exitCode).toBe(0);
    expect(sent).toMatchObject({
      cronSchedule: '@daily',
      memo: { fields: { who: { data: btoa('{"id":1}') } } },
      searchAttributes: { indexedFields: { City: { data: btoa('["Oslo"]') } } },
    });
    expect((await perdure(address, 'workflow', ...args, '--memo', 'x')).exitCode).toBe(2);
  });

  it('do not begin with a memo or a search attribute that is not JSON', async () => {
    const address = await serve();
    const start = ['workflow', 'start', '--type', 't', '-t', 'q'];
    for (const flag of ['--memo', '--search-attribute']) {
      const broken = await perdure(address, ...start, flag, 'k={bad');
      expect([broken.exitCode, broken.err]).toEqual([2, expect.stringContaining('not JSON')]);
      const bare = await perdure(address, ...start, flag, 'note=hey');
      expect([bare.exitCode, bare.err]).toEqual([2, expect.stringContaining(`note='"hey"'`)]);
    }
  });

  it('are followed from run to run by show -f', async () => {
    const events = (runId: string, ...list: object[]): Route => [
      new RegExp(`^GET .*history.*runId=${runId}&`),
      { history: { events: list } },
    ];
    const continued = { newExecutionRunId: 'run-2', workflowType: { name: 'loop' }, input: payloads(2) };
    const address = await serve(
      events('run-1', event(1, 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW', continued)),
      events('run-2', event(1, 'WORKFLOW_EXECUTION_COMPLETED', { result: payloads('end') })),
    );
    const args = ['workflow', 'show', '-w', 'w', '-r', 'run-1'];
    const alone = await perdure(address, ...args);
    expect(alone.out).toContain('Goes on as run run-2');
    expect(alone.out).not.toContain('"end"');
    const { out } = await perdure(address, ...args, '-f');
    expect(out).toMatch(/ContinuedAsNew +loop\(2\)[\s\S]*run run-2[\s\S]*Completed +"end"/);
  });
});

describe('the search attributes of a namespace', () => {
  it('are added with a type each, listed and removed', async () => {
    const sent: object[] = [];
    const take = (body: object): object => {
      sent.push(body);
      return {};
    };
    const address = await serve(
      [/^POST .*\/search-attributes\/remove/, take],
      [/^POST .*\/search-attributes/, take],
      [
        /^GET .*\/search-attributes/,
        {
          customAttributes: { Colors: 'INDEXED_VALUE_TYPE_KEYWORD_LIST' },
          systemAttributes: { StartTime: 'INDEXED_VALUE_TYPE_DATETIME' },
        },
      ],
    );
    const attribute = (...args: string[]) => perdure(address, 'operator', 'search-attribute', ...args);
    const two = ['--name', 'City', '--name', 'Colors', '--type', 'Keyword', '--type', 'KeywordList'];
    expect((await attribute('create', ...two)).exitCode).toBe(0);
    expect((await attribute('remove', '--name', 'City')).exitCode).toBe(0);
    expect(sent).toEqual([
      {
        searchAttributes: {
          City: 'INDEXED_VALUE_TYPE_KEYWORD',
          Colors: 'INDEXED_VALUE_TYPE_KEYWORD_LIST',
        },
      },
      { searchAttributes: ['City'] },
    ]);
    const { out } = await attribute('list');
    expect(out).toMatch(/Colors +KeywordList +custom[\s\S]*StartTime +Datetime +system/);
    expect((await attribute('create', '--name', 'City', '--type', 'Colour')).err).toContain(
      'The types are Text',
    );
    expect((await attribute('create', '--name', 'City', ...two)).err).toContain('one --type for each --name');
  });

  it('group what is counted', async () => {
    const value = {
      metadata: { encoding: btoa('json/plain'), type: btoa('Keyword') },
      data: btoa('"Running"'),
    };
    const address = await serve([
      /workflow-count/,
      { count: '7', groups: [{ groupValues: [value], count: '5' }] },
    ]);
    const { out } = await perdure(address, 'workflow', 'count', '-q', 'GROUP BY ExecutionStatus');
    expect(out).toMatch(/Running +5\nTotal +7/);
  });
});

describe('batch jobs', () => {
  it('are started by a query in place of an id, and described', async () => {
    const sent: Array<Record<string, unknown>> = [];
    const job = {
      jobId: 'j',
      state: 'BATCH_OPERATION_STATE_COMPLETED',
      operationType: 'BATCH_OPERATION_TYPE_SIGNAL',
      startTime: '2026-11-21T20:00:00.000Z',
      totalOperationCount: '3',
      completeOperationCount: '2',
      failureOperationCount: '1',
      reason: 'why not',
      failures: [{ execution: { workflowId: 'w7' }, message: 'already completed' }],
    };
    const address = await serve(
      [
        /^POST .*\/batch-operations\//,
        (body) => {
          sent.push(body);
          return {};
        },
      ],
      [/^GET .*\/batch-operations\/j/, job],
      [/^GET .*\/batch-operations/, { operationInfo: [job] }],
      [/^GET .*\/workflow-count\?.*Nothing/, { count: '0' }],
      [/^GET .*\/workflow-count/, { count: '3' }],
    );
    const workflow = (...args: string[]) => perdure(address, 'workflow', ...args);
    const started = await workflow(
      'signal',
      '-q',
      'RunId IS NULL',
      '--name',
      'go',
      '-i',
      '1',
      '--rps',
      '5',
      '-y',
    );
    expect([started.err, started.exitCode]).toEqual(['', 0]);
    expect(started.out).toMatch(/Started batch job .* for the 3 workflows that match/);
    const nothing = await workflow('cancel', '-q', "WorkflowType = 'Nothing'");
    expect(nothing).toMatchObject({ exitCode: 0, out: 'No workflow matches: no batch job was started.' });
    await workflow('cancel', '--query', 'RunId IS NULL', '--reason', 'why not', '--yes');
    await workflow('terminate', '--query', 'RunId IS NULL', '--yes');
    await workflow('reset', '-q', 'RunId IS NULL', '--type', 'LastWorkflowTask', '--reason', 'bug', '-y');
    expect(sent).toMatchObject([
      {
        visibilityQuery: 'RunId IS NULL',
        maxOperationsPerSecond: 5,
        signalOperation: { signal: 'go', input: payloads(1) },
      },
      { reason: 'why not', cancellationOperation: { identity: expect.any(String) } },
      { terminationOperation: { identity: expect.any(String) } },
      { reason: 'bug', resetOperation: { options: { lastWorkflowTask: {} } } },
    ]);
    const { out } = await perdure(address, 'batch', 'describe', '--job-id', 'j');
    expect(out).toMatch(/Operation +signal[\s\S]*completed[\s\S]*Workflows +3[\s\S]*w7 +already completed/);
    expect((await perdure(address, 'batch', 'list')).out).toMatch(/completed +j +signal +2 of 3 +1 +2026/);
    expect((await perdure(address, 'batch', 'terminate', '--job-id', 'j')).exitCode).toBe(0);
    const byEvent = await workflow('reset', '-q', 'RunId IS NULL', '-e', '4', '--reason', 'bug');
    expect(byEvent.err).toContain('another place in every history');
    const neither = await workflow('cancel');
    expect([neither.exitCode, neither.err]).toEqual([2, expect.stringContaining('--workflow-id or --query')]);
  });
});

describe('API keys', () => {
  it('are made with what they may do and when they end, shown once, listed and revoked', async () => {
    let sent: Record<string, unknown> = {};
    const apiKey = {
      id: 'a1',
      name: 'ci',
      permissions: ['default:writer'],
      createdTime: 'then',
      createdBy: 'me',
    };
    const address = await serve(
      [
        /^POST .*\/api-keys\?/,
        (body) => {
          sent = body;
          return { apiKey, key: 'perdure_a1_secret' };
        },
      ],
      [/^GET .*\/api-keys\?/, { apiKeys: [apiKey] }],
      [/^DELETE .*\/api-keys\/a1\?/, { apiKey }],
      [/^GET .*\/namespaces\/default\/audit-log\?.*pageSize=7/, { entries: [] }],
    );
    const grants = ['--permission', 'default:write', '--permission', 'shop:read'];
    const args = ['operator', 'api-key', 'create', '--name', 'ci', ...grants, '--expires-in', '1 day'];
    const created = await perdure(address, ...args);
    expect(created).toMatchObject({ exitCode: 0, out: expect.stringContaining('perdure_a1_secret') });
    expect(sent).toMatchObject({ name: 'ci', permissions: ['default:write', 'shop:read'] });
    expect(Date.parse(sent.expirationTime as string)).toBeGreaterThan(Date.now());
    expect((await perdure(address, 'operator', 'api-key', 'list')).out).toMatch(/a1 +ci +default:writer/);
    expect((await perdure(address, 'operator', 'api-key', 'revoke', '--id', 'a1')).exitCode).toBe(0);
    expect((await perdure(address, 'operator', 'audit-log', '--limit', '7')).out).toBe('Nothing was done.');
  });
});
