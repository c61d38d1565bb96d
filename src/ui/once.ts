/**
 * Ids of requests. Who presses again because no answer came asks for the same thing: the request that says the same has the same id until one
 * of them is answered, and the engine counts it once. Pure.
 */

const unanswered = new Map<string, string>();

/** @param what all that the request says but its id, as JSON can hold it */
export async function once<T>(what: unknown, ask: (requestId: string) => Promise<T>): Promise<T> {
  const key = JSON.stringify(what);
  const requestId = unanswered.get(key) ?? crypto.randomUUID();
  unanswered.set(key, requestId);
  try {
    const answer = await ask(requestId);
    unanswered.delete(key);
    return answer;
  } catch (error) {
    if (!isUnanswered(error)) unanswered.delete(key);
    throw error;
  }
}

/** No answer (0), or one that does not say what became of it. */
function isUnanswered(error: unknown): boolean {
  const { status } = error as { status?: number };
  return status === 0 || (status !== undefined && status >= 500);
}
