import { describe, expect, it } from 'vitest';
import {
  fromWire,
  ParentClosePolicy,
  QueryRejectCondition,
  RetryState,
  TimeoutType,
  toWire,
  WorkflowIdReusePolicy,
  WorkflowUpdateStage,
} from '../../sdk/common/enums.ts';
import { idPolicies } from '../../src/core/id-policy.ts';
import { startRequest } from './harness.ts';

const withLongNames = {
  PARENT_CLOSE_POLICY_: ParentClosePolicy,
  WORKFLOW_ID_REUSE_POLICY_: WorkflowIdReusePolicy,
  RETRY_STATE_: RetryState,
  TIMEOUT_TYPE_: TimeoutType,
  QUERY_REJECT_CONDITION_: QueryRejectCondition,
};

describe('the long names of enum values', () => {
  it.each(Object.entries(withLongNames))('%s… are other names of the same values', (prefix, values) => {
    const byName = values as Record<string, string | undefined>;
    const short = Object.keys(byName);
    expect(short.length).toBeGreaterThan(2);
    for (const name of short) expect(byName[prefix + name]).toBe(name);
    expect(`${prefix}UNSPECIFIED` in byName).toBe(true);
    expect(byName[`${prefix}UNSPECIFIED`]).toBeUndefined();
  });

  it('are values of the enum type', () => {
    const policy: ParentClosePolicy = ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON;
    const reuse: WorkflowIdReusePolicy = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
    expect([policy, reuse]).toEqual(['ABANDON', 'REJECT_DUPLICATE']);
    expect('UNSPECIFIED' in WorkflowUpdateStage).toBe(true);
    expect(WorkflowUpdateStage.UNSPECIFIED).toBeUndefined();
  });

  it('are not met by who lists the names', () => {
    expect(Object.values(ParentClosePolicy)).toEqual(['TERMINATE', 'ABANDON', 'REQUEST_CANCEL']);
    expect(Object.keys(WorkflowUpdateStage)).toEqual(['ADMITTED', 'ACCEPTED', 'COMPLETED']);
  });

  it('go to the wire as the short ones do, written out as text too', () => {
    expect(toWire('parentClosePolicy', ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON)).toBe(
      'PARENT_CLOSE_POLICY_ABANDON',
    );
    expect(toWire('parentClosePolicy', 'PARENT_CLOSE_POLICY_ABANDON')).toBe('PARENT_CLOSE_POLICY_ABANDON');
    expect(fromWire('timeoutType', 'TIMEOUT_TYPE_HEARTBEAT')).toBe(TimeoutType.TIMEOUT_TYPE_HEARTBEAT);
  });

  it('with their prefix twice are refused', () => {
    const workflowIdReusePolicy = 'WORKFLOW_ID_REUSE_POLICY_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE';
    expect(() => idPolicies({ ...startRequest(), workflowIdReusePolicy }, 'StartWorkflowExecution')).toThrow(
      `workflowIdReusePolicy: unknown policy ${workflowIdReusePolicy}`,
    );
  });
});
