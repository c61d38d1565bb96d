/**
 * Where webhooks come in: verified over the raw bytes, then read, then made a signal. Answered with a 2xx only once the
 * workflow has it for good. A delivery that is repeated has the request id of the first, and does nothing again.
 */

import { toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { defaultPayloadConverter, type PayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { WebhookDelivery } from '../../sdk/common/webhooks.ts';
import { whyClosed } from '../auth/authenticate.ts';
import { sha256Hex } from '../auth/digest.ts';
import { type Env, maxPayloadBytes, now, webhookSecrets } from '../env.ts';
import type { Readable } from '../webhooks/expression.ts';
import type { MappedDelivery } from '../webhooks/mapping.ts';
import { verifyDelivery } from '../webhooks/verify.ts';
import { type Bytes, parseJson, readBytes, textOfBytes } from './body.ts';
import type { Call } from './call.ts';
import * as workflows from './handlers/workflows.ts';
import { namespaceStub } from './namespace-stub.ts';
import * as schemas from './schemas.ts';
import { validate } from './validate.ts';
import { type KnownWebhook, WebhookCache, type WebhookName } from './webhook-cache.ts';

/** The body of a delivery. */
export const MAX_WEBHOOK_BYTES = 1024 * 1024;
/** A sender's id of a delivery that is longer counts by its digest. */
const MAX_DELIVERY_ID = 200;
/** Notes about deliveries that are being written by this isolate; beyond, they are left out: the list is no ledger. */
const MAX_NOTES = 50;
/** A request that is ended early takes its note with it, unheard: what is older is not being written any more. */
const NOTE_MS = 60_000;
/** How often an isolate reports, per webhook, that it has refused something. */
const REFUSAL_NOTE_MS = 1_000;

/** Behind the door. */
export interface WebhookPorts {
  call(name: WebhookName): Call;
  knows(namespace: string): Promise<boolean>;
  /** A delivery that is verified counts to the requests of its namespace. @throws ServiceError RESOURCE_EXHAUSTED */
  enter(namespace: string): Promise<void>;
}

interface Taken extends Partial<MappedDelivery> {
  outcome: WebhookDelivery['outcome'];
  runId?: string;
}

export class WebhookDoor {
  readonly cache = new WebhookCache();
  readonly #refused = new Map<string, number>();
  readonly #notes = new Set<{ begun: number }>();

  /** @throws ServiceError UNAUTHENTICATED: the same for a webhook that is not there and for a delivery that is not of its sender */
  async receive(env: Env, request: Request, name: WebhookName, ports: WebhookPorts): Promise<Response> {
    const closed = whyClosed(env);
    if (closed) throw new ServiceError('PERMISSION_DENIED', closed);
    const body = await readBytes(request, MAX_WEBHOOK_BYTES);
    const known = (await ports.knows(name.namespace)) ? await this.cache.find(env, name) : undefined;
    if (!known) throw refusal();
    const { headers } = request;
    const { kind, secretName } = known.webhook;
    const secrets = secretName === undefined ? known.secrets : webhookSecrets(env, secretName);
    const reason = await verifyDelivery(kind, secrets, { headers, body, now: now(env) });
    const call = ports.call(name);
    if (reason !== undefined) {
      this.#noteRefusal(call, name, reason);
      throw refusal();
    }
    await ports.enter(name.namespace);
    return this.#take(call, known, name, { headers, body });
  }

  async #take(
    call: Call,
    known: KnownWebhook,
    name: WebhookName,
    { headers, body }: { headers: Headers; body: Bytes },
  ): Promise<Response> {
    let deliveryId: string | undefined;
    try {
      const delivery = { headers, body: parsedBody(headers, body) };
      const challenge = challengeOf(known, delivery);
      if (challenge !== undefined) return Response.json({ challenge });
      deliveryId = await deliveryIdOf(known, delivery, body, call);
      const taken = known.mapping.wants(delivery)
        ? await signal(call, known, name, delivery, deliveryId)
        : ({ outcome: 'ignored' } as const);
      this.#note(call, name, { deliveryId, ...noteOf(taken) });
      // Slack shows people what a command is answered.
      if (known.webhook.kind === 'slack') return new Response(null, { status: 200 });
      return Response.json({ outcome: taken.outcome });
    } catch (error) {
      const reason = error instanceof ServiceError ? error.message : 'internal error';
      this.#note(call, name, { ...(deliveryId && { deliveryId }), outcome: 'failed', reason });
      throw error;
    }
  }

  /** Strangers must not make the namespace's object work: at most once a second and webhook it hears of them. */
  #noteRefusal(call: Call, name: WebhookName, reason: string): void {
    const key = JSON.stringify(name);
    const time = Date.now();
    if (time - (this.#refused.get(key) ?? 0) < REFUSAL_NOTE_MS) return;
    if (this.#refused.size >= MAX_NOTES) this.#refused.clear();
    this.#refused.set(key, time);
    this.#note(call, name, { outcome: 'refused', reason });
  }

  /** Behind the answer: the list of deliveries is for people who look for a mistake. */
  #note(
    call: Call,
    { namespace, webhookId }: WebhookName,
    note: Omit<WebhookDelivery, 'webhookId' | 'receivedTime'>,
  ): void {
    const measures = call.ports.measures?.(call.env, namespace, call.defer);
    measures?.count('perdure_webhook_deliveries_total', [note.outcome]);
    const own = { begun: Date.now() };
    for (const other of this.#notes)
      if (Math.abs(own.begun - other.begun) > NOTE_MS) this.#notes.delete(other);
    if (this.#notes.size >= MAX_NOTES) return;
    this.#notes.add(own);
    const receivedTime = toTimestampJson(now(call.env));
    const write = async (): Promise<void> => {
      try {
        await namespaceStub(call.env, namespace).recordDelivery({ webhookId, receivedTime, ...note });
      } catch (error) {
        call.ports.logger.warn('delivery of a webhook not noted', { webhookId, reason: String(error) });
      } finally {
        this.#notes.delete(own);
      }
    };
    call.defer(write());
  }
}

const refusal = (): ServiceError =>
  new ServiceError(
    'UNAUTHENTICATED',
    'no webhook takes this: there is none here, or it is not by its sender',
  );

function noteOf({
  outcome,
  workflowId,
  signalName,
  runId,
}: Taken): Omit<WebhookDelivery, 'webhookId' | 'receivedTime'> {
  return { outcome, ...(workflowId && { workflowId, signalName }), ...(runId && { runId }) };
}

async function signal(
  call: Call,
  { webhook, mapping }: KnownWebhook,
  { namespace, webhookId }: WebhookName,
  delivery: Readable,
  deliveryId: string,
): Promise<Taken> {
  const mapped = mapping.map(delivery);
  const { workflowId, signalName, signalArgs, startArgs } = mapped;
  // Both are part of it: a namespace's request ids are one space for each workflow id.
  const requestId = `webhook/${webhookId}/${deliveryId}`;
  const common = { namespace, signalName, requestId, identity: `webhook:${webhookId}` };
  const limit = maxPayloadBytes(call.env);
  if (!webhook.start) {
    const execution = { workflowId };
    const request = { ...common, workflowExecution: execution, input: payloadsOf(signalArgs) };
    await workflows.signalWorkflowExecution(validate(schemas.signalWorkflowExecution, request, limit), call);
    return { ...mapped, outcome: 'signaled' };
  }
  const { args: _, ...start } = webhook.start;
  const input = { input: payloadsOf(startArgs), signalInput: payloadsOf(signalArgs) };
  const request = { ...common, ...start, ...input, workflowId };
  const valid = validate(schemas.signalWithStart, request, limit);
  const { runId, started } = await workflows.signalWithStartWorkflowExecution(valid, call);
  return { ...mapped, runId, outcome: started ? 'started' : 'signaled' };
}

const payloadsOf = (values: unknown[]): PayloadsJson | undefined =>
  toPayloadsJson(defaultPayloadConverter, ...values);

/** Every field has a name without spaces, and its `=`: senders write forms so. A sentence that `curl -d` calls one is none. */
const FORM = /^[^\s=&]+=[^&]*(?:&[^\s=&]+=[^&]*)*&?$/;

/**
 * JSON, or a form; a form's `payload` may be JSON itself, as Slack and GitHub send it. What begins as JSON does is no form, whatever
 * it is called: `curl -d` calls everything one.
 */
function parsedBody(headers: Headers, body: Bytes): unknown {
  const text = textOfBytes(body);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '');
  if (!isForm || !FORM.test(text) || /^\s*[{[]/.test(text)) return parseJson(text);
  const fields = new Map<string, unknown>(new URLSearchParams(text));
  const payload = fields.get('payload') as string | undefined;
  if (payload !== undefined) fields.set('payload', parseJson(payload));
  return Object.fromEntries(fields);
}

/** Slack asks once whether the address is that of its owner. */
function challengeOf({ webhook }: KnownWebhook, { body }: Readable): string | undefined {
  const { type, challenge } = (body ?? {}) as { type?: unknown; challenge?: unknown };
  if (webhook.kind !== 'slack' || type !== 'url_verification') return undefined;
  if (typeof challenge !== 'string') throw invalidArgument('challenge: is required');
  return challenge;
}

async function deliveryIdOf(
  { webhook, mapping }: KnownWebhook,
  delivery: Readable,
  body: Bytes,
  call: Call,
): Promise<string> {
  const id = mapping.deliveryId(delivery);
  if (id !== undefined)
    return id.length <= MAX_DELIVERY_ID && !/\p{Cc}|\p{Cs}/u.test(id) ? id : `sha256:${await sha256Hex(id)}`;
  // What a sender signs has something of its own in it; what somebody posts with a token need not have.
  return webhook.kind === 'bearer' ? call.ports.newId() : `sha256:${await sha256Hex(textOfBytes(body))}`;
}
