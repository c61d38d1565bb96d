import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

interface Outcome {
  answers: Record<string, { cause: string; message: string; stack: string }> & {
    ordinary: string;
    behaves: string[];
  };
  logged: Array<{ message: string; run: string; timeoutMs: number }>;
}

describe('Workflow code that never gives its turn back', () => {
  let outcome: Outcome;
  beforeAll(async () => {
    const program = new URL('./fixtures/blocking.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [program, '400'], { timeout: 60_000 });
    outcome = JSON.parse(stdout) as Outcome;
  }, 70_000);

  it.each(['atOnce', 'later', 'asks', 'loads'])('is ended, and its task fails with its name: %s', (type) => {
    const { cause, message, stack } = outcome.answers[type]!;
    expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(message).toContain(`workflow ${type} (w-${type}, run `);
    expect(message).toContain('did not give its turn back for 0.4 s');
    expect(stack).toMatch(/at forever \(.*blocking\.ts:\d+:\d+\)/);
  });

  it('does not keep other runs of the process from going on', () => {
    expect(outcome.answers.behaves).toEqual(['COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION']);
  });

  it('is told from ordinary code, which may hold the thread', () => {
    expect(outcome.answers.ordinary).toBe('came to its end');
    expect(outcome.logged.map(({ run }) => run.split(' ')[1])).toEqual(['atOnce', 'later', 'asks', 'loads']);
  });
});
