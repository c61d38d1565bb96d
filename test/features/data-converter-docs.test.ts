import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { Client } from '../../sdk/client/index.ts';
import type { DataConverter } from '../../sdk/common/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Worker } from '../../sdk/worker/node.ts';

const root = join(import.meta.dirname, '../..');

/** Writes the snippets where the packages' names resolve. Answers with the folder. */
function writeSnippets(): string {
  const text = readFileSync(join(root, 'docs/data-converter.md'), 'utf8');
  const folder = join(root, '.perdure/docs/data-converter');
  mkdirSync(folder, { recursive: true });
  const snippets = [...text.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  expect(snippets.map(([, name]) => name)).toEqual([
    'payload-converter.ts',
    'failure-converter.ts',
    'codec.ts',
    'data-converter.ts',
  ]);
  for (const [, name, code] of snippets) writeFileSync(join(folder, name!), code!);
  writeFileSync(
    join(folder, 'workflows.ts'),
    `import { ApplicationFailure } from 'perdure/common';
    export async function double(n: bigint): Promise<bigint> {
      if (n < 0n) throw new ApplicationFailure('secret ' + n);
      return n * 2n;
    }`,
  );
  return folder;
}

it('what the page about data converters shows works', async () => {
  const folder = writeSnippets();
  const { dataConverter } = (await import(pathToFileURL(join(folder, 'data-converter.ts')).href)) as {
    dataConverter: DataConverter;
  };
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  const taskQueue = 'docs';
  const workflowsPath = join(folder, 'workflows.ts');
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowsPath,
    dataConverter,
  });
  await worker.runUntil(async () => {
    const start = { taskQueue, workflowId: 'w' };
    expect(await env.client.workflow.execute('double', { ...start, args: [2n ** 70n] })).toBe(2n ** 71n);
    const history = await env.client.workflow.getHandle('w').fetchHistory();
    expect(JSON.stringify(history)).toContain(btoa('binary/deflated'));
    await Worker.runReplayHistory({ workflowsPath, dataConverter }, history);
    const failing = { ...start, args: [-1n] };
    await expect(env.client.workflow.execute('double', failing)).rejects.toMatchObject({
      cause: { message: 'secret -1' },
    });
    const failed = JSON.stringify(await env.client.workflow.getHandle('w').fetchHistory());
    expect(failed).toContain('Encoded failure');
    expect(failed).not.toContain('secret');
  });
  expect(new Client({ dataConverter }).payloadConverter.toPayload(1n).metadata).toHaveProperty('encoding');
  await env.teardown();
});
