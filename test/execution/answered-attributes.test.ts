import { describe, expect, it } from 'vitest';
import type { Command } from '../../sdk/common/command.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { withTypedAttributes } from '../../src/execution/answered-attributes.ts';

const payload = { metadata: { encoding: btoa('json/plain') }, data: btoa('"Oslo"') };
const upsert: Command = {
  commandType: 'COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
  upsertWorkflowSearchAttributesCommandAttributes: { searchAttributes: { indexedFields: { City: payload } } },
};
const timer: Command = {
  commandType: 'COMMAND_TYPE_START_TIMER',
  startTimerCommandAttributes: { timerId: '1', startToFireTimeout: '1s' },
};
const answer = (...commands: Command[]) => ({ completed: { commands, identity: 'me' } });

describe('the search attributes that a workflow task sets', () => {
  it('get their types, and nothing else changes', async () => {
    const typed = {
      indexedFields: { City: { ...payload, metadata: { ...payload.metadata, type: btoa('Keyword') } } },
    };
    const outside = { typedSearchAttributes: async () => typed };
    const expected = {
      ...upsert,
      upsertWorkflowSearchAttributesCommandAttributes: { searchAttributes: typed },
    };
    expect(await withTypedAttributes(answer(timer, upsert), outside)).toEqual(
      answer(timer, expected as Command),
    );
  });

  it('fail the task when the namespace does not have them', async () => {
    const typedSearchAttributes = () => Promise.reject(invalidArgument('no mapping'));
    expect(await withTypedAttributes(answer(upsert), { typedSearchAttributes })).toEqual({
      failed: { cause: 'BAD_SEARCH_ATTRIBUTES', failure: { message: 'no mapping', serverFailureInfo: {} } },
    });
  });

  it('leave the task to be tried again when the namespace does not answer', async () => {
    const typedSearchAttributes = () => Promise.reject(new ServiceError('UNAVAILABLE', 'away'));
    await expect(withTypedAttributes(answer(upsert), { typedSearchAttributes })).rejects.toThrow('away');
  });

  it('are not asked for when there are none', async () => {
    const typedSearchAttributes = () => Promise.reject(new Error('asked'));
    const failed = { failed: { cause: 'UNHANDLED_COMMAND' as const, failure: {} } };
    for (const given of [answer(timer), failed, { localActivities: true as const }])
      expect(await withTypedAttributes(given, { typedSearchAttributes })).toBe(given);
  });
});
