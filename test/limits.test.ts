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
import { MAX_DEPTH } from '../src/api/body.ts';
import { MAX_UPDATES, MAX_UPDATES_IN_FLIGHT } from '../src/core/update-limits.ts';
import { type Env, maxPayloadBytes } from '../src/env.ts';
import { MAX_PAGE_LENGTH } from '../src/execution/log.ts';

const MIB = 1024 * 1024;
const text = readFileSync(join(import.meta.dirname, '../docs/limits.md'), 'utf8');
const count = (n: number): string => n.toLocaleString('en-US');

it.each([
  ['one payload, anywhere', `${DEFAULT_MAX_PAYLOAD_BYTES / MIB} MiB`],
  ['a request body', `${MAX_MESSAGE_BYTES / MIB} MiB`],
  ['what a Worker answers', `${MAX_MESSAGE_BYTES / MIB} MiB`],
  ['a search attribute', `${MAX_INLINE_PAYLOAD_BYTES / 1024} KiB`],
  ['a page of history', `${MAX_PAGE_LENGTH / MIB} MiB`],
  ['updates', `${MAX_UPDATES_IN_FLIGHT} in flight, ${count(MAX_UPDATES)} in one run`],
  ['ids, type names', `${count(MAX_ID_LENGTH)} characters`],
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
