/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'tenant-fairness';

export interface Tenant {
  name: string;
  /** How large its share is beside the others'. */
  weight: number;
}
