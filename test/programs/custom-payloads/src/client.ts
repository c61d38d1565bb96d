import { randomUUID as uuid } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { Money } from './payload-converter';
import { example, type User, userQuery } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({
    connection,
    dataConverter: { payloadConverterPath: require.resolve('./payload-converter') },
  });
  const user: User = {
    id: uuid(),
    hp: Infinity,
    matcher: /.*lol.*/,
    token: Uint8Array.from([1, 2, 3]),
    createdAt: new Date(),
    money: new Money(123n),
  };
  const handle = await client.workflow.start(example, {
    args: [user],
    taskQueue: 'custom-payloads',
    workflowId: `example-user-${user.id}`,
  });
  const res = await handle.result();
  if (!res.success || !(res.at instanceof Date) || res.money?.cents !== 123n)
    throw new Error(JSON.stringify(res));
  const q = await handle.query(userQuery, new Date(0));
  if (q.createdAt.getTime() !== 0 || q.hp !== Infinity) throw new Error('query');
  console.log(res);
}
run().catch((err) => {
  console.error(err);
  process.exit(1);
});
