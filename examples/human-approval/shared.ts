/** What the workflow, its callers and the approval service have in common. */

import type { WebhookSettings } from 'perdure/client';

export const TASK_QUEUE = 'human-approval';
export const WEBHOOK_ID = 'approvals';

export interface Order {
  id: string;
  customer: string;
  amount: number;
}

/** What the approval service sends, and the signal carries. */
export interface Decision {
  approved: boolean;
  by: string;
  comment?: string;
}

export type Outcome = 'approved' | 'rejected' | 'expired';

export interface OrderStatus {
  /** Whose decision it waits for; `nobody` once it is made. */
  waitingFor: 'team' | 'manager' | 'nobody';
  decision?: Decision;
}

/** Up to here nobody is asked. */
export const SMALL_AMOUNT = 100;
export const TEAM_PATIENCE = '24 hours';
export const MANAGER_PATIENCE = '3 days';

/** How deliveries of the approval service become signals: `{"order_id": …, "decision": {…}}`. */
export const approvalsWebhook: WebhookSettings = {
  kind: 'standard',
  workflowId: 'order-{$.order_id}',
  signalName: 'decide',
  signalArgs: ['$.decision'],
};
