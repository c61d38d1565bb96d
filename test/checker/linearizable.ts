/**
 * Is a history of one object linearizable? The search of Wing and Gong with Lowe's memory of what has been tried: an
 * operation may take effect at any moment between its call and its answer; one that was never answered, at any moment
 * after its call, or never.
 */

export interface Call<Args = unknown, Result = unknown> {
  begin: number;
  /** `Infinity`: no answer came. */
  end: number;
  args: Args;
  /** Only where an answer came. */
  result?: Result;
}

export interface Model<State, Args, Result> {
  initial: State;
  /** The state after it, and what it answers. */
  apply(state: State, args: Args): { state: State; result: Result };
}

export function isLinearizable<State, Args, Result>(
  model: Model<State, Args, Result>,
  calls: Array<Call<Args, Result>>,
): boolean {
  const inOrder = [...calls].sort((a, b) => a.begin - b.begin);
  const isOpen = ({ end }: Call<Args, Result>): boolean => end === Number.POSITIVE_INFINITY;
  const tried = new Set<string>();
  const search = (state: State, done: Uint8Array): boolean => {
    const ends = inOrder.flatMap((call, i) => (done[i] || isOpen(call) ? [] : [call.end]));
    if (ends.length === 0) return true;
    const before = JSON.stringify(state);
    const key = `${done.join('')} ${before}`;
    if (tried.has(key)) return false;
    tried.add(key);
    // What began after another had ended cannot be ahead of it.
    const bound = Math.min(...ends);
    for (const [i, call] of inOrder.entries()) {
      if (done[i] || call.begin > bound) continue;
      const next = model.apply(state, call.args);
      // One without an answer may as well happen later, unless it changes something now.
      if (isOpen(call) ? JSON.stringify(next.state) === before : !sameText(next.result, call.result))
        continue;
      const after = done.slice();
      after[i] = 1;
      if (search(next.state, after)) return true;
    }
    return false;
  };
  return search(model.initial, new Uint8Array(inOrder.length));
}

const sameText = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
