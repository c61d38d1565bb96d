/** `npm run deploy`: engine and Workers to Cloudflare. docs/deploy.md says what it does. */

import { Deployment } from './lib/deployment.ts';
import { commandLine, refuse, UsageError } from './lib/options.ts';

const UNTRIED =
  'This script is tested against a stand-in for wrangler; it has not been run against a real account yet.';

const command = {
  command: 'npm run deploy',
  about: `${UNTRIED}

Deploys Workers and an engine bound to them: creates the task queue and its dead-letter queue, sets secrets, creates a first
API key and runs a transfer. May be run again at any time. It uses wrangler's login, or CLOUDFLARE_API_TOKEN and
CLOUDFLARE_ACCOUNT_ID.`,
  names: { value: 'WORKER_FOLDER', about: 'the Workers (examples/money-transfer)' },
  options: {
    name: {
      kind: 'text',
      value: 'NAME',
      default: 'perdure',
      about: "the engine's, and what its queues are called after",
    },
    domain: {
      kind: 'text',
      value: 'HOST',
      about: 'a custom domain of your account; without: the address at workers.dev',
    },
    var: { kind: 'texts', value: 'NAME:VALUE', about: 'a variable of the engine; may be repeated' },
    'dry-run': { kind: 'flag', about: 'prints what would be done, and builds all of it' },
  },
} as const;

const { values, names } = commandLine(command);
if (!/^[a-z][a-z0-9-]{0,40}$/.test(values.name))
  refuse(
    command,
    new UsageError(`--name ${values.name}: lower-case letters, digits and dashes, a letter first`),
  );
console.log(UNTRIED);
try {
  await new Deployment({
    name: values.name,
    workers: names.length > 0 ? names : ['examples/money-transfer'],
    ...(values.domain && { domain: values.domain }),
    vars: values.var,
    dryRun: values['dry-run'],
    say: (line) => console.log(line),
  }).run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
