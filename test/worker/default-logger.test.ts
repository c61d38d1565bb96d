import { afterEach, expect, it, vi } from 'vitest';
import { defaultLogger } from '../../sdk/common/logger.ts';

afterEach(() => void vi.restoreAllMocks());

it('the default logger tells an error with its causes, also one that is its own cause', () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  const cause = new Error('bank down');
  defaultLogger.warn('Workflow failed', { error: new Error('Activity task failed', { cause }) });
  cause.cause = cause;
  defaultLogger.warn('Workflow failed', { error: cause });
  expect(lines).toEqual([
    'WARN  Workflow failed {"error":"Activity task failed ← bank down"}',
    'WARN  Workflow failed {"error":"bank down"}',
  ]);
});
