import { describe, expect, it } from 'vitest';
import { errorDetailType, type ServiceError } from '../../sdk/common/errors.ts';
import { MAX_WAITING_REQUESTS } from '../../src/execution/execution-object.ts';
import { Rig } from './rig.ts';

describe('a workflow id that gets more than it can take', () => {
  it('refuses what is beyond the bound, says when to come again, and carries out all the rest', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const beyond = 50;
    // The first one begins a turn at once; all others wait for it.
    const settled = await Promise.allSettled(
      Array.from({ length: MAX_WAITING_REQUESTS + 1 + beyond }, (_, i) => rig.signal(`s${i}`)),
    );
    const refused = settled
      .filter((one) => one.status === 'rejected')
      .map(({ reason }) => reason as ServiceError);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(beyond + 1);
    for (const { code, details } of refused) {
      expect(code).toBe('RESOURCE_EXHAUSTED');
      expect(details).toEqual([
        expect.objectContaining({ cause: 'RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW' }),
        { '@type': errorDetailType.retryInfo, retryDelay: '1s' },
      ]);
    }
    const signals = rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED');
    expect(signals).toHaveLength(settled.length - refused.length);
    await rig.signal('later');
    expect(rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(
      signals.length + 1,
    );
  });
});
