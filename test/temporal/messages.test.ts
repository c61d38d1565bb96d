/** Histories and answers as messages of protobuf. `npm run conformance` compares them with what Temporal's own packages make. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Long from 'long';
import { describe, expect, it } from 'vitest';
import { DefaultFailureConverter } from '../../sdk/common/data-converter.ts';
import { toWire } from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import { historyEvents } from '../../sdk/common/history.ts';
import { arrayFromPayloads, defaultPayloadConverter, type Payload } from '../../sdk/common/payload.ts';
import * as byNumber from '../../sdk/common/proto-enums.ts';
import { messageOfJson } from '../../sdk/common/proto-from-json.ts';
import { enumNamed } from '../../sdk/common/proto-table.ts';
import { jsonOfMessage } from '../../sdk/common/proto-to-json.ts';
import type { History, HistoryEvent } from '../../sdk/common/proto-types.ts';
import { historyFromJSON, historyToJSON } from '../../sdk/common/proto-utils.ts';
import { decompileRetryPolicy } from '../../sdk/common/retry-policy.ts';
import { optionalTsToMs, tsToDate, tsToMs } from '../../sdk/common/time.ts';
import { eventsOf } from '../../sdk/worker/history-json.ts';

const started = {
  eventId: '1',
  eventTime: '2026-01-31T12:00:00.250Z',
  eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  taskId: '1048587',
  workflowExecutionStartedEventAttributes: {
    workflowType: { name: 'greet' },
    workflowTaskTimeout: '10s',
    workflowRunTimeout: '0.000001500s',
    attempt: 1,
    input: { payloads: [{ metadata: { encoding: btoa('json/plain') }, data: btoa('"Ada"') }] },
    memo: { fields: { colour: { metadata: { encoding: btoa('json/plain') }, data: btoa('"red"') } } },
    identity: '',
  },
};
const event = messageOfJson('HistoryEvent', started) as HistoryEvent;
const attributes = event.workflowExecutionStartedEventAttributes!;

describe('an event as a message', () => {
  it('has numbers for enums, Longs for 64 bits, seconds and nanos for times, and bytes', () => {
    expect(event.eventType).toBe(1);
    expect(Long.isLong(event.eventId)).toBe(true);
    expect([event.eventId!.toNumber(), Number(event.taskId)]).toEqual([1, 1_048_587]);
    expect(event.eventTime).toEqual({ seconds: Long.fromNumber(1_769_860_800), nanos: 250_000_000 });
    expect(attributes.workflowTaskTimeout!.seconds!.toNumber()).toBe(10);
    expect(attributes.workflowRunTimeout!.nanos).toBe(1_500);
    const { data } = attributes.input!.payloads![0]!;
    expect(Buffer.isBuffer(data)).toBe(true);
    expect(new TextDecoder().decode(data!)).toBe('"Ada"');
  });

  it('has nothing of its own that is not set, and inherits the defaults', () => {
    expect(Object.keys(event).filter((key) => key.endsWith('Attributes'))).toEqual([
      'workflowExecutionStartedEventAttributes',
    ]);
    expect(event.timerFiredEventAttributes).toBeNull();
    expect(event.links).toEqual([]);
    expect(event.version!.isZero()).toBe(true);
    expect(event.workerMayIgnore).toBe(false);
    expect(Object.hasOwn(attributes, 'identity')).toBe(false);
    expect([attributes.identity, attributes.cronSchedule, attributes.initiator]).toEqual(['', '', 0]);
    expect((event as { attributes?: string }).attributes).toBe('workflowExecutionStartedEventAttributes');
  });

  it('keeps what is set to the default where one of several is chosen', () => {
    const override = { autoUpgrade: false };
    expect(Object.keys(messageOfJson('VersioningOverride', override))).toContain('autoUpgrade');
  });

  it('is read by converters and by the functions for times', () => {
    expect(arrayFromPayloads(defaultPayloadConverter, attributes.input!.payloads)).toEqual(['Ada']);
    expect(defaultPayloadConverter.fromPayload(attributes.memo!.fields!.colour!)).toBe('red');
    expect(tsToMs(event.eventTime)).toBe(Date.parse(started.eventTime));
    expect(tsToDate(event.eventTime!)).toEqual(new Date(started.eventTime));
    expect(optionalTsToMs(attributes.workflowTaskTimeout)).toBe(10_000);
    expect(optionalTsToMs(attributes.workflowExecutionTimeout)).toBeUndefined();
  });

  it('is written by JSON.stringify as protobufjs writes it, which a replay takes as well', () => {
    const written = JSON.parse(JSON.stringify({ events: [event] }));
    expect(written.events[0]).toMatchObject({
      eventId: '1',
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      eventTime: { seconds: '1769860800', nanos: 250_000_000 },
    });
    expect(written.events[0]).not.toHaveProperty('links');
    expect(eventsOf(written)).toEqual(eventsOf({ events: [event] }));
  });

  it('keeps what only Perdure says', () => {
    const description = messageOfJson('DescribeWorkflowExecutionResponse', {
      workflowExecutionInfo: { status: 'WORKFLOW_EXECUTION_STATUS_RUNNING', historyLength: '7' },
      problems: ['nobody serves it'],
    });
    expect(description).toMatchObject({
      workflowExecutionInfo: { status: 1, historyLength: Long.fromNumber(7) },
      pendingActivities: [],
      problems: ['nobody serves it'],
    });
  });

  it('takes values of enums that it does not know as they are', () => {
    const made = messageOfJson('HistoryEvent', { eventType: 'EVENT_TYPE_OF_TOMORROW' });
    expect(made).toMatchObject({ eventType: 'EVENT_TYPE_OF_TOMORROW' });
    expect(jsonOfMessage('HistoryEvent', { eventType: 999 })).toEqual({ eventType: 999 });
  });
});

describe('a message as JSON', () => {
  it('is what the event was', () => {
    const { identity: _, ...said } = started.workflowExecutionStartedEventAttributes;
    const json = { ...started, workflowExecutionStartedEventAttributes: said };
    expect(jsonOfMessage('HistoryEvent', event)).toEqual(json);
    expect(JSON.parse(historyToJSON(historyFromJSON({ events: [started] })))).toEqual({ events: [json] });
  });

  it('is the same object where it is JSON already', () => {
    expect(jsonOfMessage('HistoryEvent', started)).toBe(started);
  });

  it('is made of plain objects, of Longs that went through JSON, of bigints and of null', () => {
    const plain = {
      eventId: { low: 5, high: 1, unsigned: false },
      taskId: -3n,
      eventTime: { seconds: Long.fromNumber(-1), nanos: 0 },
      timerFiredEventAttributes: null,
      eventType: 18,
    };
    expect(jsonOfMessage('HistoryEvent', plain)).toEqual({
      eventId: '4294967301',
      taskId: '-3',
      eventTime: '1969-12-31T23:59:59Z',
      eventType: 'EVENT_TYPE_TIMER_FIRED',
    });
  });
});

describe('what is empty', () => {
  it('of bytes is read as bytes', () => {
    const binary = { metadata: { encoding: btoa('binary/plain') }, data: '' };
    const message = messageOfJson('Payload', binary) as Payload;
    expect(defaultPayloadConverter.fromPayload(message)).toStrictEqual(new Uint8Array());
    const some = messageOfJson('Payload', { ...binary, data: btoa('ab') }) as Payload;
    expect(defaultPayloadConverter.fromPayload(some)).toStrictEqual(new Uint8Array([97, 98]));
  });

  it('of messages, because they have no fields at all, is a message', () => {
    const pending = { activityId: '1', useWorkflowBuildId: {} };
    const message = messageOfJson('PendingActivityInfo', pending);
    expect(message).toMatchObject(pending);
    expect(jsonOfMessage('PendingActivityInfo', message)).toEqual(pending);
  });
});

describe('a failure as a message', () => {
  const details = { payloads: [{ metadata: { encoding: btoa('json/plain') }, data: btoa('{"a":1}') }] };
  const json: Failure = {
    message: 'it failed',
    stackTrace: 'at activity.ts',
    activityFailureInfo: {
      scheduledEventId: '5',
      activityType: { name: 'pay' },
      activityId: '1',
      retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    },
    cause: {
      message: 'no',
      applicationFailureInfo: {
        type: 'Closed',
        nonRetryable: true,
        details,
        nextRetryDelay: '2s',
        category: 'APPLICATION_ERROR_CATEGORY_BENIGN',
      },
      cause: {
        message: 'stopped',
        canceledFailureInfo: { details },
        cause: {
          message: 'late',
          timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_HEARTBEAT', lastHeartbeatDetails: details },
        },
      },
    },
  };
  const converter = new DefaultFailureConverter();
  const described = (error: unknown): unknown =>
    error instanceof Error
      ? { ...error, message: error.message, stack: error.stack, cause: described(error.cause) }
      : error;

  it.each([
    ['a message', messageOfJson('Failure', json)],
    [
      'a copy with all that is not set',
      JSON.parse(JSON.stringify({ ...messageOfJson('Failure', json), source: null })),
    ],
  ])('becomes, as %s, the error that its JSON becomes, and may be thrown on', (_, message) => {
    const error = converter.failureToError(message, defaultPayloadConverter);
    expect(described(error)).toEqual(described(converter.failureToError(json, defaultPayloadConverter)));
    expect(error).toMatchObject({
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
      cause: {
        details: [{ a: 1 }],
        nextRetryDelay: 2_000,
        category: 'BENIGN',
        cause: { details: [{ a: 1 }], cause: { timeoutType: 'HEARTBEAT', lastHeartbeatDetails: { a: 1 } } },
      },
    });
    expect(converter.errorToFailure(error, defaultPayloadConverter)).toEqual(json);
  });

  it('of an activity that a reset ended is an ApplicationFailure with the details of its last heartbeat', () => {
    const ended = { message: 'reset', resetWorkflowFailureInfo: { lastHeartbeatDetails: details } };
    for (const failure of [ended, messageOfJson('Failure', ended)])
      expect(converter.failureToError(failure, defaultPayloadConverter)).toMatchObject({
        name: 'ApplicationFailure',
        type: 'ResetWorkflow',
        nonRetryable: false,
        details: [{ a: 1 }],
      });
  });

  it('stands beside a policy for retries, which is read as well', () => {
    const policy = {
      initialInterval: '1s',
      backoffCoefficient: 3,
      maximumInterval: '1.5s',
      maximumAttempts: 4,
    };
    expect(decompileRetryPolicy(messageOfJson('RetryPolicy', policy))).toMatchObject({
      initialInterval: 1_000,
      maximumInterval: 1_500,
      backoffCoefficient: 3,
      maximumAttempts: 4,
    });
  });
});

describe('every golden history', () => {
  const folder = join(import.meta.dirname, '../histories');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

  it('is the same message after it was JSON again, and a replay reads the same events', () => {
    const types = new Set<string>();
    for (const file of files) {
      const { history } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      const message = messageOfJson('History', history) as History;
      const json = jsonOfMessage('History', message) as typeof history;
      expect(messageOfJson('History', json), file).toEqual(message);
      expect(eventsOf(message), file).toEqual(eventsOf(json));
      for (const { eventType } of history.events) types.add(eventType);
    }
    const names = Object.keys(historyEvents).map((name) =>
      name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase(),
    );
    expect(names.filter((name) => !types.has(`EVENT_TYPE_${name}`))).toEqual([]);
    expect(names.filter((name) => !enumNamed('EventType').numbers.has(`EVENT_TYPE_${name}`))).toEqual([]);
  });
});

describe('numbers of enums', () => {
  it.each([
    ['WorkflowIdReusePolicy', 'workflowIdReusePolicy', byNumber.decodeWorkflowIdReusePolicy],
    ['RetryState', 'retryState', byNumber.decodeRetryState],
    ['TimeoutType', 'timeoutType', byNumber.decodeTimeoutType],
    ['ApplicationErrorCategory', 'applicationErrorCategory', byNumber.decodeApplicationFailureCategory],
    ['ScheduleOverlapPolicy', 'scheduleOverlapPolicy', byNumber.decodeScheduleOverlapPolicy],
  ] as const)('of %s are those by which the SDK knows its values', (name, wire, decode) => {
    const { numbers } = enumNamed(name);
    expect(numbers.size).toBeGreaterThan(1);
    for (const [value, number] of numbers) {
      const short = decode(number);
      expect(short === undefined ? 0 : toWire(wire, short), value).toBe(number === 0 ? 0 : value);
    }
  });
});
