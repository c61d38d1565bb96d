/** docs/limits.md must say what the code does. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MAX_ID_LENGTH } from '../sdk/common/ids.ts';
import {
  DEFAULT_MAX_PAYLOAD_BYTES,
  MAX_INLINE_PAYLOAD_BYTES,
  MAX_MESSAGE_BYTES,
} from '../sdk/common/limits.ts';
import { MAX_EXECUTIONS } from '../src/api/batch-schemas.ts';
import { MAX_DEPTH } from '../src/api/body.ts';
import { MAX_WEBHOOK_BYTES } from '../src/api/webhook-door.ts';
import { MAX_RATE, MAX_RUNNING } from '../src/batch/jobs.ts';
import { MAX_UPDATES, MAX_UPDATES_IN_FLIGHT } from '../src/core/update-limits.ts';
import { type Env, maxPayloadBytes } from '../src/env.ts';
import { MAX_PAGE_LENGTH } from '../src/execution/log.ts';
import { MAX_KEYS, MAX_TOTAL_BYTES } from '../src/visibility/attributes.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../src/visibility/client.ts';
import { MAX_CONDITIONS, MAX_DEPTH as MAX_FILTER_DEPTH, MAX_LENGTH } from '../src/visibility/list-filter.ts';

import { MAX_DELIVERIES, MAX_WEBHOOKS } from '../src/webhooks/webhooks.ts';

const MIB = 1024 * 1024;
const text = readFileSync(join(import.meta.dirname, '../docs/limits.md'), 'utf8');
const count = (n: number): string => n.toLocaleString('en-US');

it.each([
  ['one payload, anywhere', `${DEFAULT_MAX_PAYLOAD_BYTES / MIB} MiB`],
  ['a request body', `${MAX_MESSAGE_BYTES / MIB} MiB`],
  ['what a Worker answers', `${MAX_MESSAGE_BYTES / MIB} MiB`],
  ['a search attribute', `${MAX_INLINE_PAYLOAD_BYTES / 1024} KiB`],
  ['a page of history', `${MAX_PAGE_LENGTH / MIB} MiB`],
  [
    "a webhook's delivery",
    `${MAX_WEBHOOK_BYTES / MIB} MiB; ${MAX_WEBHOOKS} webhooks a namespace, ${count(MAX_DELIVERIES)} deliveries listed`,
  ],
  ['updates', `${MAX_UPDATES_IN_FLIGHT} in flight, ${count(MAX_UPDATES)} in one run`],
  ['ids, type names', `${count(MAX_ID_LENGTH)} characters`],
  ['search attributes of a run', `${MAX_KEYS}, ${MAX_TOTAL_BYTES / 1024} KiB together`],
  [
    'a list filter',
    `${count(MAX_LENGTH)} characters, ${MAX_CONDITIONS} conditions, ${MAX_FILTER_DEPTH} levels`,
  ],
  ['a page of a list', `${DEFAULT_PAGE_SIZE} runs, or what the request says up to ${count(MAX_PAGE_SIZE)}`],
  [
    'batch jobs of a namespace',
    `${MAX_RUNNING} at once; ${count(MAX_EXECUTIONS)} runs given one by one; ${MAX_RATE} operations`,
  ],
  ['nesting of a JSON body', `${MAX_DEPTH} levels`],
])('the limit of %s is documented as it is', (what, limit) => {
  const row = text.split('\n').find((line) => line.startsWith(`| ${what}`) && line.includes(limit));
  expect(row).toBeDefined();
});

it('MAX_PAYLOAD_BYTES lowers the limit of a payload, and what is no number of bytes is not used', () => {
  const limits = ['200000', '99999999999', 'a lot', '-1', '', undefined].map((MAX_PAYLOAD_BYTES) =>
    maxPayloadBytes({ MAX_PAYLOAD_BYTES } as Env),
  );
  const all = 16 * MIB;
  expect(limits).toEqual([200_000, all, all, all, all, all]);
});
