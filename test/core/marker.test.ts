import { describe, expect, it } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import { workflowExecutionInfo } from '../../src/core/describe.ts';
import { Driver, payloads } from './harness.ts';

const value = (of: unknown) => payloads(of).payloads[0]!;
const upsertMemo = (fields: Record<string, object>): Command =>
  makeCommand('ModifyWorkflowProperties', { upsertedMemo: { fields } });

describe('the memo', () => {
  it('is changed field by field; null takes a field away', () => {
    const driver = new Driver();
    driver.start({ memo: { fields: { kept: value(1), changed: value(1), gone: value(1) } } });
    const { visibilityVersion } = driver.run;
    driver.runTask(upsertMemo({ changed: value(2), gone: value(null), added: value(3) }));
    expect(driver.last('WorkflowPropertiesModified').upsertedMemo?.fields).toHaveProperty('gone');
    expect(workflowExecutionInfo(driver.run).memo).toEqual({
      fields: { kept: value(1), changed: value(2), added: value(3) },
    });
    expect(driver.run.visibilityVersion).toBe(visibilityVersion + 1);
  });

  it('cannot be changed by nothing', () => {
    const driver = new Driver();
    driver.start();
    driver.runTask(upsertMemo({}));
    expect(driver.last('WorkflowTaskFailed').cause).toBe(
      'WORKFLOW_TASK_FAILED_CAUSE_BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
    );
  });
});
