/**
 * `npm run temporal-project -- FOLDER`: takes a project written for Temporal's TypeScript SDK and runs its tests, its Worker
 * and its client against Perdure, without a change of it. See docs/coming-from-temporal.md.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refusalOf } from '../sdk/temporal/absent.ts';
import { adaptedProject } from './lib/adapted-project.ts';
import { launchEngine } from './lib/launch.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { onEngine, plannedCommands, runProject } from './lib/project-commands.ts';

const USAGE = `usage: npm run temporal-project -- FOLDER [--test COMMAND] [--worker COMMAND]… [--client COMMAND]… [--build COMMAND]
         [--engine URL] [--timeout SECONDS] [--prepare]

Commands are run in an adapted copy of FOLDER. Without any, they are those of its package.json: \`test\`, \`start\` (or
\`start.worker\`, \`worker\`) for the Worker and \`workflow\` (or \`client\`, \`start.client\`) for the client.
--prepare only makes the copy and says where it is.`;

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      build: { type: 'string' },
      test: { type: 'string' },
      worker: { type: 'string', multiple: true },
      client: { type: 'string', multiple: true },
      engine: { type: 'string' },
      timeout: { type: 'string', default: '120' },
      prepare: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [path] = positionals;
  if (values.help || path === undefined || positionals.length > 1) {
    console.log(USAGE);
    return values.help;
  }
  const say = (text: string): void => console.log(text);
  const project = await adaptedProject(path, { say });
  console.log(`The copy of ${path}: ${project.folder}`);
  for (const name of project.foreign)
    console.log(refusalOf(name)?.message ?? `${name} has no counterpart here: it is Temporal's own`);
  if (values.prepare) return true;
  const commands = plannedCommands(project.scripts, values);
  if (!commands) throw new Error(`There is nothing to run: name a command\n\n${USAGE}`);
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-project-'));
  const wanted = commands.clients.length > 0 || commands.workers.length > 0;
  const engine = values.engine || !wanted ? undefined : await launchEngine({ dataDir });
  try {
    const url = values.engine ?? engine?.url;
    const results = await runProject(project.folder, commands, {
      env: url ? onEngine(url) : {},
      timeoutMs: Number(values.timeout) * 1_000,
      onOutput: (text) => process.stdout.write(text),
    });
    console.log();
    for (const { what, command, problem } of results) {
      console.log(`${problem ? 'FAILED' : 'passed'}  ${what}: ${command}${problem ? ` (${problem})` : ''}`);
    }
    const failed = results.filter(({ problem }) => problem).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await engine?.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

endGroupsWithThisProcess();
main().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
