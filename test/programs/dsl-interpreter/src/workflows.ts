import { proxyActivities } from '@temporalio/workflow';

export type Bindings = Record<string, string | undefined>;
export type Statement =
  | { activity: { name: string; arguments?: string[]; result?: string } }
  | { sequence: { elements: Statement[] } }
  | { parallel: { branches: Statement[] } };
export interface DSL {
  variables: Bindings;
  root: Statement;
}

// The activities are known by what the script says, not by their types.
const acts = proxyActivities<
  Record<string, (...args: (string | undefined)[]) => Promise<string | undefined>>
>({
  startToCloseTimeout: '1 minute',
});

export async function interpret({ variables, root }: DSL): Promise<Bindings> {
  const bindings = { ...variables };
  await execute(root, bindings);
  return bindings;
}

async function execute(statement: Statement, bindings: Bindings): Promise<void> {
  if ('parallel' in statement) {
    await Promise.all(statement.parallel.branches.map((branch) => execute(branch, bindings)));
  } else if ('sequence' in statement) {
    for (const element of statement.sequence.elements) await execute(element, bindings);
  } else {
    const { name, arguments: names = [], result } = statement.activity;
    const answer = await acts[name](...names.map((variable) => bindings[variable]));
    if (result) bindings[result] = answer;
  }
}
