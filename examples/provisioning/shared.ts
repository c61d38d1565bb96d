/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'provisioning';

export interface Environment {
  name: string;
  servers: number;
}

export type Kind = 'network' | 'database' | 'server' | 'address';

export interface Resource {
  kind: Kind;
  id: string;
}

export interface Inventory {
  phase: 'building' | 'ready' | 'rolling back' | 'rolled back';
  resources: Resource[];
}
