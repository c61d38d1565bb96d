/** What every command shares: where it prints, how it connects, the flags all of them take. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { engineUrl } from '../client/address.ts';
import { Client, Connection } from '../client/index.ts';
import { msToNumber } from '../common/duration.ts';
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '../common/payload.ts';
import { messageCodec } from '../common/payload-codec.ts';
import { RemoteCodec } from './remote-codec.ts';
import type { Colors } from './render.ts';

export interface Terminal {
  /** A line to standard output. */
  print(line: string): void;
  /** A line to standard error. */
  complain(line: string): void;
  colors: Colors;
  env: Record<string, string | undefined>;
  /** Asks whoever sits there; absent where nobody does, as in a script. */
  confirm?: (question: string) => Promise<boolean>;
  /** Fires on Ctrl-C. */
  abortSignal: AbortSignal;
}

export interface SharedFlags {
  address: string;
  namespace: string;
  output: 'text' | 'json' | 'jsonl' | 'none';
  env: string;
  apiKey?: string;
  codecEndpoint?: string;
  codecAuth?: string;
  identity?: string;
  commandTimeout?: string;
}

/** Which workflow a command is about. */
export interface TargetFlags {
  workflowId: string;
  runId?: string;
}
export const targetFlags = (command: Command): Command =>
  command
    .requiredOption('-w, --workflow-id <id>', 'the workflow')
    .option('-r, --run-id <id>', 'the run; default: the newest');

/** Ends a command with an exit code that is not 0, after it has printed what there is to say. */
export class ExitError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export interface Invocation<F> {
  flags: F & SharedFlags;
  client: Client;
  terminal: Terminal;
  /** What the engine answered, with its payloads decoded if there is a codec. */
  decode<T>(message: T): Promise<T>;
  /** Prints JSON with `-o json`, otherwise the text. */
  show(json: unknown, text: string): void;
}

/** Adds a command that connects before it acts. `define` adds the flags of its own. */
export function addCommand<F>(
  parent: Command,
  given: Terminal,
  nameAndDescription: [name: string, description: string],
  define: (command: Command) => Command,
  action: (invocation: Invocation<F>) => Promise<void>,
): void {
  const [name, description] = nameAndDescription;
  const command = define(parent.command(name).description(description));
  const own = new Set(command.options.map(({ long }) => long));
  for (const option of sharedOptions(given.env)) if (!own.has(option.long)) command.addOption(option);
  for (const option of command.options)
    if (option.flags.endsWith('<duration>')) option.argParser(option.parseArg ?? durationText);
  command.action(async (flags: F & SharedFlags) => {
    const client = await connect(flags);
    const terminal = flags.output === 'none' ? { ...given, print: () => undefined } : given;
    const show = (json: unknown, text: string): void => {
      const lines = printed(flags.output, json, text);
      if (lines !== '') terminal.print(lines);
    };
    const { decode } = messageCodec(client.dataConverter.payloadCodecs);
    const act = () => action({ flags, client, terminal, decode, show });
    const { commandTimeout } = flags;
    const inTime = () =>
      commandTimeout ? client.withDeadline(Date.now() + msToNumber(commandTimeout), act) : act();
    await client.withAbortSignal(terminal.abortSignal, inTime);
  });
}

export function sharedOptions(env: Terminal['env']): Option[] {
  return [
    new Option('--address <url>', 'the engine').default(env.PERDURE_ADDRESS ?? engineUrl()),
    new Option('-n, --namespace <name>', 'the namespace').default(env.PERDURE_NAMESPACE ?? 'default'),
    outputOption(),
    new Option('--env <name>', 'flags of this environment: perdure env').default(
      env.PERDURE_ENV ?? 'default',
    ),
    new Option('--api-key <key>', 'sent as a bearer token').default(
      env.PERDURE_API_KEY ?? env.TEMPORAL_API_KEY,
      'PERDURE_API_KEY',
    ),
    new Option('--codec-endpoint <url>', 'encodes and decodes payloads; {namespace} is replaced').default(
      env.PERDURE_CODEC_ENDPOINT,
    ),
    new Option('--codec-auth <value>', 'sent to the codec endpoint as authorization').default(
      env.PERDURE_CODEC_AUTH,
      'PERDURE_CODEC_AUTH',
    ),
    new Option('--identity <text>', 'who acts, for histories; default: perdure-cli and the process id'),
    new Option('--command-timeout <duration>', "give up after so long, for example '10s'"),
    // Of Temporal's commands more ask before they act.
    new Option('-y, --yes', 'do not ask; only what acts on all that match a query asks').hideHelp(),
  ];
}

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to print; jsonl: one JSON value a line')
    .choices(['text', 'json', 'jsonl', 'none'])
    .default('text');

/** What a command has to say, in the form that was asked for. */
export function printed(format: SharedFlags['output'], json: unknown, text: string): string {
  if (format === 'text') return text;
  if (format === 'none') return '';
  if (format === 'json') return JSON.stringify(json, null, 2);
  return (Array.isArray(json) ? json : [json]).map((value) => JSON.stringify(value)).join('\n');
}

export async function connect(flags: SharedFlags): Promise<Client> {
  const { address, namespace, apiKey } = flags;
  const connection = await Connection.connect({ address, connectTimeout: '2s', ...(apiKey && { apiKey }) });
  const identity = flags.identity ?? `perdure-cli:${process.pid}`;
  const dataConverter = { payloadCodecs: codecsOf(flags), payloadConverter: readable };
  return new Client({ connection, namespace, identity, dataConverter });
}

/** What others wrote in a way of their own is named by its size: one memo must not hide a whole list. */
const readable: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: <T>(payload: Payload): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch {
      return `<${payload.data?.length ?? 0} bytes, encoded>` as T;
    }
  },
};

export function codecsOf({
  namespace,
  codecEndpoint: endpoint,
  codecAuth: auth,
}: SharedFlags): RemoteCodec[] {
  return endpoint ? [new RemoteCodec({ endpoint, namespace, ...(auth && { auth }) })] : [];
}

/** A JSON argument; may be given several times. */
export function collectJson(text: string, previous: unknown[] = []): unknown[] {
  try {
    return [...previous, JSON.parse(text)];
  } catch {
    throw new InvalidArgumentError(`This is not JSON. Text is written with quotes: '"text"'.`);
  }
}

/** `key=json` pairs; a value that is not JSON is text. */
export function collectPairs(pair: string, previous: Record<string, unknown> = {}): Record<string, unknown> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('This is not of the form key=value.');
  const text = pair.slice(at + 1);
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Quotes around a text may be left out.
  }
  return { ...previous, [pair.slice(0, at)]: value };
}

/** A duration, left as it was written. */
export function durationText(text: string): string {
  try {
    msToNumber(text);
  } catch {
    throw new InvalidArgumentError("This is no duration; write '10s', '5 minutes' or '1h'.");
  }
  return text;
}

/** `key=json` pairs. */
export function collectJsonPairs(
  pair: string,
  previous: Record<string, unknown> = {},
): Record<string, unknown> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('This is not of the form key=json.');
  const [key, text] = [pair.slice(0, at), pair.slice(at + 1)];
  try {
    return { ...previous, [key]: JSON.parse(text) };
  } catch {
    // What looks like a text is most likely meant as one.
    const meant = /^[\w .:@/-]+$/.test(text) ? text : 'text';
    throw new InvalidArgumentError(
      `The value is not JSON. Text is written with quotes: ${key}='"${meant}"'.`,
    );
  }
}

export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('This is not a positive whole number.');
  return Number(text);
}

/** A command that only has commands under it. */
export function noun(name: string, description: string): Command {
  return new Command(name).description(description);
}
