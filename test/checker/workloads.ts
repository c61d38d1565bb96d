/** H, I. Workloads whose end can be computed, and that everything comes to its end. See test/workloads. */

import type { RegisterCommand } from '../workloads/register.ts';
import { applyRegister, EMPTY_REGISTER, type RegisterState } from '../workloads/register.ts';
import { acceptances } from './acknowledged.ts';
import type { Op } from './evidence.ts';
import { type Facts, groupBy, resultOf } from './facts.ts';
import { type Call, isLinearizable, type Model } from './linearizable.ts';

function registerOps(facts: Facts): Map<string, Op[]> {
  const ops = [...facts.ops('update', 'updateWithStart', 'query')].filter(
    ({ args }) => args.name === 'command' || args.name === 'read',
  );
  return groupBy(ops, ({ workflowId }) => workflowId);
}

/** I50 */
export function* addsAreKept(facts: Facts): Iterable<string> {
  for (const [workflowId, ops] of registerOps(facts)) {
    const last = facts.runsOf(workflowId).at(-1);
    const final = last && (resultOf(last) as RegisterState | undefined);
    if (!final) continue;
    const adds = ops.filter(({ args }) => (args.value as RegisterCommand)?.do === 'add');
    const itemOf = (op: Op): number => (op.args.value as { item: number }).item;
    for (const op of adds) {
      if (op.outcome === 'ok' && succeeded(op) && !final.members.includes(itemOf(op)))
        yield `${workflowId} was told ${itemOf(op)}, acknowledged it and has lost it`;
    }
    const attempted = new Set(adds.map(itemOf));
    for (const member of final.members)
      if (!attempted.has(member)) yield `${workflowId} has ${member}, which nobody added`;
  }
}

const succeeded = (op: Op): boolean =>
  op.kind === 'query' || 'success' in ((op.reply?.outcome as object) ?? {});

/** Answers tell how many members there are, not which: in a search, sets of one size are one state. */
const counting: Model<Omit<RegisterState, 'members'> & { members: number }, unknown, unknown> = {
  initial: { value: EMPTY_REGISTER.value, members: 0 },
  apply({ value, members }, args) {
    const { state, result } = applyRegister(
      { value, members: Array(members).fill(0) },
      args as RegisterCommand,
    );
    return { state: { value: state.value, members: state.members.length }, result };
  },
};

/** I51 */
export function* registersAreLinearizable(facts: Facts): Iterable<string> {
  for (const [workflowId, ops] of registerOps(facts)) {
    const calls = ops.flatMap((op): Call[] => {
      const args = op.kind === 'query' ? { do: 'read' } : op.args.value;
      const again = Math.max(0, acceptances(facts.runsOf(workflowId), op.requestId) - 1);
      const unheard = Array(again).fill({ begin: op.t0, end: Number.POSITIVE_INFINITY, args }) as Call[];
      if (op.outcome === 'ok' && succeeded(op))
        return [{ begin: op.t0, end: op.t1, args, result: op.reply?.value }, ...unheard];
      // Refused, or a read without an answer: it changed nothing, and says nothing.
      if (op.outcome === 'fail' || op.kind === 'query') return [];
      return [{ begin: op.t0, end: Number.POSITIVE_INFINITY, args }, ...unheard];
    });
    if (!isLinearizable(counting, calls))
      yield `no order explains the ${calls.length} operations on ${workflowId}`;
  }
}

interface Movement {
  kind: 'withdraw' | 'deposit' | 'refund';
  amount: number;
  transfer: string;
}

/** I52: the ledger's first line of a key counts, as in the bank. */
export function* moneyIsConstant(facts: Facts): Iterable<string> {
  const effects = facts.evidence.acts.filter(
    ({ what, activityType }) => what === 'effect' && activityType === 'move',
  );
  const moved = [...groupBy(effects, ({ key }) => key!).values()].map(([first]) => first!.value as Movement);
  const byTransfer = groupBy(moved, ({ transfer }) => transfer);
  for (const op of facts.ops('start')) {
    if (op.args.workflowType !== 'saga') continue;
    const run = facts.runsOf(op.workflowId).at(-1);
    if (!run?.close) continue;
    const kinds = (byTransfer.get(op.workflowId) ?? [])
      .map(({ kind }) => kind)
      .sort()
      .join(' ');
    const result = resultOf(run);
    const wanted = result === 'moved' ? 'deposit withdraw' : 'refund withdraw';
    if (kinds !== wanted)
      yield `transfer ${op.workflowId} came to ${JSON.stringify(result)}; the bank has: ${kinds}`;
  }
  const closed = new Set(
    [...facts.ops('start')]
      .filter((op) => facts.runsOf(op.workflowId).at(-1)?.close)
      .map((op) => op.workflowId),
  );
  let sum = 0;
  for (const { kind, amount, transfer } of moved)
    if (closed.has(transfer)) sum += kind === 'withdraw' ? -amount : amount;
  if (sum !== 0) yield `${sum} was made or lost`;
}

/** I54 */
export function* everythingEnds(facts: Facts): Iterable<string> {
  for (const workflowId of facts.evidence.run.left) yield `${workflowId} does not come to its end`;
}

/** I55: what cannot work stays as it is, for all to see; I54 looks after the others. */
export function* poisonIsAlone(facts: Facts): Iterable<string> {
  for (const op of facts.ops('start')) {
    if (!op.args.poison || op.outcome !== 'ok') continue;
    const run = facts.runsOf(op.workflowId).at(-1);
    if (run?.close) yield `${op.workflowId} cannot work, and is closed: ${run.close}`;
    else if (
      run &&
      !run.log.some((event) => /WORKFLOW_TASK_FAILED|TaskAttemptFailed/.test(JSON.stringify(event)))
    )
      yield `${op.workflowId} cannot work, and nothing says so`;
  }
}
