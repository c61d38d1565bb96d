/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'user-onboarding';

export interface User {
  id: string;
  email: string;
}

export type Mail = 'welcome' | 'verify your address' | 'how others began' | 'we miss you' | 'you are all set';

export type Outcome = 'active' | 'inactive';
