/** Where failures of workflow files that were loaded at run time say that they come from. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ApplicationFailure, WorkflowFailedError } from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Worker } from '../../sdk/worker/node.ts';

const WORKFLOWS = `import { ApplicationFailure } from 'perdure/workflow';

interface Order {
  id: string;
}

export async function failing(order: Order): Promise<void> {
  await null;
  throw ApplicationFailure.nonRetryable(order.id);
}
`;

it('the stack of a failure names the lines of the workflow file, not of what was made of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-stacks-'));
  const workflowsPath = join(folder, 'workflows.ts');
  await writeFile(workflowsPath, WORKFLOWS);
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  try {
    const connection = env.nativeConnection;
    const worker = await Worker.create({ connection, taskQueue: 'q', workflowsPath });
    const options = { taskQueue: 'q', workflowId: 'w', args: [{ id: 'o-1' }] };
    const error = await worker.runUntil(
      env.client.workflow.execute('failing', options).catch((reason: unknown) => reason),
    );
    const stackTrace = ((error as Error).cause as ApplicationFailure).failure?.stackTrace;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(stackTrace).toContain(`at failing (${workflowsPath}:9:28)`);
    expect(stackTrace).not.toContain('.bundle.js');
  } finally {
    await env.teardown();
    await rm(folder, { recursive: true });
  }
});
