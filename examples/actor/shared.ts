/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'actor';

/** All that a player is. It moves from run to run. */
export interface Player {
  name: string;
  position: { x: number; y: number };
  health: number;
  inventory: Record<string, number>;
  /** How many actions this player has carried out in all. */
  actions: number;
}

export interface Move {
  dx: number;
  dy: number;
}

/** Takes something up, or uses some of it (a negative amount). */
export interface InventoryChange {
  item: string;
  amount: number;
}

export interface Combat {
  opponent: string;
}
