/** What programs say of the server that Temporal's environments start. Here is none: of all this the namespace, search attributes and the port count. */

import type { Duration } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';
import {
  type SearchAttributeKey,
  type SearchAttributeType,
  searchAttributeType,
} from '../common/search-attributes.ts';

export type EphemeralServerExecutable =
  | { type: 'cached-download'; downloadDir?: string; version?: string; ttl?: Duration }
  | { type: 'existing-path'; path: string };

/**
 * Of the fields about a process to start (`executable`, `ui`, `dbFilename`, …) none has an effect, and of `extraArgs` only
 * `--search-attribute Name=Type`.
 */
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

/**
 * The types, by name, of the search attributes that are there from the beginning.
 * @throws ValueError for a `--search-attribute` that is not `Name=Type`
 */
export function serverSearchAttributes({
  searchAttributes = [],
  extraArgs = [],
}: Pick<DevServerConfig, 'searchAttributes' | 'extraArgs'>): Record<string, SearchAttributeType> {
  const flag = '--search-attribute';
  const texts = extraArgs.flatMap((arg, i) => {
    if (arg.startsWith(`${flag}=`)) return [arg.slice(flag.length + 1)];
    return arg === flag ? [extraArgs[i + 1] ?? ''] : [];
  });
  const named = texts.map((text) => {
    const [name, wire] = text.split('=');
    const type = searchAttributeType(wire);
    if (!name || !type)
      throw new ValueError(
        `extraArgs: ${flag} takes Name=Type, like Color=Keyword, not ${JSON.stringify(text)}`,
      );
    return [name, type] as const;
  });
  return Object.fromEntries([...named, ...searchAttributes.map(({ name, type }) => [name, type] as const)]);
}
