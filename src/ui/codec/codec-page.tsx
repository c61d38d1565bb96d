/** Which codec endpoint makes encrypted payloads readable here, and whether it does. */

import { useEffect, useState } from 'preact/hooks';
import { ErrorNote } from '../components/basics.tsx';
import { Choice, Field, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { currentLocation, href } from '../router.ts';
import { type CodecHealth, tryCodec, watchCodec } from './codec.ts';
import {
  type CodecAccess,
  type CodecSettings,
  checkCodec,
  saveCodec,
  storedCodec,
  storedToken,
} from './settings.ts';

const ACCESS: ReadonlyArray<readonly [CodecAccess, string]> = [
  ['nothing', 'Nothing'],
  ['cookies', 'The cookies that its own site has given this browser'],
  ['token', 'A token of mine, as Authorization: Bearer'],
];

export function useCodecHealth(): CodecHealth | undefined {
  const [health, setHealth] = useState<CodecHealth>();
  useEffect(() => watchCodec(setHealth), []);
  return health;
}

const codecAddress = (namespace: string): string => href([namespace, 'codec']);

/** Where what cannot be read is shown: how to make it readable. */
export function CodecHint() {
  if (storedCodec()) return null;
  const [namespace = ''] = currentLocation().segments;
  return <a href={codecAddress(namespace)}>Set a codec endpoint</a>;
}

export function CodecLink({ namespace }: { namespace: string }) {
  const health = useCodecHealth();
  const state = !storedCodec() ? 'none' : !health ? 'not asked yet' : health.works ? 'works' : 'fails';
  return (
    <a
      class="icon-button codec-link"
      href={codecAddress(namespace)}
      aria-label={`Codec endpoint: ${state}`}
      title={`Codec endpoint: ${state}`}
    >
      <Icon name={storedCodec() ? 'unlocked' : 'locked'} size={18} />
      {health && <span class={`dot tone-${health.works ? 'completed' : 'failed'}`} aria-hidden="true" />}
    </a>
  );
}

/** Over every page, while payloads stay encoded that should not. */
export function CodecTrouble({ namespace }: { namespace: string }) {
  const health = useCodecHealth();
  useEffect(() => void tryCodec(namespace), [namespace]);
  if (!health?.error) return null;
  return (
    <div class="note note-failed codec-trouble" role="alert">
      <span class="wrap">
        <strong>Payloads stay encoded.</strong> {health.error.message}
      </span>
      <button type="button" class="button small" onClick={() => tryCodec(namespace)}>
        Try again
      </button>
      <a class="button small" href={codecAddress(namespace)}>
        Codec endpoint
      </a>
    </div>
  );
}

export function CodecPage() {
  const stored = storedCodec();
  const health = useCodecHealth();
  return (
    <>
      <div class="page-head">
        <h1>Codec endpoint</h1>
        {stored && health && (
          <span class={`badge tone-${health.works ? 'completed' : 'failed'}`}>
            <span class="dot" aria-hidden="true" />
            {health.works ? 'It answers' : 'It fails'}
          </span>
        )}
      </div>
      <CodecForm stored={stored} />
    </>
  );
}

/** The policy of a page names whom it may ask, so that a change needs a new page. */
function save(settings: CodecSettings | undefined, token = ''): void {
  saveCodec(settings, token);
  location.reload();
}

function CodecForm({ stored }: { stored: CodecSettings | undefined }) {
  const [access, setAccess] = useState<CodecAccess>(stored?.access ?? 'nothing');
  const [error, setError] = useState<Error>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const settings = { endpoint: textOf(form, 'endpoint'), access };
    try {
      checkCodec(settings);
      save(settings, access === 'token' ? textOf(form, 'token') : '');
    } catch (wrong) {
      setError(wrong as Error);
    }
  };
  // biome-ignore format: one line a field
  return (
    <form class="card form" onSubmit={submit}>
      <p>
        Where payloads are encrypted, the engine has no key for them. An endpoint of yours that has it decodes what these pages show, and encodes
        what you send from them. This browser asks it directly: the engine sees neither the texts nor this setting, only the origin that its pages
        may ask.
      </p>
      <Field label="Address" name="endpoint" required value={stored?.endpoint} placeholder="https://codec.example.com" hint="Asked as POST …/decode and …/encode, with the header X-Namespace; {namespace} in the address is replaced." />
      <Choice label="What goes along with each request" name="access" value={access} choices={ACCESS} onChoose={(value) => setAccess(value as CodecAccess)} />
      {access === 'token' && <Field label="Token" name="token" type="password" value={storedToken()} hint="Kept until this tab is closed." />}
      {error && <ErrorNote error={error} />}
      <div class="form-end">
        {stored && <button type="button" class="button" onClick={() => save(undefined)}>Remove</button>}
        <button type="submit" class="button primary">Save</button>
      </div>
    </form>
  );
}
