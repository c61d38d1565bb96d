/** What a start may set: the search attributes of its namespace, with values of their types. */

import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import { typedAs } from '../../src/visibility/attributes.ts';
import { makeEngine, NS, startBody } from './engine.ts';

const start = (searchAttributes: object) => {
  const engine = makeEngine();
  const body = { ...startBody, searchAttributes: { indexedFields: searchAttributes } };
  return { engine, reply: engine.post(`${NS}/workflows/w`, body) };
};

it('stores a search attribute with its type', async () => {
  const { engine, reply } = start({ City: 'Oslo', TemporalScheduledById: ['s'] });
  expect((await reply).status).toBe(200);
  const [request] = engine.asked.find(({ method }) => method === 'request')!.args as [any];
  const { City } = request.searchAttributes.indexedFields;
  expect([atob(City.metadata.type), atob(City.data)]).toEqual(['Keyword', '"Oslo"']);
});

it('asks for no search attributes when a start sets none', async () => {
  const { engine, reply } = start({});
  expect((await reply).status).toBe(200);
  expect(engine.asked.filter(({ method }) => method === 'searchAttributes')).toEqual([]);
});

it.each([
  [{ Town: 'Oslo' }, 'Namespace default has no mapping defined for search attribute Town.'],
  [{ WorkflowId: 'x' }, 'no mapping defined for search attribute WorkflowId'],
  [{ City: 7 }, 'invalid value for search attribute City of type KEYWORD: 7'],
  [{ City: ['a', 'b'] }, 'invalid value for search attribute City of type KEYWORD'],
  [{ City: 'x'.repeat(3_000) }, 'search attribute City value size 3002 exceeds size limit 2048'],
  [
    { City: { metadata: { encoding: btoa('json/plain') }, data: btoa('{') } },
    'search attribute City cannot be read: ',
  ],
  [
    { City: { metadata: { encoding: btoa('binary/encrypted') }, data: 'AAAA' } },
    'search attribute City cannot be read: Unknown encoding: binary/encrypted',
  ],
])('refuses %j before the run is asked', async (attributes, message) => {
  const { engine, reply } = start(attributes);
  const { status, body } = await reply;
  expect([status, body.code, body.message]).toEqual([400, 3, expect.stringContaining(message)]);
  expect(engine.asked.filter(({ method }) => method === 'request')).toEqual([]);
});

it.each(['no base64 at all', '=', '语'])(
  'refuses what a Worker sets to %j, which nobody has looked at before',
  (data) => {
    const given = { indexedFields: { City: { metadata: { encoding: btoa('json/plain') }, data } } };
    const typed = () => typedAs('default', given, { attributes: { City: 'KEYWORD' } });
    expect(typed).toThrow(/^search attribute City cannot be read: /);
    expect(typed).toThrow(ServiceError);
  },
);

it('adds attributes by the names that they are given, however they are written', async () => {
  const engine = makeEngine();
  const given = { order_status: 'INDEXED_VALUE_TYPE_KEYWORD', indexed_fields: 'Int', City_2: 2 };
  await engine.post(`${NS}/search-attributes`, { search_attributes: given });
  const added = engine.asked.find(({ method }) => method === 'addSearchAttributes')!;
  expect(Object.keys(added.args[0] as object)).toEqual(['order_status', 'indexed_fields', 'City_2']);
});

it('refuses a type that is none', async () => {
  const engine = makeEngine();
  const { status, body } = await engine.post(`${NS}/search-attributes`, {
    searchAttributes: { City: 'Kword' },
  });
  expect([status, body.message]).toEqual([
    400,
    expect.stringContaining('must be one of INDEXED_VALUE_TYPE_TEXT'),
  ]);
});

it('asks the namespace once for what many starts set, again for a name that is new, and again after a minute', async () => {
  const engine = makeEngine({}, {});
  const send = (attributes: object) =>
    engine.post(`${NS}/workflows/w`, { ...startBody, searchAttributes: { indexedFields: attributes } });
  const asked = (): number =>
    engine.asked.splice(0).filter(({ method }) => method === 'searchAttributes').length;
  await send({ City: 'Oslo' });
  await send({ City: 'Bergen' });
  expect(asked()).toBe(1);
  await send({ Town: 'Oslo' });
  expect(asked()).toBe(1);
  engine.env.CLOCK_OFFSET_MS = '60000';
  await send({ City: 'Oslo' });
  expect(asked()).toBe(1);
});

describe('search attributes of a schedule', () => {
  const body = (own: object, ofRuns: object) => ({
    schedule: {
      spec: { cronString: ['0 9 * * *'] },
      action: {
        startWorkflow: {
          workflowId: 'w',
          workflowType: { name: 'report' },
          taskQueue: { name: 'q' },
          searchAttributes: { indexedFields: ofRuns },
        },
      },
    },
    searchAttributes: { indexedFields: own },
  });

  it.each([
    [{ Town: 'Oslo' }, {}],
    [{}, { Town: 'Oslo' }],
  ])('are refused where a start of a workflow would be: %j %j', async (own, ofRuns) => {
    for (const path of ['/schedules/s', '/schedules/s/update']) {
      const engine = makeEngine();
      const reply = await engine.post(`${NS}${path}`, body(own, ofRuns));
      expect(reply).toMatchObject({ status: 400, body: { message: expect.stringContaining('Town') } });
      expect(engine.asked.filter(({ object }) => object.startsWith('schedule'))).toEqual([]);
    }
  });

  it('have their types when the schedule gets them', async () => {
    const engine = makeEngine();
    await engine.post(`${NS}/schedules/s`, body({ City: 'Oslo' }, { City: 'Bergen' }));
    const { args } = engine.asked.find(({ object }) => object.startsWith('schedule'))!;
    const text = JSON.stringify(args);
    expect(text.match(new RegExp(`"type":"${btoa('Keyword')}"`, 'g'))).toHaveLength(2);
  });
});
