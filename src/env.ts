/** Every binding and setting of the engine, typed once. The only file that names a binding. */

import type { EpochMs } from '../sdk/common/duration.ts';
import { ServiceError } from '../sdk/common/errors.ts';
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../sdk/common/limits.ts';
import type { NamespaceLimits } from '../sdk/common/namespaces.ts';

export interface Env {
  /** One object per (namespace, workflow id); name: `executionObjectName`. */
  WORKFLOW_EXECUTION: DurableObjectNamespace;
  /** Shards of the list of runs; name: JSON of [namespace, shard]. */
  VISIBILITY: DurableObjectNamespace;
  /** One object per schedule; name: `scheduleObjectName`. */
  SCHEDULE: DurableObjectNamespace;
  /** One object per namespace: its batch jobs. */
  BATCH: DurableObjectNamespace;
  /** One object per namespace: its Workers. */
  NAMESPACE: DurableObjectNamespace;
  /** The Queue behind every task queue that has none of its own (`TASK_QUEUE_<NAME>`). */
  TASK_QUEUE: Queue<unknown>;
  /** Where histories go before retention removes them; without it they are gone then. */
  ARCHIVE?: R2Bucket;
  /** One object per task queue that has limits. Bound beside `TASK_QUEUE_<NAME>`, and so named otherwise. */
  LIMITED_TASK_QUEUE: DurableObjectNamespace;
  /** Comma-separated namespaces that exist. Default: `default`. */
  NAMESPACES?: string;
  /** How many visibility shards a namespace has. Default 4. `4,16`: it had 4, and has grown to 16. */
  VISIBILITY_SHARDS?: string;
  /** JSON: task queue name → {@link TaskQueueSettings}; the name `*` sets the default of all. */
  TASK_QUEUES?: string;
  /** The largest payload, in bytes. Default and at most 16 MiB. */
  MAX_PAYLOAD_BYTES?: string;
  /** This engine's address as Workers reach it, for heartbeats and late answers. */
  ENGINE_URL?: string;
  /** `1`: development on this machine, where nobody needs credentials. No deployed configuration may have it. */
  PERDURE_DEV?: string;
  /** Secret: whoever has it is the administrator of the system. At least 32 characters. */
  PERDURE_ADMIN_KEY?: string;
  /**
   * Secret: what task tokens are sealed and dispatches signed with; several, separated by commas, while one replaces
   * another (the first is in use). At least 32 characters each. Default: the engine makes one and keeps it.
   */
  PERDURE_ENGINE_SECRET?: string;
  /** Comma-separated hosts (`workers.example.com`, `.example.com`) that Workers may be registered at. Default: public ones. */
  WORKER_HOSTS?: string;
  /** Tokens of this issuer are taken. All three of URL, issuer and audience, or none. */
  JWT_JWKS_URL?: string;
  JWT_ISSUER?: string;
  JWT_AUDIENCE?: string;
  /** The claim that lists `namespace:role`. Default `permissions`. */
  JWT_PERMISSIONS_CLAIM?: string;
  /** Cloudflare Access: `<team>.cloudflareaccess.com`, the application's audience tag, and who may do what. */
  ACCESS_TEAM_DOMAIN?: string;
  ACCESS_AUDIENCE?: string;
  /** JSON: e-mail address or name of a service token, or `*` for all → list of `namespace:role`. */
  ACCESS_PERMISSIONS?: string;
  /** Where metrics (every minute) and traces (of closed runs) are sent by OTLP/HTTP, with what headers: `a=b,c=d`. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  /** `eu`, `us`, `fedramp` …: objects run and are stored there only. Never to be changed: elsewhere there are other objects. */
  JURISDICTION?: string;
  /** `weur`, `enam`, `apac` …: near where new objects are made. Default: near whoever asks first. */
  LOCATION_HINT?: string;
  /** JSON: namespace, or `*` for the others → requests per second and isolate. Default: no limit. */
  RATE_LIMITS?: string;
  /** JSON: namespace, or `*` for the others → what one run may have: `{"historyEvents": 50000, "historyBytes": 50000000}`. Default: no limit. */
  RUN_LIMITS?: string;
  /** Development only: milliseconds added to the clock, so that tests can let a day pass between two restarts. */
  CLOCK_OFFSET_MS?: string;
}

export interface TaskQueueSettings {
  /** `queue`: a pointer travels through Cloudflare Queues. `direct`: the object calls the Worker at once. */
  dispatch: 'queue' | 'direct';
  /** Who holds the HTTP call of a queued attempt: the Queue's consumer, or the object itself. */
  caller: 'consumer' | 'object';
}

/** `wrangler dev` defines NODE_ENV as `development`, `wrangler deploy` as `production`. */
const development = (): boolean => process.env.NODE_ENV !== 'production';

/**
 * Production consumers scale out and are not billed for waiting, so they hold the call. A local Queue delivers one
 * batch at a time, so that a waiting consumer would block all others: there the object calls.
 */
export function taskQueueSettings(env: Env, taskQueue: string): TaskQueueSettings {
  const settings = taskQueues(env);
  return {
    dispatch: 'queue',
    caller: development() ? 'object' : 'consumer',
    ...settings.get('*'),
    ...settings.get(taskQueue),
  };
}

type GivenSettings = ReadonlyMap<string, Partial<TaskQueueSettings>>;

const settingValues: Record<string, readonly unknown[]> = {
  dispatch: ['queue', 'direct'],
  caller: ['consumer', 'object'],
} satisfies { [K in keyof TaskQueueSettings]: Array<TaskQueueSettings[K]> };

/** What `TASK_QUEUES` said when it was read last: every turn asks, the variable changes with a deployment only. */
let lastRead: { variable: string | undefined; settings: GivenSettings } | undefined;

/** A variable that is wrong is named in the log once; the defaults stand in its place, and work goes on. */
function taskQueues({ TASK_QUEUES: variable }: Env): GivenSettings {
  if (lastRead && lastRead.variable === variable) return lastRead.settings;
  let settings: GivenSettings = new Map();
  try {
    settings = parseTaskQueues(variable || '{}');
  } catch (error) {
    const reason = (error as Error).message;
    console.error(JSON.stringify({ message: 'TASK_QUEUES is not used: the defaults are', reason }));
  }
  lastRead = { variable, settings };
  return settings;
}

/** @throws Error saying what is wrong. */
function parseTaskQueues(variable: string): GivenSettings {
  const json: unknown = JSON.parse(variable);
  if (!isObject(json)) throw new Error('expected a JSON object: task queue name → settings');
  for (const [taskQueue, settings] of Object.entries(json)) {
    if (!isObject(settings)) throw new Error(`"${taskQueue}": expected an object of settings`);
    for (const [name, value] of Object.entries(settings)) {
      const values = Object.hasOwn(settingValues, name) ? settingValues[name]! : undefined;
      if (!values) throw new Error(`"${taskQueue}": there is no setting "${name}"`);
      if (!values.includes(value)) {
        throw new Error(
          `"${taskQueue}".${name}: expected ${values.join(' or ')}, not ${JSON.stringify(value)}`,
        );
      }
    }
  }
  return new Map(Object.entries(json as Record<string, Partial<TaskQueueSettings>>));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The Queue behind a task queue: `foo-bar` is served by `TASK_QUEUE_FOO_BAR` where bound, else by `TASK_QUEUE`. */
export function queueOf(env: Env, taskQueue: string): Queue<unknown> {
  const name = `TASK_QUEUE_${taskQueue.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  return ((env as unknown as Record<string, unknown>)[name] as Queue<unknown> | undefined) ?? env.TASK_QUEUE;
}

export function limitedTaskQueue(env: Env, namespace: string, taskQueue: string): DurableObjectStub {
  return env.LIMITED_TASK_QUEUE.getByName(JSON.stringify([namespace, taskQueue]));
}

/** A Worker bound to the engine: its `fetch` and, over JS RPC, the methods of `WorkerRpc`. */
export interface BoundWorker {
  name: string;
  service: Fetcher;
}

/** Service bindings whose name starts with `WORKER_`: so do the names of variables (`WORKER_HOSTS`), which are none. */
export function boundWorkers(env: Env): BoundWorker[] {
  return Object.entries(env as unknown as Record<string, unknown>)
    .filter(([name, value]) => name.startsWith('WORKER_') && isService(value))
    .map(([name, service]) => ({ name, service: service as Fetcher }));
}

const isService = (binding: unknown): boolean =>
  typeof (binding as Partial<Fetcher> | null | undefined)?.fetch === 'function';

export function namespaces(env: Env): string[] {
  return (env.NAMESPACES ?? 'default').split(',').map((name) => name.trim());
}

/**
 * How many visibility shards there have been, oldest first; the last is how many there are.
 * @throws ServiceError FAILED_PRECONDITION: rows written to the wrong shards are harder to find than runs that wait
 */
export function visibilityShardCounts({ VISIBILITY_SHARDS: variable = '4' }: Env): number[] {
  const counts = variable.split(',').map((text) => Number(text.trim()));
  const sound = counts.every((n, i) => Number.isSafeInteger(n) && n > (counts[i - 1] ?? 0));
  if (sound) return counts;
  throw new ServiceError(
    'FAILED_PRECONDITION',
    `VISIBILITY_SHARDS is "${variable}": it says how many shards there have been, oldest first, each time more: "4", or "4,16" to grow from 4 to 16. There are never fewer.`,
  );
}

/** What is no number of bytes is not used: the default stands in its place. */
export function maxPayloadBytes(env: Env): number {
  const bytes = Number(env.MAX_PAYLOAD_BYTES || DEFAULT_MAX_PAYLOAD_BYTES);
  return bytes > 0 ? Math.min(Math.floor(bytes), DEFAULT_MAX_PAYLOAD_BYTES) : DEFAULT_MAX_PAYLOAD_BYTES;
}

export function engineUrl(env: Env): string | undefined {
  return env.ENGINE_URL ?? (development() ? 'http://127.0.0.1:8787' : undefined);
}

export const isDevelopment = ({ PERDURE_DEV }: Env): boolean => PERDURE_DEV === '1';

export interface JwtSettings {
  jwksUrl: string;
  issuer: string;
  audience: string;
  permissionsClaim: string;
}
export interface AccessSettings {
  teamDomain: string;
  audience: string;
  permissions: Record<string, string[]>;
}
export interface SecuritySettings {
  adminKey?: string;
  jwt?: JwtSettings;
  access?: AccessSettings;
  /** A setting that is wrong or half there closes the engine: nothing is guessed about who may come in. */
  problem?: string;
}

/** Those that are too short are not used. */
export function engineSecrets({ PERDURE_ENGINE_SECRET: variable }: Env): string[] {
  const given = (variable ?? '').split(',').map((text) => text.trim());
  return given.filter((text) => text.length >= 32);
}

/** The Worker secret of that name, which is one for webhooks: several with commas while one replaces another. */
export function webhookSecrets(env: Env, name: string): string[] {
  if (!name.startsWith('WEBHOOK_')) return [];
  const secret = (env as unknown as Record<string, unknown>)[name];
  return typeof secret === 'string' ? secret.split(',').flatMap((text) => text.trim() || []) : [];
}

export interface WorkerUrlPolicy {
  /** Workers on this machine may be registered, over plain HTTP. */
  development: boolean;
  /** Undefined: every public host. */
  hosts?: string[];
}

export function workerUrlPolicy(env: Env): WorkerUrlPolicy {
  const hosts = env.WORKER_HOSTS?.split(',').flatMap((host) => host.trim().toLowerCase() || []);
  return { development: isDevelopment(env), ...(hosts && { hosts }) };
}

/** Read for every request: cheap, except for the JSON, which is parsed only where Access is configured. */
export function securitySettings(env: Env): SecuritySettings {
  const { JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE } = env;
  const settings: SecuritySettings = env.PERDURE_ADMIN_KEY ? { adminKey: env.PERDURE_ADMIN_KEY } : {};
  if (JWT_JWKS_URL || JWT_ISSUER || JWT_AUDIENCE) {
    if (!(JWT_JWKS_URL && JWT_ISSUER && JWT_AUDIENCE && URL.canParse(JWT_JWKS_URL)))
      return { ...settings, problem: 'JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE are needed together' };
    const permissionsClaim = env.JWT_PERMISSIONS_CLAIM || 'permissions';
    settings.jwt = { jwksUrl: JWT_JWKS_URL, issuer: JWT_ISSUER, audience: JWT_AUDIENCE, permissionsClaim };
  }
  if (ACCESS_TEAM_DOMAIN || ACCESS_AUDIENCE) {
    const permissions = accessPermissions(env.ACCESS_PERMISSIONS);
    if (!(ACCESS_TEAM_DOMAIN && ACCESS_AUDIENCE && permissions))
      return {
        ...settings,
        problem: 'ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE and ACCESS_PERMISSIONS (JSON) are needed together',
      };
    settings.access = { teamDomain: ACCESS_TEAM_DOMAIN, audience: ACCESS_AUDIENCE, permissions };
  }
  return settings;
}

function accessPermissions(variable: string | undefined): Record<string, string[]> | undefined {
  const json = jsonOf(variable);
  const lists = isObject(json) && Object.values(json).every((list) => Array.isArray(list));
  return lists ? (json as Record<string, string[]>) : undefined;
}

function jsonOf(variable: string | undefined): unknown {
  try {
    return JSON.parse(variable || 'null');
  } catch {
    return undefined;
  }
}

/** Requests per second; `undefined`: no limit. What is no positive number sets none. */
export function rateLimit({ RATE_LIMITS }: Env, namespace: string): number | undefined {
  return positive(ofNamespace(RATE_LIMITS, namespace));
}

export type RunLimits = Pick<NamespaceLimits, 'historyEvents' | 'historyBytes'>;

/** What is no positive number sets none. */
export function runLimits({ RUN_LIMITS }: Env, namespace: string): RunLimits {
  const limits = ofNamespace(RUN_LIMITS, namespace);
  if (!isObject(limits)) return {};
  const historyEvents = positive(limits.historyEvents);
  const historyBytes = positive(limits.historyBytes);
  return { ...(historyEvents && { historyEvents }), ...(historyBytes && { historyBytes }) };
}

/** Of a variable that is JSON by namespace. */
function ofNamespace(variable: string | undefined, namespace: string): unknown {
  const given = variable ? jsonOf(variable) : undefined;
  if (!isObject(given)) return undefined;
  return Object.hasOwn(given, namespace) ? given[namespace] : given['*'];
}

const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined;

export interface OtlpSettings {
  /** Base URL; `/v1/metrics` and `/v1/traces` are below it. */
  endpoint: string;
  headers: Record<string, string>;
}

/** `undefined`: nobody wants them. */
export function otlpSettings(env: Env): OtlpSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = '' } = env;
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  const pairs = headers.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]];
  });
  return { endpoint, headers: Object.fromEntries(pairs) as Record<string, string> };
}

/** Who has not encoded it means it as it stands. Every object of a run asks for this when it is made. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export function clockOffset(env: Env): number {
  return Number(env.CLOCK_OFFSET_MS ?? '0');
}

/** The engine's clock: the platform's, plus the development offset. */
export function now(env: Env): EpochMs {
  return Date.now() + clockOffset(env);
}
