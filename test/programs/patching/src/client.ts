import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { evolved, loop } from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect() });
  const id = Date.now();
  const options = { taskQueue: 'patching' };
  console.log(
    await client.workflow.execute(evolved, {
      ...options,
      workflowId: `evolved-${id}`,
      retry: { maximumAttempts: 1 },
    }),
  );
  const handle = await client.workflow.start(loop, {
    ...options,
    workflowId: `loop-${id}`,
    startDelay: '100ms',
  });
  const twice = await client.workflow
    .start(loop, { ...options, workflowId: `loop-${id}` })
    .catch((err: unknown) => err);
  if (!(twice instanceof WorkflowExecutionAlreadyStartedError)) throw twice;
  const ids = await handle.result();
  console.log(ids);
  if (new Set(ids).size !== 3) throw new Error('the same ids');
  const missing = await client.workflow
    .getHandle(`nothing-${id}`)
    .describe()
    .catch((err: unknown) => err);
  if (!(missing instanceof WorkflowNotFoundError)) throw missing;
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
