/** `npm run deploy [-- WORKER_FOLDER… --dry-run]`: engine and Workers to Cloudflare. docs/deploy.md says what it does. */

import { parseArgs } from 'node:util';
import { Deployment } from './lib/deployment.ts';

const USAGE = `npm run deploy -- [WORKER_FOLDER…] [flags]

Deploys Workers (default: examples/money-transfer) and an engine bound to them: creates the task queue and its
dead-letter queue, sets secrets, creates a first API key and runs a transfer. May be run again at any time.

  --name NAME       the engine's, and what its queues are called after (perdure)
  --domain HOST     a custom domain of your account (default: the address at workers.dev)
  --var NAME:VALUE  a variable of the engine; may be repeated
  --dry-run         print what would be done, and build all of it

It uses wrangler's login, or CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.`;
const UNTRIED =
  'This script is tested against a stand-in for wrangler; it has not been run against a real account yet.';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'perdure' },
      domain: { type: 'string' },
      var: { type: 'string', multiple: true, default: [] },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  console.log(UNTRIED);
  if (values.help) console.log(`\n${USAGE}`);
  else if (!/^[a-z][a-z0-9-]{0,40}$/.test(values.name))
    throw new Error(`--name ${values.name}: lower-case letters, digits and dashes, a letter first`);
  else
    await new Deployment({
      name: values.name,
      workers: positionals.length > 0 ? positionals : ['examples/money-transfer'],
      ...(values.domain && { domain: values.domain }),
      vars: values.var,
      dryRun: values['dry-run'],
      say: (line) => console.log(line),
    }).run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
