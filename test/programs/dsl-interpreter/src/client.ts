import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import * as yaml from 'js-yaml';
import { type DSL, interpret } from './workflows';

async function run(): Promise<void> {
  const program = yaml.load(readFileSync(join(__dirname, '../program.yaml'), 'utf8')) as DSL;
  const client = new Client({ connection: await Connection.connect() });
  const bindings = await client.workflow.execute(interpret, {
    taskQueue: 'dsl',
    workflowId: `dsl-${Date.now()}`,
    args: [program],
    retry: { maximumAttempts: 2 },
  });
  console.log(bindings);
  if (bindings.text !== 'HELLO DLROW') throw new Error('wrong');
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
