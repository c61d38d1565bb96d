/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'order-processing';

export interface Order {
  id: string;
  customer: string;
  /** Product → how many. */
  items: Record<string, number>;
  /** In cents. */
  total: number;
  /** How often to ask the carrier where the parcel is, in milliseconds. Default an hour. */
  trackEvery?: number;
}

export type State =
  | 'charging'
  | 'reserving'
  | 'packing'
  | 'shipping'
  | 'on its way'
  | 'delivered'
  | 'refunding'
  | 'refunded'
  | 'declined';

export interface Status {
  state: State;
  /** What happened so far, with times as epoch milliseconds. */
  log: Array<{ time: number; what: string }>;
  trackingNumber?: string;
  location?: string;
}

export interface TrackingInfo {
  location: string;
  delivered: boolean;
}
