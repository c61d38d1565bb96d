import { expect, it, vi } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { done, payloads, Rig } from './rig.ts';

const [id] = payloads('nightly').payloads;

it('an end that cannot be read hinders nothing else that its turn has to do, and is told later', async () => {
  const rig = new Rig();
  await rig.start({ searchAttributes: { indexedFields: { TemporalScheduledById: id! } } });
  rig.work = async () => done(makeCommand('CompleteWorkflowExecution', {}));
  const reading = vi.spyOn(rig.watched, 'lastSeq').mockImplementation(() => {
    throw new Error('the disk does not answer');
  });
  await rig.signal('end');
  await rig.settled();
  reading.mockRestore();
  expect(rig.notified).toEqual([]);
  expect(rig.logged).toContain('schedule not told of the end of its run');
  expect(rig.recorded.map(({ info }) => info.status)).toContain('WORKFLOW_EXECUTION_STATUS_COMPLETED');
  await rig.advance(5_000);
  expect(rig.notified).toEqual(['nightly']);
});
