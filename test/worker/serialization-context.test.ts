import { describe, expect, it } from 'vitest';
import { CompleteAsyncError, Context, executeActivity } from '../../sdk/activity/index.ts';
import { ApplicationFailure, CancelledFailure } from '../../sdk/common/index.ts';
import { loadDataConverter } from '../../sdk/common/load-data-converter.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { toldConverter } from '../client/told.ts';
import { activityTask, payloads } from './support.ts';

const ACT = 'act transfer-1/7';

async function told(
  fn: (...args: any[]) => unknown,
  fields: Partial<ActivityTask> = {},
  local?: { signal: AbortSignal },
): Promise<string[]> {
  const { dataConverter, told } = toldConverter();
  await executeActivity(activityTask({ activityId: '7', input: payloads('arg'), ...fields }), fn as never, {
    identity: 'me',
    recordHeartbeat: async () => ({ cancelRequested: true }),
    dataConverter: loadDataConverter(dataConverter),
    ...(local && { local }),
  });
  return told();
}

describe('converters and codecs of a Worker are told which activity it is', () => {
  it('with its arguments, its result and the details of heartbeats', async () => {
    const beating = async (): Promise<string> => {
      Context.current().heartbeat('beat');
      return 'result';
    };
    expect(await told(beating, { heartbeatTimeout: '10s', heartbeatDetails: payloads('before') })).toEqual([
      `decode arg: ${ACT}`,
      `decode before: ${ACT}`,
      `encode beat: ${ACT}`,
      `encode result: ${ACT}`,
      `from arg: ${ACT}`,
      `from before: ${ACT}`,
      `to beat: ${ACT}`,
      `to result: ${ACT}`,
    ]);
  });

  it('with its failure and the causes of that', async () => {
    const failing = () => {
      throw ApplicationFailure.create({ message: 'no', details: ['detail'], cause: new Error('why') });
    };
    expect(await told(failing)).toEqual([
      `decode arg: ${ACT}`,
      `encode detail: ${ACT}`,
      `from arg: ${ACT}`,
      `thrown no: ${ACT}`,
      `thrown why: ${ACT}`,
      `to detail: ${ACT}`,
    ]);
  });

  it('with the details of its cancellation', async () => {
    const cancelled = async (): Promise<void> => {
      const context = Context.current();
      context.heartbeat('beat');
      await context.cancelled.catch(() => undefined);
      throw new CancelledFailure('stop', ['details']);
    };
    const lines = await told(cancelled, { heartbeatTimeout: '10s' });
    expect(lines).toContain(`to details: ${ACT}`);
    expect(lines).toContain(`encode details: ${ACT}`);
  });

  it('and that it is local, which no codec sees', async () => {
    const local = { signal: new AbortController().signal };
    expect(await told(async () => 'result', {}, local)).toEqual([
      'from arg: local transfer-1/7',
      'to result: local transfer-1/7',
    ]);
  });

  it('also when it is completed later', async () => {
    const later = async () => {
      throw new CompleteAsyncError();
    };
    expect(await told(later)).toEqual([`decode arg: ${ACT}`, `from arg: ${ACT}`]);
  });
});
