/** What programs say of the server that Temporal's environments start. Here is none: of all this the namespace, search attributes and the port count. */

import type { Duration } from '../common/duration.ts';
import type { SearchAttributeKey, SearchAttributeType } from '../common/search-attributes.ts';

export type EphemeralServerExecutable =
  | { type: 'cached-download'; downloadDir?: string; version?: string; ttl?: Duration }
  | { type: 'existing-path'; path: string };

/** Of the fields about a process to start (`executable`, `ui`, `dbFilename`, `extraArgs`, …) none has an effect. */
export interface DevServerConfig {
  type: 'dev-server';
  executable?: EphemeralServerExecutable;
  namespace?: string;
  /** Are there from the beginning. Others get the type of the first value that comes with them. */
  searchAttributes?: SearchAttributeKey<SearchAttributeType>[];
  /** Where other processes reach the engine. Default: any that is free. */
  port?: number;
  ip?: string;
  dbFilename?: string;
  ui?: boolean;
  uiPort?: number;
  log?: { format: string; level: string };
  extraArgs?: string[];
}

export interface TimeSkippingServerConfig {
  type: 'time-skipping';
  executable?: EphemeralServerExecutable;
  port?: number;
  extraArgs?: string[];
}
