/** Which task goes first on a task queue: as users write it and as it is stored. */

/** How urgent a workflow or activity is, among the activities that wait on a task queue with limits. */
export interface Priority {
  /** From 1, the most urgent, to 5. Default 3. */
  priorityKey?: number;
  /** Those who share a task queue (tenants, say) get turns. At most 64 bytes. */
  fairnessKey?: string;
  /** The share of the key: twice as many turns for twice the weight. From 0.001 to 1,000; default 1. */
  fairnessWeight?: number;
}

/** Temporal's `Priority` message. What is absent is inherited: by an activity or child from its workflow. */
export interface PriorityJson {
  /** 1 (first) to 5 (last); 0 or absent: 3. */
  priorityKey?: number;
  fairnessKey?: string;
  /** 0 or absent: 1. */
  fairnessWeight?: number;
}

/**
 * The message's fields, those that are not set included.
 * @throws TypeError for a key that is no whole number, RangeError for a negative one
 */
export function compilePriority(priority: Priority): Required<PriorityJson> {
  const { priorityKey = 0, fairnessKey = '', fairnessWeight = 0 } = priority;
  if (!Number.isInteger(priorityKey)) throw new TypeError('priorityKey must be an integer');
  if (priorityKey < 0) throw new RangeError('priorityKey must be a positive integer');
  return { priorityKey, fairnessKey, fairnessWeight };
}

/** What is stored: only what the user has set, and nothing for nothing. */
export function toPriorityJson(priority: Priority | undefined): PriorityJson | undefined {
  return priority && mergePriority(compilePriority(priority));
}

export function decodePriority(priority?: PriorityJson | null): Priority {
  return { ...priority };
}

/** What counts in the end: field by field, the later one where it says something. */
export function mergePriority(...priorities: (PriorityJson | undefined)[]): PriorityJson | undefined {
  const merged: PriorityJson = {};
  for (const { priorityKey, fairnessKey, fairnessWeight } of priorities.filter((one) => one !== undefined)) {
    if (priorityKey) merged.priorityKey = priorityKey;
    if (fairnessKey) merged.fairnessKey = fairnessKey;
    if (fairnessWeight) merged.fairnessWeight = fairnessWeight;
  }
  return Object.keys(merged).length > 0 ? merged : undefined;
}
