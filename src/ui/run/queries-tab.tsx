/** Asks the workflow, with the names that it offers. */

import { useState } from 'preact/hooks';
import type { PayloadJson } from '../../../sdk/common/payload.ts';
import { ErrorNote } from '../components/basics.tsx';
import { Field, textOf } from '../components/dialog.tsx';
import { Payloads } from '../components/value.tsx';
import { queryWorkflow } from '../engine.ts';
import { clock } from '../format.ts';
import { parseArguments } from '../payload.ts';
import type { Run } from './run-page.tsx';

interface Answer {
  name: string;
  time: number;
  payloads?: PayloadJson[];
  error?: Error;
}

const RESERVED = /^__/;

export function QueriesTab({ run }: { run: Run }) {
  const [answer, setAnswer] = useState<Answer>();
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState('');
  const offered = run.handlers?.queries.filter((query) => query.name && !RESERVED.test(query.name)) ?? [];
  const ask = async (query: string, argumentsText: string): Promise<void> => {
    setBusy(true);
    try {
      const payloads = await queryWorkflow(run.name, query, parseArguments(argumentsText));
      setAnswer({ name: query, time: Date.now(), payloads });
    } catch (error) {
      setAnswer({ name: query, time: Date.now(), error: error as Error });
    }
    setBusy(false);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    void ask(textOf(form, 'query'), textOf(form, 'args'));
  };
  return (
    <div class="two">
      <form class="card" onSubmit={submit}>
        <h2>Ask the workflow</h2>
        {offered.length > 0 && (
          <ul class="offers">
            {offered.map((query) => (
              <li key={query.name}>
                <button
                  type="button"
                  class="button small mono"
                  aria-pressed={query.name === name}
                  onClick={() => {
                    setName(query.name);
                    void ask(query.name, '');
                  }}
                >
                  {query.name}
                </button>
                {query.description && <span class="dim wrap">{query.description}</span>}
              </li>
            ))}
          </ul>
        )}
        <Field
          key={name}
          label="Query"
          name="query"
          required
          value={name}
          known={offered.map((query) => query.name)}
        />
        <Field label="Arguments" name="args" rows={3} hint="JSON, one value per line. Empty: none." />
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Asking…' : 'Ask'}
        </button>
      </form>
      <section aria-live="polite">
        <h2>{answer ? `Answer to ${answer.name}` : 'Answer'}</h2>
        {!answer && <p class="dim">Nothing was asked yet.</p>}
        {answer?.error && <ErrorNote error={answer.error} />}
        {answer?.payloads && (
          <Payloads payloads={answer.payloads} label="answer" none="It answered nothing" />
        )}
        {answer && <p class="dim">at {clock(answer.time)}</p>}
      </section>
    </div>
  );
}
