import { Client, Connection } from '@temporalio/client';
import { run } from './run';

async function main(): Promise<void> {
  const connection = await Connection.connect({ address: 'localhost:7233' });
  await run(new Client({ connection }), 'audit');
  await connection.close();
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
