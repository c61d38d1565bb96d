import { describe, expect, it } from 'vitest';
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  ApplicationFailure,
} from '../../sdk/client/index.ts';
import { engineOf, refusal } from './fake-engine.ts';

const token = new TextEncoder().encode('token');
const ids = { workflowId: 'w', runId: 'run-1', activityId: '5' };

describe('completing an activity from outside', () => {
  it('goes by task token or by ids', async () => {
    const {
      engine,
      client: { activity },
    } = engineOf({});
    await activity.complete(token, 'done');
    await activity.complete(ids, undefined);
    expect(engine.calls[0]!.path).toBe('/api/v1/namespaces/default/activity-complete');
    expect(engine.calls[0]!.body).toMatchObject({
      taskToken: btoa('token'),
      result: { payloads: [{ data: btoa('"done"') }] },
      identity: 'me',
    });
    expect(engine.calls[1]!.path).toBe('/api/v1/namespaces/default/workflows/w/activities/5/complete');
    expect(engine.calls[1]!.body).toMatchObject({ runId: 'run-1' });
  });

  it('fails with the error as a failure', async () => {
    const {
      engine,
      client: { activity },
    } = engineOf({});
    await activity.fail(token, ApplicationFailure.nonRetryable('no', 'Refused'));
    expect(engine.calls[0]!.path).toBe('/api/v1/namespaces/default/activity-fail');
    expect(engine.calls[0]!.body).toMatchObject({
      failure: { message: 'no', applicationFailureInfo: { type: 'Refused', nonRetryable: true } },
    });
  });

  it('learns of a cancellation from a heartbeat, and acknowledges it', async () => {
    const {
      engine,
      client: { activity },
    } = engineOf({ cancelRequested: true }, {});
    await expect(activity.heartbeat(ids, { row: 7 })).rejects.toThrow(ActivityCancelledError);
    await activity.reportCancellation(ids, 'cleaned up');
    expect(engine.calls.map((call) => call.path.split('/').at(-1))).toEqual([
      'heartbeat',
      'resolve-as-canceled',
    ]);
    expect(engine.calls[0]!.body).toMatchObject({ details: { payloads: [{ data: btoa('{"row":7}') }] } });
  });

  it.each([
    [{ activityPaused: true }, ActivityPausedError],
    [{ activityReset: true, activityPaused: true }, ActivityResetError],
    [{ cancelRequested: true, activityReset: true }, ActivityCancelledError],
  ])('learns from a heartbeat what was asked of it: %j', async (reply, error) => {
    const { client } = engineOf(reply);
    await expect(client.activity.heartbeat(token)).rejects.toThrow(error);
  });

  it('of an older attempt is ActivityNotFoundError, anything else ActivityCompletionError', async () => {
    const stale = engineOf(refusal(404, 5, 'attempt 1 is over'));
    await expect(stale.client.activity.complete(token, 1)).rejects.toThrow(ActivityNotFoundError);
    const invalid = engineOf(refusal(400, 3, 'taskToken: not a task token of this engine'));
    await expect(invalid.client.activity.complete(token, 1)).rejects.toThrow(ActivityCompletionError);
  });
});
