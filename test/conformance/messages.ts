/**
 * Histories as messages: what ours makes of every golden history is what `@temporalio/proto` decodes, field by field, with what it inherits. And what
 * is made of the descriptors in that package is up to date. A part of `npm run conformance`.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { protoFiles } from '../../scripts/lib/proto-table.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { messageOfJson } from '../../sdk/common/proto-from-json.ts';
import { messageNamed } from '../../sdk/common/proto-table.ts';
import { jsonOfMessage } from '../../sdk/common/proto-to-json.ts';
import { historyToJSON } from '../../sdk/common/proto-utils.ts';

type Fields = Record<string, unknown>;
interface MessageType {
  decode(bytes: Uint8Array): Fields & { events: Fields[] };
  encode(message: unknown): { finish(): Uint8Array };
  fromObject(object: object): unknown;
}

const require = createRequire(import.meta.url);
const { temporal } = require('@temporalio/proto') as { temporal: Record<string, any> };
const History = temporal.api.history.v1.History as MessageType;
const PendingActivityInfo = temporal.api.workflow.v1.PendingActivityInfo as MessageType;
const { historyFromJSON, historyToJSON: theirText } = require('@temporalio/common/lib/proto-utils') as {
  historyFromJSON(json: unknown): unknown;
  historyToJSON(history: unknown): string;
};

const isMessage = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !('low' in value);

/** Each package has its own copy of `long`. */
function equal(ours: unknown, theirs: unknown, at: string): void {
  const isLong = (value: unknown): boolean => (value as { __isLong__?: boolean } | null)?.__isLong__ === true;
  assert.equal(isLong(ours), isLong(theirs), at);
  if (isLong(theirs)) assert.equal(String(ours), String(theirs), at);
  else assert.deepEqual(ours, theirs, at);
}

/** Own fields and inherited ones; ours may say more than Temporal's. */
function same(ours: Fields, theirs: Fields, path: string): void {
  for (const key in theirs) {
    if (key === '$type' || key === 'toJSON') continue;
    const at = `${path}.${key}`;
    assert.equal(Object.hasOwn(ours, key), Object.hasOwn(theirs, key), `${at} is the object's own`);
    const [a, b] = [ours[key], theirs[key]];
    if (!isMessage(b)) equal(a, b, at);
    else if (Array.isArray(b)) {
      assert.equal((a as unknown[]).length, b.length, at);
      for (const [i, item] of b.entries()) {
        const mine = (a as unknown[])[i];
        if (isMessage(item)) same(mine as Fields, item, `${at}[${i}]`);
        else equal(mine, item, at);
      }
    } else same(a as Fields, b, at);
  }
}

/** Without what Temporal's messages have not got, and without what is empty: Temporal's JSON leaves it out. */
function known(name: string, json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const { fields } = messageNamed(name);
  const entries = Object.entries(json).flatMap(([key, value]): [string, unknown][] => {
    const field = fields.get(key);
    if (!field) return [];
    const one = (item: unknown): unknown => (field.kind === 'message' ? known(field.type, item) : item);
    if (field.rule && Object.keys(value).length === 0) return [];
    if (field.rule === '*') return [[key, (value as unknown[]).map(one)]];
    if (field.rule === '%')
      return [[key, Object.fromEntries(Object.entries(value).map(([k, v]) => [k, one(v)]))]];
    return [[key, one(value)]];
  });
  return Object.fromEntries(entries);
}

for (const [file, text] of Object.entries(protoFiles()))
  assert.equal(readFileSync(join(projectRoot, file), 'utf8'), text, `${file}: node scripts/proto-table.ts`);

/** As a client of Temporal's gets it: over the wire. */
const decoded = (json: unknown): ReturnType<MessageType['decode']> =>
  History.decode(History.encode(historyFromJSON(structuredClone(json))).finish());

const folder = join(projectRoot, 'test/histories');
const types = new Set<string>();
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
for (const file of files) {
  const { history: json } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    history: { events: Fields[] };
  };
  const theirs = decoded(json);
  const ours = messageOfJson('History', json) as typeof theirs;
  same(ours, theirs, file);
  for (const [i, event] of theirs.events.entries())
    assert.equal(ours.events[i]!.attributes, event.attributes);
  const canonical = JSON.parse(theirText(theirs)) as unknown;
  for (const message of [ours, theirs])
    assert.deepEqual(known('History', jsonOfMessage('History', message)), canonical, file);
  // What is written of a history that was fetched is what their replayer reads.
  same(decoded(JSON.parse(historyToJSON(ours))), theirs, file);
  for (const { eventType } of json.events) types.add(eventType as string);
}

// Messages that no history has, by an example each, written and read by protobufjs itself.
const example = {
  activityId: 'a',
  state: 2,
  attempt: 3,
  lastHeartbeatTime: { seconds: 12, nanos: 5_000_000 },
  heartbeatDetails: {
    payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('1') }],
  },
  lastFailure: {
    message: 'no',
    applicationFailureInfo: { nonRetryable: true, nextRetryDelay: { seconds: 90 } },
  },
  lastIndependentlyAssignedBuildId: '',
};
const theirs = PendingActivityInfo.decode(
  PendingActivityInfo.encode(PendingActivityInfo.fromObject(example)).finish(),
);
const ours = messageOfJson('PendingActivityInfo', jsonOfMessage('PendingActivityInfo', theirs));
same(ours as Fields, theirs as Fields, 'PendingActivityInfo');
assert.deepEqual(JSON.parse(JSON.stringify(ours)), JSON.parse(JSON.stringify(theirs)));
console.log(
  `${files.length} histories with ${types.size} types of events are the messages that Temporal's packages make of them`,
);
