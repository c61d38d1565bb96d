/** `npm start`: the engine with the Workers of all examples, or of some, and what to try. `--help` says how. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { noteBoundWorkers, workersBeside } from './lib/bound-workers.ts';
import { exampleFolder, exampleNames } from './lib/dev-config.ts';
import { engineOptions } from './lib/flags.ts';
import { launchEngine } from './lib/launch.ts';
import { commandLine } from './lib/options.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { projectRoot } from './lib/root.ts';
import { plainLines } from './lib/wrangler-output.ts';

endGroupsWithThisProcess();
try {
  await main();
} catch (error) {
  console.error((error as Error).message);
}
process.exit(1);

async function main(): Promise<void> {
  const known = await exampleNames();
  const { values, names } = commandLine({
    command: 'npm start',
    about: 'The engine with the Workers of all examples, or of some, until it is ended; and what to try.',
    names: { value: 'EXAMPLE', among: known, about: 'only these' },
    options: engineOptions,
  });
  const { port } = values;
  const dataDir = resolve(values.data);
  const examples = names.length > 0 ? names : known;

  console.log(`Starting the engine with ${examples.join(', ')}…`);
  const engine = await launchEngine({
    port,
    dataDir,
    workers: examples.map(exampleFolder),
    onOutput: plainLines((text) => process.stderr.write(text)),
    portHint: 'npm start -- --port 8788',
  });
  await noteBoundWorkers(port, { group: engine.group.pid, examples });
  for (const warning of await workersBeside(engine.url, examples)) console.error(`Warning: ${warning}`);
  const address = `http://localhost:${port}`;
  console.log(
    `Ready: ${address} (open it in a browser for the Web UI). Ctrl-C ends it; data stays in ${dataDir}.`,
  );
  if (examples.length === 1) await printCurlLines(examples[0]!, address);
  else printClients(examples, port);
  await engine.group.exited;
  throw new Error('The engine is gone.');
}

function printClients(examples: string[], port: number): void {
  const environment = port === 8787 ? '' : `PERDURE_ADDRESS=http://127.0.0.1:${port} `;
  const lines = examples.map((name) => `  ${environment}npx node examples/${name}/client.ts`);
  console.log(
    `\nPrograms to run in another terminal (examples/README.md says what they are):\n${lines.join('\n')}`,
  );
  if (examples.includes('money-transfer'))
    console.log(`\nThe money transfer by curl: ${environment}sh examples/money-transfer/curl.sh`);
}

async function printCurlLines(example: string, address: string): Promise<void> {
  const path = join(projectRoot, 'examples', example, 'curl.sh');
  if (!existsSync(path)) return;
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !/^(#!|: )/.test(line));
  // To be pasted one by one, where no variable is set.
  console.log(`\n${lines.join('\n').trim().replaceAll('$PERDURE_ADDRESS', address)}`);
}
