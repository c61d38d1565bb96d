/** What an empty engine shows: how to make it not empty. */

import { useState } from 'preact/hooks';
import { useMay } from '../caller.tsx';
import { Empty, ErrorNote } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { startWorkflow } from '../engine.ts';
import { jsonPayload } from '../payload.ts';
import { href, navigate } from '../router.ts';
import { Command, command } from './workers.tsx';

interface FirstRunProps {
  namespace: string;
  onStarted(): void;
}

const EXAMPLE = { workflowType: 'moneyTransfer', taskQueue: 'money-transfer' };

/** `npm start` and wrangler dev serve this machine alone; there the example's Worker is a command away. */
const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

export function FirstRun({ namespace, onStarted }: FirstRunProps) {
  const [error, setError] = useState<Error>();
  const start = async (): Promise<void> => {
    const reference = `ref-${crypto.randomUUID().slice(0, 8)}`;
    const workflowId = `transfer-${reference}`;
    const details = {
      amount: 400,
      sourceAccount: 'acct-alice',
      targetAccount: 'acct-bob',
      referenceId: reference,
    };
    try {
      const runId = await startWorkflow(namespace, { ...EXAMPLE, workflowId, args: [jsonPayload(details)] });
      onStarted();
      navigate(href([namespace, 'workflows', workflowId, runId]));
    } catch (failed) {
      setError(failed as Error);
    }
  };
  const may = useMay();
  return (
    <Empty icon="workflow" title="No workflow has run here yet">
      <p>Three commands, each in a terminal of its own, in the project's folder:</p>
      <ol class="commands">
        <li>
          <span>A Worker that runs the money-transfer example</span>
          <Command text={command('npm run worker')} />
        </li>
        <li>
          <span>A transfer from one account to another</span>
          <Command text={command('npm run client')} />
        </li>
        <li>
          <span>The list of what ran, as this page will show it</span>
          <Command text={command('npm run perdure -- workflow list')} />
        </li>
      </ol>
      {local && may && (
        <button type="button" class="button primary" onClick={start}>
          <Icon name="play" /> Start a money transfer now
        </button>
      )}
      {error && <ErrorNote error={error} />}
    </Empty>
  );
}
