/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'money-transfer';

/** One transfer. Everything that happens for it at the bank carries its reference, so that nothing happens twice. */
export interface PaymentDetails {
  /** In whole units of the one currency that this bank knows. */
  amount: number;
  sourceAccount: string;
  targetAccount: string;
  referenceId: string;
}
