/** `perdure operator webhook …`: who may signal workflows from outside, and what they sent. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { Connection } from '../client/connection.ts';
import { toClientError } from '../client/errors.ts';
import type { WebhookService } from '../client/webhook-service.ts';
import { type Webhook, type WebhookKind, type WebhookSettings, webhookKinds } from '../common/webhooks.ts';
import { addCommand, type Invocation, noun, positiveInteger, type Terminal } from './context.ts';
import { table } from './render.ts';

interface NameFlags {
  webhookId: string;
}
interface PutFlags extends NameFlags {
  kind: WebhookKind;
  workflowId: string;
  signalName: string;
  signalArg?: string[];
  when?: Record<string, string[]>;
  deliveryId?: string;
  secretName?: string;
  secretFile?: string[];
  startType?: string;
  startTaskQueue?: string;
  startArg?: string[];
}
interface DeliveriesFlags extends NameFlags {
  limit: number;
}

const MAX_PAGE = 1_000;

export function webhookCommand(terminal: Terminal): Command {
  const webhook = noun('webhook', 'let Stripe, GitHub, Slack and others signal workflows');
  addCommand<PutFlags>(webhook, terminal, ['create', 'make a webhook'], putFlags, create);
  addCommand<PutFlags>(
    webhook,
    terminal,
    ['update', 'replace all settings; the secrets only where others are given'],
    putFlags,
    update,
  );
  addCommand<object>(webhook, terminal, ['list', 'list webhooks'], (command) => command, list);
  addCommand<NameFlags>(
    webhook,
    terminal,
    ['describe', 'show the settings of a webhook'],
    nameFlag,
    describe,
  );
  addCommand<NameFlags>(webhook, terminal, ['delete', 'take no more deliveries'], nameFlag, remove);
  addCommand<DeliveriesFlags>(
    webhook,
    terminal,
    ['deliveries', 'what came lately, and what became of it'],
    (command) => nameFlag(command).option('--limit <count>', 'at most so many', positiveInteger, 50),
    deliveries,
  );
  return webhook;
}

const nameFlag = (command: Command): Command => command.requiredOption('--webhook-id <id>', 'its name');

const collect = (text: string, before: string[] = []): string[] => [...before, text];

function putFlags(command: Command): Command {
  return nameFlag(command)
    .requiredOption('--kind <kind>', `who signs: ${webhookKinds.join(', ')}`)
    .requiredOption('-w, --workflow-id <template>', "whom it is for, as 'order-{$.data.object.id}'")
    .requiredOption('--signal-name <template>', 'the signal')
    .option(
      '--signal-arg <expression>',
      'an argument of the signal; repeat for more; default: the body',
      collect,
    )
    .option('--when <expression=text>', 'only these deliveries; repeat for more', collectConditions)
    .option('--delivery-id <expression>', 'what is the same in a repetition; default: what the kind has')
    .option('--secret-name <name>', 'the Worker secret that has the secret: WEBHOOK_…')
    .option(
      '--secret-file <file>',
      'a file with the secret, to be stored; repeat while one replaces another',
      collect,
    )
    .option('--start-type <type>', 'start this workflow if it does not run')
    .option('--start-task-queue <name>', 'where it is started')
    .option('--start-arg <expression>', 'an argument of the workflow; repeat for more', collect);
}

function collectConditions(text: string, before: Record<string, string[]> = {}): Record<string, string[]> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('This is not of the form expression=text.');
  const expression = text.slice(0, at);
  return { ...before, [expression]: [...(before[expression] ?? []), text.slice(at + 1)] };
}

function requestOf({ namespace, webhookId, ...flags }: PutFlags & { namespace: string }) {
  const { kind, workflowId, signalName, signalArg, when, deliveryId, secretName, secretFile } = flags;
  const { startType, startTaskQueue, startArg } = flags;
  if (Boolean(startType) !== Boolean(startTaskQueue))
    throw new InvalidArgumentError('--start-type and --start-task-queue are needed together.');
  const webhook: WebhookSettings = {
    kind,
    workflowId,
    signalName,
    ...(signalArg && { signalArgs: signalArg }),
    ...(when && { when }),
    ...(deliveryId && { deliveryId }),
    ...(secretName && { secretName }),
    ...(startType &&
      startTaskQueue && {
        start: {
          workflowType: { name: startType },
          taskQueue: { name: startTaskQueue },
          ...(startArg && { args: startArg }),
        },
      }),
  };
  const secrets = secretFile?.map((file) => readFileSync(file, 'utf8').trim());
  return { namespace, webhookId, webhook, ...(secrets && { secrets }) };
}

const service = (client: { connection: unknown }): WebhookService =>
  (client.connection as Connection).webhookService;

/** Errors as the command line reports them. */
function asked<T>(what: string, reply: Promise<T>): Promise<T> {
  return reply.catch((error) => {
    throw toClientError(error, what);
  });
}

const address = (engine: string, { path }: Webhook): string => `${engine.replace(/\/$/, '')}${path}`;

async function create({ client, flags, show }: Invocation<PutFlags>): Promise<void> {
  const reply = await asked('create a webhook', service(client).createWebhook(requestOf(flags)));
  const { webhook, secret } = reply;
  const lines = [`Deliveries are taken at ${address(flags.address, webhook)}`];
  if (secret) lines.push(`Its secret, shown this once: ${secret}`);
  show(reply, lines.join('\n'));
}

async function update({ client, flags, show }: Invocation<PutFlags>): Promise<void> {
  const reply = await asked('update a webhook', service(client).updateWebhook(requestOf(flags)));
  show(reply, `Updated. It counts everywhere within half a minute.`);
}

async function list({ client, flags, show }: Invocation<object>): Promise<void> {
  const { namespace } = flags;
  const { webhooks } = await asked('list webhooks', service(client).listWebhooks({ namespace }));
  const rows = webhooks.map(({ webhookId, kind, workflowId, signalName, start, path }) => [
    webhookId,
    kind,
    workflowId,
    signalName,
    start?.workflowType.name ?? '-',
    path,
  ]);
  const text = table([['Id', 'Kind', 'Workflow', 'Signal', 'Starts', 'Path'], ...rows]);
  show(webhooks, webhooks.length > 0 ? text : 'There are no webhooks.');
}

async function describe({ client, flags, show }: Invocation<NameFlags>): Promise<void> {
  const { webhook } = await asked('describe a webhook', service(client).describeWebhook(flags));
  const rows = Object.entries(webhook).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  show(webhook, table(rows));
}

async function remove({ client, flags, show }: Invocation<NameFlags>): Promise<void> {
  const { webhookId } = flags;
  await asked('delete a webhook', service(client).deleteWebhook(flags));
  show({ deleted: webhookId }, 'Deleted. Engines that know it forget it within half a minute.');
}

async function deliveries({ client, flags, show }: Invocation<DeliveriesFlags>): Promise<void> {
  const { namespace, webhookId, limit } = flags;
  const request = { namespace, webhookId, pageSize: Math.min(limit, MAX_PAGE) };
  const reply = await asked('list deliveries', service(client).listWebhookDeliveries(request));
  const rows = reply.deliveries.map(
    ({ receivedTime, outcome, deliveryId, workflowId, signalName, reason }) => [
      receivedTime,
      outcome,
      deliveryId ?? '-',
      workflowId ?? '-',
      signalName ?? '-',
      reason ?? '',
    ],
  );
  const text = table([['Time', 'Outcome', 'Delivery', 'Workflow', 'Signal', 'Why'], ...rows]);
  show(reply.deliveries, rows.length > 0 ? text : 'Nothing came.');
}
