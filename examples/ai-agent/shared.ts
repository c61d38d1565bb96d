/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'ai-agent';

export interface ToolCall {
  id: string;
  tool: 'weather' | 'refund';
  input: Record<string, string>;
}

export interface Message {
  role: 'user' | 'assistant' | 'tool';
  text: string;
  /** Which call this answers. */
  callId?: string;
}

/** What the model says: it wants tools to be called, or it is done. */
export type Reply = { calls: ToolCall[] } | { answer: string };

export interface Decision {
  callId: string;
  approved: boolean;
  by: string;
}

/** What somebody who watches gets to see. */
export interface Progress {
  /** From a place on that the watcher names. */
  lines: string[];
  over: boolean;
}
