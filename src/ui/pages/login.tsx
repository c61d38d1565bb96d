/** Shown when the engine wants to know who asks. */

import { useState } from 'preact/hooks';
import { logIn } from '../api.ts';
import { ErrorNote } from '../components/basics.tsx';
import { Field, textOf } from '../components/dialog.tsx';
import { caller } from '../engine.ts';

export function LoginPage({ onDone }: { onDone(): void }) {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await logIn(textOf(new FormData(event.currentTarget as HTMLFormElement), 'key'));
      // A browser that keeps no cookie for this address would ask again and again.
      await caller();
      onDone();
    } catch (failed) {
      setError(failed as Error);
      setBusy(false);
    }
  };
  return (
    <form class="card narrow" onSubmit={submit}>
      <h1>Log in</h1>
      {error && <ErrorNote error={error} title="The engine does not accept this. " />}
      <Field
        label="API key or token"
        name="key"
        type="password"
        required
        autofocus
        hint="Kept as a cookie of this engine alone, which no script can read, until you log out or close the browser."
      />
      <button type="submit" class="button primary" disabled={busy}>
        Log in
      </button>
    </form>
  );
}
