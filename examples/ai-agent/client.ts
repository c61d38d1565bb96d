/** Gives an agent a task, follows it, and answers its questions: `client.ts "the weather in Oslo, and refund order 7"`. */

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Client, Connection } from 'perdure/client';
import { linesOf } from './follow.ts';
import { TASK_QUEUE } from './shared.ts';
import { agent, decide } from './workflows.ts';

const [task = 'What is the weather in Oslo and the weather in Rome? And refund order 7.'] =
  process.argv.slice(2);
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(agent, {
  taskQueue: TASK_QUEUE,
  workflowId: `agent-${crypto.randomUUID().slice(0, 8)}`,
  args: [task],
});
console.log(`Workflow ${handle.workflowId}: ${task}`);
for await (const line of linesOf(handle)) {
  console.log(line);
  const callId = /^(\S+): may I /.exec(line)?.[1];
  if (!callId) continue;
  const approved = /^y/i.test(await ask('  yes or no? '));
  await handle.executeUpdate(decide, { args: [{ callId, approved, by: 'you' }] });
}

/** Where nobody is to be asked, the answer is none. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = once(terminal, 'close').then(() => '');
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}
