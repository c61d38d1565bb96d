/** What Temporal's own Web UI asks of a server, page by page, in the long payload form that it reads. */

import { describe, expect, it } from 'vitest';
import { makeEngine, NS } from './engine.ts';

const payload = { metadata: { encoding: btoa('json/plain') }, data: btoa('"a"') };
const info = {
  execution: { workflowId: 'w', runId: 'r' },
  memo: { fields: { note: payload } },
  searchAttributes: { indexedFields: { City: payload } },
};
const event = {
  eventId: '1',
  eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  workflowExecutionStartedEventAttributes: { input: { payloads: [payload] } },
};
const answers = {
  describe: () => ({ ok: { workflowExecutionInfo: info, pendingActivities: [], problems: [] } }),
  history: () => ({ ok: { history: { events: [event] } } }),
  query: () => ({ ok: { queryResult: { payloads: [payload] } } }),
  list: () => ({ rows: [], more: false, ok: { operationInfo: [] } }),
};

/** Its server's gateway has no shorthand; a proxy in front of a copy of it asks for the same by this header. */
const LONG = { accept: 'application/json+no-payload-shorthand' };
const run = `${NS}/workflows/w`;
const execution = 'execution.runId=r';

const everyPage = [
  '/api/v1/namespaces?pageSize=100',
  '/api/v1/cluster-info',
  '/api/v1/system-info',
  NS,
  `${NS}/search-attributes`,
];
const pages: Record<string, string[]> = {
  list: [
    `${NS}/workflow-count?query=${encodeURIComponent('GROUP BY ExecutionStatus')}`,
    `${NS}/workflow-count?query=${encodeURIComponent("`WorkflowType`='a' GROUP BY ExecutionStatus")}`,
    `${NS}/workflows?pageSize=100&nextPageToken=&query=`,
    `${NS}/workflows?pageSize=100&query=${encodeURIComponent('`TemporalReportedProblems` in ("category=WorkflowTaskFailed", "category=WorkflowTaskTimedOut")')}`,
  ],
  workflow: [
    `${run}?${execution}`,
    ...['1', '2', '3'].map((type) => `${NS}/task-queues/q?taskQueueType=${type}`),
    `${run}/history?${execution}&waitNewEvent=false&maximumPageSize=1000&nextPageToken=`,
    `${run}/history-reverse?${execution}&maximumPageSize=1000&nextPageToken=`,
    `${run}/history-reverse?${execution}&waitNewEvent=false&maximumPageSize=1000`,
    `${NS}/workflow-count?query=${encodeURIComponent('RootWorkflowId = "w" AND RootRunId = "r"')}`,
    `${NS}/workflows?pageSize=100&query=${encodeURIComponent('RootWorkflowId = "w" AND RootRunId = "r"')}`,
  ],
  schedules: [`${NS}/schedule-count?query=`, `${NS}/schedules?maximumPageSize=100&nextPageToken=`],
  'batch operations': [`${NS}/batch-operations?pageSize=100&nextPageToken=`],
  deployments: [`${NS}/worker-deployments?pageSize=100`],
};

describe("Temporal's Web UI", () => {
  it.each([['every page', everyPage], ...Object.entries(pages)] as Array<[string, string[]]>)(
    'is answered on %s',
    async (_, paths) => {
      const engine = makeEngine(answers);
      for (const path of paths) expect([path, (await engine.get(path, LONG)).status]).toEqual([path, 200]);
    },
  );

  it.each(['__temporal_workflow_metadata', '__stack_trace'])('queries %s', async (name) => {
    const body = { execution: { workflowId: 'w', runId: 'r' }, query: { queryType: name } };
    const reply = await makeEngine(answers).send('POST', `${run}/query/${name}`, body, LONG);
    expect([reply.status, reply.body.queryResult]).toEqual([200, { payloads: [payload] }]);
  });

  it('gets payloads in the long form wherever they stand, and in shorthand only where that is not asked for', async () => {
    const engine = makeEngine(answers);
    const described = await engine.get(`${run}?${execution}`, LONG);
    expect(described.body.workflowExecutionInfo).toMatchObject(info);
    const { history } = (await engine.get(`${run}/history`, LONG)).body as {
      history: { events: Array<typeof event> };
    };
    expect(history.events[0]).toMatchObject(event);
    const short = await engine.get(`${run}?${execution}`);
    expect(short.body.workflowExecutionInfo).toMatchObject({ memo: { fields: { note: 'a' } } });
  });

  it.each([
    ['terminate', { reason: 'x', workflowExecution: { workflowId: 'w', runId: 'r' } }],
    ['cancel', { workflowExecution: { workflowId: 'w', runId: 'r' } }],
    ['signal/paid', { workflowExecution: { workflowId: 'w', runId: 'r' }, input: { payloads: [payload] } }],
    [
      'reset',
      {
        workflowExecution: { workflowId: 'w', runId: 'r' },
        workflowTaskFinishEventId: '4',
        requestId: 'q',
        reason: 'x',
        resetReapplyType: 3,
      },
    ],
  ] as Array<[string, object]>)('may %s', async (action, body) => {
    const reply = await makeEngine(answers).send('POST', `${run}/${action}`, body, LONG);
    expect([action, reply.status, reply.status === 200 ? '' : reply.text]).toEqual([action, 200, '']);
  });

  it.each([
    ['terminate', { reason: '' }],
    ['cancel', { workflowExecution: { workflowId: 'w', runId: 'r' }, requestId: 'q' }],
  ] as Array<[string, object]>)(
    'names the run in the query: may %s it, and no other',
    async (action, body) => {
      const engine = makeEngine(answers);
      const reply = await engine.send('POST', `${run}/${action}?${execution}`, body, LONG);
      expect([reply.status, reply.status === 200 ? '' : reply.text]).toEqual([200, '']);
      expect(JSON.stringify(engine.asked)).toContain('"workflowExecution":{"workflowId":"w","runId":"r"}');
      const other = { ...body, workflowExecution: { workflowId: 'w', runId: 'another' } };
      expect((await engine.send('POST', `${run}/${action}?${execution}`, other, LONG)).status).toBe(400);
    },
  );
});
