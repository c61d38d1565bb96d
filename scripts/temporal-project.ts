/**
 * `npm run temporal-project`: takes a project written for Temporal's TypeScript SDK and runs its tests, its Worker
 * and its client against Perdure, without a change of it. See docs/coming-from-temporal.md.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusalOf } from '../sdk/temporal/absent.ts';
import { adaptedProject } from './lib/adapted-project.ts';
import { launchEngine } from './lib/launch.ts';
import { commandLine, refuse, UsageError } from './lib/options.ts';
import { endGroupsWithThisProcess } from './lib/process-group.ts';
import { onEngine, plannedCommands, runProject } from './lib/project-commands.ts';

const command = {
  command: 'npm run temporal-project',
  about: `Runs the tests, the Worker and the client of a project written for Temporal's TypeScript SDK against Perdure, in an adapted copy.
Without a command, they are those of its package.json: \`test\`, \`start\` (or \`start.worker\`, \`worker\`) for the Worker and
\`workflow\` (or \`client\`, \`start.client\`) for the client.`,
  names: { value: 'FOLDER', least: 1, most: 1, about: 'the project' },
  options: {
    test: { kind: 'text', value: 'COMMAND', about: 'runs its tests' },
    worker: { kind: 'texts', value: 'COMMAND', about: 'a Worker; may be repeated' },
    client: { kind: 'texts', value: 'COMMAND', about: 'a client; may be repeated' },
    build: { kind: 'text', value: 'COMMAND', about: 'comes before them' },
    engine: { kind: 'text', value: 'URL', about: 'an engine that runs; without: one of its own' },
    timeout: {
      kind: 'number',
      fractions: true,
      least: 0,
      default: 120,
      about: 'seconds that a command may take',
    },
    prepare: { kind: 'flag', about: 'only makes the copy, and says where it is' },
  },
} as const;

async function main(): Promise<boolean> {
  const { values, names } = commandLine(command);
  const path = names[0]!;
  const say = (text: string): void => console.log(text);
  const project = await adaptedProject(path, { say });
  console.log(`The copy of ${path}: ${project.folder}`);
  for (const name of project.foreign)
    console.log(refusalOf(name)?.message ?? `${name} has no counterpart here: it is Temporal's own`);
  if (values.prepare) return true;
  const commands = plannedCommands(project.scripts, {
    ...(values.build && { build: values.build }),
    ...(values.test && { test: values.test }),
    ...(values.worker.length > 0 && { worker: values.worker }),
    ...(values.client.length > 0 && { client: values.client }),
  });
  if (!commands) refuse(command, new UsageError(`there is nothing to run in ${path}: name a command`));
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-project-'));
  // Tests mostly have an environment of their own; those that connect to Temporal's port find this one.
  const engine = values.engine ? undefined : await launchEngine({ dataDir });
  try {
    const url = values.engine ?? engine!.url;
    const results = await runProject(project.folder, commands, {
      env: onEngine(url),
      timeoutMs: values.timeout * 1_000,
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
