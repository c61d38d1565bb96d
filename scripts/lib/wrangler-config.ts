/** What a wrangler.toml says, as wrangler reads it. */

import { unstable_readConfig } from 'wrangler';

interface Bound {
  binding: string;
}

/** The part that this project looks at; wrangler's own type is not exported whole. */
export interface WranglerConfig {
  name: string;
  /** Wherever the configuration is: from the root. */
  main?: string;
  compatibility_date: string;
  build: { command?: string; watch_dir?: string | string[] };
  durable_objects: { bindings: Array<{ name: string; class_name: string }> };
  migrations: Array<{ tag: string; new_sqlite_classes?: string[] }>;
  queues: {
    producers?: Array<{ binding: string; queue: string }>;
    consumers?: Array<{ queue: string; dead_letter_queue?: string }>;
  };
  triggers?: { crons?: string[] };
  services?: Bound[];
  r2_buckets?: Bound[];
  kv_namespaces?: Bound[];
  d1_databases?: Bound[];
  vars?: Record<string, unknown>;
}

/** @throws Error that says what is wrong with the file. */
export function readWranglerConfig(config: string): WranglerConfig {
  return unstable_readConfig({ config }, { hideWarnings: true }) as WranglerConfig;
}
