/** What came from users' code, shown. Everything here ends as text nodes: no markup of theirs is ever read as markup. */

import { useState } from 'preact/hooks';
import type { Failure } from '../../../sdk/common/failure.ts';
import type { PayloadJson } from '../../../sdk/common/payload.ts';
import { CodecHint } from '../codec/codec-page.tsx';
import { bytes, words } from '../format.ts';
import { readPayload } from '../payload.ts';
import { CopyButton } from './basics.tsx';

/** More than this is shown on demand. */
const LONG_TEXT = 20_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

function highlighted(text: string) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word, number] = match;
    if (match.index > last) parts.push(text.slice(last, match.index));
    const kind = string ? (colon ? 'key' : 'string') : word ? 'word' : number ? 'number' : '';
    parts.push(<span class={`json-${kind}`}>{string ?? whole}</span>, colon ?? '');
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

const FRAME = /^\s*at /;
/** Of the SDK and of the host: what nobody looks for who asks where the code stands. */
const NOT_OURS =
  /node:internal|node_modules[\\/]|[\\/](?:sdk|perdure)[\\/](?:workflow|activity|worker|common)[\\/]/;

/** A stack trace: the frames of the users' own code stand out. */
export function Stack({ text, label }: { text: string; label: string }) {
  const lines = text.split('\n').map((line, i) => {
    const kind = !FRAME.test(line) ? '' : NOT_OURS.test(line) ? 'frame-theirs' : 'frame-ours';
    return (
      <span key={String(i)} class={kind}>
        {i > 0 && '\n'}
        {line}
      </span>
    );
  });
  return (
    <div class="code">
      <CopyButton text={text} what={label} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section class="code-text" tabIndex={0} aria-label={label}>
        <pre>{lines}</pre>
      </section>
    </div>
  );
}

/** JSON, or any text, in a box that scrolls. */
export function Code({ text, json = true, label }: { text: string; json?: boolean; label: string }) {
  const [all, setAll] = useState(false);
  const shown = all ? text : text.slice(0, LONG_TEXT);
  return (
    <div class="code">
      <CopyButton text={text} what={label} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section class="code-text" tabIndex={0} aria-label={label}>
        <pre>{json && shown.length <= LONG_TEXT ? highlighted(shown) : shown}</pre>
      </section>
      {shown.length < text.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          Show all {bytes(text.length)}
        </button>
      )}
    </div>
  );
}

function PayloadView({ payload, label }: { payload: PayloadJson; label: string }) {
  const read = readPayload(payload);
  if (read.text !== undefined) return <Code text={read.text} json={'value' in read} label={label} />;
  return (
    <p class="dim">
      {bytes(read.bytes)} of <code>{read.encoding || 'unknown encoding'}</code>, not readable here.{' '}
      <CodecHint />
    </p>
  );
}

interface PayloadsProps {
  payloads: readonly PayloadJson[] | undefined;
  label: string;
  none?: string;
}

export function Payloads({ payloads = [], label, none = 'Nothing' }: PayloadsProps) {
  if (payloads.length === 0) return <p class="dim">{none}</p>;
  return (
    <div class="stack">
      {payloads.map((payload, i) => (
        <PayloadView
          key={String(i)}
          payload={payload}
          label={payloads.length > 1 ? `${label} ${i + 1}` : label}
        />
      ))}
    </div>
  );
}

export function PayloadMap({
  fields,
  label,
}: {
  fields: Record<string, PayloadJson> | undefined;
  label: string;
}) {
  const entries = Object.entries(fields ?? {});
  if (entries.length === 0) return <p class="dim">None</p>;
  return (
    <dl class="facts">
      {entries.map(([name, payload]) => (
        <div key={name}>
          <dt class="mono">{name}</dt>
          <dd>
            <PayloadView payload={payload} label={`${label} ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What kind of failure it is, in words. */
function failureKind(failure: Failure): string {
  const { applicationFailureInfo: application, timeoutFailureInfo: timeout } = failure;
  const { activityFailureInfo: activity, childWorkflowExecutionFailureInfo: child } = failure;
  if (application) return `${application.type || 'Error'}${application.nonRetryable ? ', not retried' : ''}`;
  if (timeout) return `Timeout: ${words(timeout.timeoutType ?? '', 'TIMEOUT_TYPE_')}`;
  if (activity) {
    const retries = activity.retryState
      ? `, ${words(activity.retryState, 'RETRY_STATE_').toLowerCase()}`
      : '';
    return `Activity ${activity.activityType?.name ?? ''}${retries}`;
  }
  if (child) return `Child workflow ${child.workflowType?.name ?? ''}`;
  if (failure.canceledFailureInfo) return 'Canceled';
  if (failure.terminatedFailureInfo) return 'Terminated';
  return 'Failure';
}

/** A data converter put its texts into a payload that cannot be read here. */
const isUnreadable = ({ encodedAttributes }: Failure): boolean =>
  encodedAttributes !== undefined && readPayload(encodedAttributes).text === undefined;

/** A failure and its causes, outermost first. */
export function FailureView({ failure }: { failure: Failure }) {
  const details = failure.applicationFailureInfo?.details ?? failure.canceledFailureInfo?.details;
  return (
    <div class="failure">
      <p class="failure-kind">{failureKind(failure)}</p>
      <p class="failure-message wrap">{failure.message || 'no message'}</p>
      {isUnreadable(failure) && (
        <p class="dim">
          Its message and stack trace are encoded. <CodecHint />
        </p>
      )}
      {details && details.payloads.length > 0 && <Payloads payloads={details.payloads} label="details" />}
      {failure.stackTrace && (
        <details>
          <summary>Stack trace</summary>
          <Stack text={failure.stackTrace} label="stack trace" />
        </details>
      )}
      {failure.cause && (
        <div class="failure-cause">
          <p class="dim">caused by</p>
          <FailureView failure={failure.cause} />
        </div>
      )}
    </div>
  );
}
