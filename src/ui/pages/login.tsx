/** Shown when the engine wants to know who asks. */

import { hasApiKey } from '../api.ts';
import { ErrorNote } from '../components/basics.tsx';
import { Field, textOf } from '../components/dialog.tsx';

export function LoginPage({ onKey }: { onKey(key: string): void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const key = textOf(new FormData(event.currentTarget as HTMLFormElement), 'key');
    if (key) onKey(key);
  };
  return (
    <form class="card narrow" onSubmit={submit}>
      <h1>Log in</h1>
      {hasApiKey() && (
        <ErrorNote
          error={new Error('The engine does not accept this key: it is wrong, has expired or was revoked.')}
        />
      )}
      <Field
        label="API key or token"
        name="key"
        type="password"
        required
        autofocus
        hint="Kept in this tab only, until you close it. Sent to this engine as a bearer token."
      />
      <button type="submit" class="button primary">
        Log in
      </button>
    </form>
  );
}
