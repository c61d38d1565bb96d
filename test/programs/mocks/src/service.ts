import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { cancelOrder, order } from './workflows';

let client: Client | undefined;

export async function getClient(): Promise<Client> {
  if (!client) {
    const connection = await Connection.connect({ address: 'temporal:7233' });
    client = new Client({ connection, namespace: 'orders' });
  }
  return client;
}

export class OrderService {
  constructor(private readonly client: Client) {}

  async place(id: string, cents: number): Promise<{ started: boolean; runId?: string }> {
    try {
      const { firstExecutionRunId: runId } = await this.client.workflow.start(order, {
        taskQueue: 'orders',
        workflowId: `order-${id}`,
        args: [id, cents],
      });
      return { started: true, runId };
    } catch (err) {
      if (err instanceof WorkflowExecutionAlreadyStartedError) return { started: false };
      throw err;
    }
  }

  async cancel(id: string, why: string): Promise<void> {
    await this.client.workflow.getHandle(`order-${id}`).signal(cancelOrder, why);
  }
}
