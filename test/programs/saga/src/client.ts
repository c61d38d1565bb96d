import {
  ActivityFailure,
  ApplicationFailure,
  Client,
  Connection,
  WorkflowFailedError,
} from '@temporalio/client';
import { openAccount } from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect({ address: '127.0.0.1:7233' }) });
  const options = { taskQueue: 'saga', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;
  console.log(
    await client.workflow.execute(openAccount, {
      ...options,
      workflowId: `saga-${Date.now()}`,
      args: ['7', 'Business'],
    }),
  );
  try {
    await client.workflow.execute(openAccount, {
      ...options,
      workflowId: `saga-${Date.now()}`,
      args: ['8', 'Venture'],
    });
    throw new Error('it worked');
  } catch (err) {
    if (!(err instanceof WorkflowFailedError) || !(err.cause instanceof ActivityFailure)) throw err;
    const { cause } = err.cause;
    if (!(cause instanceof ApplicationFailure) || cause.type !== 'UnsupportedAccount') throw err;
    console.log(cause.message, cause.details);
  }
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
