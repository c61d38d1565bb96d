/** One route: what it takes, what it answers, and a form that calls it. */

import { useState } from 'preact/hooks';
import { type Document, exampleOf, type Route, requestOf } from './document.ts';
import { apiKey } from './key.ts';

const FIRST_VALUES: Record<string, string> = { namespace: 'default', pretty: 'true' };
/** A stream is read so far, and no further. */
const MAX_SHOWN = 20_000;

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

export function Operation({ route, document }: { route: Route; document: Document }) {
  const { path, method, operation } = route;
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{operation.operationId}</strong> <code>{`${method} ${path}`}</code>
      </summary>
      {open && <Form route={route} document={document} />}
    </details>
  );
}

function Form({ route, document }: { route: Route; document: Document }) {
  const { operation } = route;
  const schema = operation.requestBody?.content['application/json'].schema;
  const reply = operation.responses['200']?.content?.['application/json']?.schema;
  const [values, setValues] = useState<Record<string, string>>(FIRST_VALUES);
  const [body, setBody] = useState(schema ? pretty(exampleOf(schema, document)) : '');
  const [answer, setAnswer] = useState<string>();
  const send = async (): Promise<void> => {
    const { path, missing } = requestOf(route, values);
    if (missing.length > 0) return setAnswer(`Fill in ${missing.join(', ')}.`);
    setAnswer('…');
    setAnswer(await answerOf(route.method, path, schema ? body : undefined));
  };
  return (
    <div>
      <p class="dim">{operation.description}</p>
      {operation.parameters.map(({ name, required }) => (
        <label class="field" key={name}>
          <span>
            {name}
            {required ? ' (required)' : ''}
          </span>
          <input
            value={values[name] ?? ''}
            onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      {schema && (
        <label class="field">
          <span>Body: what is required; all fields are below</span>
          <textarea rows={8} value={body} onInput={(event) => setBody(event.currentTarget.value)} />
        </label>
      )}
      <button type="button" class="button primary" onClick={() => void send()}>
        Send
      </button>
      {answer !== undefined && (
        <pre class="wrap" role="status">
          {answer}
        </pre>
      )}
      {schema && <Example title="All fields of the body" value={exampleOf(schema, document, true)} />}
      {reply && <Example title="What it answers" value={exampleOf(reply, document, true)} />}
    </div>
  );
}

function Example({ title, value }: { title: string; value: unknown }) {
  return (
    <details>
      <summary>{title}</summary>
      <pre class="wrap">{pretty(value)}</pre>
    </details>
  );
}

async function answerOf(method: string, path: string, body: string | undefined): Promise<string> {
  const key = apiKey();
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key !== '' && { authorization: `Bearer ${key}` }),
  };
  try {
    const response = await fetch(path, { method, headers, ...(body !== undefined && { body }) });
    return `${response.status} ${response.statusText}\n${await textOf(response)}`;
  } catch (error) {
    return `The engine does not answer: ${(error as Error).message}`;
  }
}

async function textOf(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const stream = response.headers.get('content-type') === 'text/event-stream';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text += part.value;
    // A stream goes on for as long as its workflow: what is there at first is shown.
    if (text.length > MAX_SHOWN || (stream && text.includes('data:'))) {
      await reader?.cancel();
      break;
    }
  }
  return text.slice(0, MAX_SHOWN);
}
