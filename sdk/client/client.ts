/** The client: one connection, one namespace, everything behind it. */

import type { QueryRejectCondition } from '../common/enums.ts';
import { ActivityClient } from './activity-client.ts';
import { BaseClient, type BaseClientOptions, type LoadedWithDefaults } from './base-client.ts';
import type { ClientInterceptors } from './interceptors.ts';
import type { JsonForms, RawForms, RawWriter } from './raw-forms.ts';
import { ScheduleClient } from './schedule-client.ts';
import { WorkflowClient } from './workflow-client.ts';

/** Changes the options of a client before they are used. */
export interface ClientPlugin {
  get name(): string;
  configureClient?(options: Omit<ClientOptions, 'plugins'>): Omit<ClientOptions, 'plugins'>;
}

export interface ClientOptions extends BaseClientOptions {
  plugins?: ClientPlugin[];
  interceptors?: ClientInterceptors;
  workflow?: {
    /** When queries of closed workflows are refused. Default: never. */
    queryRejectCondition?: QueryRejectCondition;
  };
}

export type LoadedClientOptions = LoadedWithDefaults<ClientOptions>;

/**
 * @example
 * const client = new Client({ connection: await Connection.connect({ address: 'http://127.0.0.1:8787' }) });
 * await client.workflow.execute(greet, { taskQueue: 'hello', workflowId: 'greet-1', args: ['World'] });
 */
export class Client<F extends RawForms = JsonForms> extends BaseClient<ClientOptions, F> {
  /** Start workflows and get handles to them. */
  readonly workflow: WorkflowClient<F>;
  /** Start activities that belong to no workflow; complete any from outside. */
  readonly activity: ActivityClient;

  /** Create schedules and get handles to them. */
  readonly schedule: ScheduleClient<F>;

  constructor(options: ClientOptions = {}, raws?: RawWriter<F>) {
    super(configured(options), { plugins: [], interceptors: {}, workflow: {} }, raws);
    const { connection, namespace, identity, dataConverter, workflow, interceptors } = this.options;
    const shared = { connection, namespace, identity, dataConverter };
    this.workflow = new WorkflowClient(
      { ...shared, ...workflow, interceptors: interceptors.workflow },
      this.raws,
    );
    this.schedule = new ScheduleClient({ ...shared, interceptors: interceptors.schedule }, this.raws);
    this.activity = new ActivityClient({ ...shared, interceptors: interceptors.activity });
  }
}

/** What the plugins make of the options: first its own, then those of the connection. They are done then. */
function configured({ plugins = [], ...given }: ClientOptions): ClientOptions {
  // The options of a client have been through the plugins of its connection.
  const ofConnection: ClientPlugin[] =
    'loadedDataConverter' in given ? [] : (given.connection?.plugins ?? []);
  return [...plugins, ...ofConnection].reduce<Omit<ClientOptions, 'plugins'>>(
    (current, plugin) => plugin.configureClient?.(current) ?? current,
    given,
  );
}
