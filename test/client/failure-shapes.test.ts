import { describe, expect, it } from 'vitest';
import { RpcError, toClientError, WorkflowContinuedAsNewError } from '../../sdk/client/errors.ts';
import { executionInfoFromRaw } from '../../sdk/client/execution-info.ts';
import { defaultDataConverter } from '../../sdk/common/data-converter.ts';
import { ApplicationFailure, CancelledFailure, ensureApplicationFailure } from '../../sdk/common/failure.ts';

/** A failure of the program's own. */
class CardDeclined extends ApplicationFailure {}

describe('ApplicationFailure.fromError', () => {
  it('keeps what a failure says of itself where nothing is said instead', () => {
    const given = ApplicationFailure.create({ message: 'no', type: 'Declined', details: [{ card: 1 }] });
    const made = ApplicationFailure.fromError(given, { nonRetryable: true });
    expect(made).toMatchObject({
      message: 'no',
      type: 'Declined',
      details: [{ card: 1 }],
      nonRetryable: true,
    });
    expect(made.cause).toBeUndefined();
  });

  it('makes one of an error, with its class, stack and cause, and without itself as cause', () => {
    const cause = new RangeError('inner');
    const error = new TypeError('outer', { cause });
    const made = ApplicationFailure.fromError(error, { type: undefined });
    expect(made).toMatchObject({ message: 'outer', type: 'TypeError', cause, stack: error.stack });
    expect(ensureApplicationFailure(new TypeError('alone')).cause).toBeUndefined();
  });

  it('makes one of an object with a message that is no error, and of an error without a message', () => {
    const thrown = { message: 'card declined', code: 5, stack: 'somewhere' };
    expect(ensureApplicationFailure(thrown)).toMatchObject({
      ...{ message: 'card declined', type: 'Object', stack: 'somewhere' },
    });
    expect(ensureApplicationFailure(new RangeError())).toMatchObject({ message: 'RangeError' });
    expect(ensureApplicationFailure('text')).toMatchObject({ message: 'text', type: undefined });
  });

  it('makes one of any other failure, too', () => {
    expect(ensureApplicationFailure(new CancelledFailure('enough'))).toMatchObject({
      type: 'CancelledFailure',
    });
  });
});

describe('an error that nobody made an application failure of', () => {
  const converter = defaultDataConverter.failureConverter;
  const there = (thrown: unknown) => converter.errorToFailure(thrown, defaultDataConverter.payloadConverter);
  const back = (thrown: unknown) =>
    converter.failureToError(there(thrown), defaultDataConverter.payloadConverter);

  it('is stored without the info of one, with a stack that names its class, and read as a TemporalFailure', () => {
    const failure = there(new TypeError('outer', { cause: new RangeError('inner') }));
    expect(failure).toEqual({
      message: 'outer',
      source: 'TypeScriptSDK',
      stackTrace: expect.stringMatching(/^TypeError: outer\n +at /),
      cause: expect.objectContaining({ message: 'inner' }),
    });
    const error = back(new TypeError('outer'));
    expect([error.name, error.message, error.stack]).toEqual([
      'TemporalFailure',
      'outer',
      expect.stringMatching(/^TypeError: outer\n +at /),
    ]);
  });

  it('says what it was where it is none', () => {
    expect(there({ plain: true }).message).toMatch(/^\{"plain":true\} \[this is no Error/);
    expect(there('text').message).toMatch(/^text \[this is no Error/);
    expect(there(undefined).message).toMatch(/^undefined \[/);
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(there(loop).message).toMatch(/^\[object Object\] \[/);
    expect(there({ message: 'like an error', name: 'Odd' })).toEqual({
      message: 'like an error',
      source: 'TypeScriptSDK',
    });
  });

  it('is read with its name and message where nothing but frames was stored', () => {
    const error = converter.failureToError(
      { message: 'm', stackTrace: '    at f (a.ts:1:2)', applicationFailureInfo: { type: 'T' } },
      defaultDataConverter.payloadConverter,
    );
    expect(error.stack).toBe('ApplicationFailure: m\n    at f (a.ts:1:2)');
  });
});

it('a mistake in a schedule is a TypeError that says what the service said', () => {
  const refused = new RpcError('INVALID_ARGUMENT', 'interval: must be at least one second');
  const error = toClientError(refused, 'Failed to create schedule', { scheduleId: 'daily' });
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: 'interval: must be at least one second', cause: refused });
});

it('a class of the program’s own makes its own failures', () => {
  expect(CardDeclined.create({ message: 'no' })).toBeInstanceOf(CardDeclined);
  expect(CardDeclined.nonRetryable('no')).toBeInstanceOf(CardDeclined);
  expect(CardDeclined.retryable('no')).toBeInstanceOf(CardDeclined);
});

it('the name of a failure is its class’s, and no field of it', () => {
  const failure = ApplicationFailure.nonRetryable('no', 'Declined');
  expect([failure.name, new CardDeclined('no').name]).toEqual(['ApplicationFailure', 'ApplicationFailure']);
  expect(JSON.parse(JSON.stringify(failure))).toEqual({ type: 'Declined', nonRetryable: true, details: [] });
});

it('an error is named as Temporal’s is', () => {
  expect(new WorkflowContinuedAsNewError('m', 'run').name).toBe('WorkflowExecutionContinuedAsNewError');
});

it('a run without a memo has an empty one', async () => {
  const raw = {
    ...{ type: { name: 'w' }, execution: { workflowId: 'w', runId: 'r' }, historyLength: '3' },
    ...{ taskQueue: 'q', status: 'WORKFLOW_EXECUTION_STATUS_RUNNING', startTime: '2026-01-01T00:00:00Z' },
  } as Parameters<typeof executionInfoFromRaw>[0];
  expect(await executionInfoFromRaw(raw, defaultDataConverter, 'default')).toMatchObject({ memo: {} });
});
