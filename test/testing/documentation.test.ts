import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as testing from 'perdure/testing';
import * as worker from 'perdure/worker/node';
import { expect, it } from 'vitest';

it.each([
  ['@temporalio/worker', worker],
  ['@temporalio/testing', testing],
])('every value of %s that the documentation says is there is there', async (name, module) => {
  const text = await readFile(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.split('\n')[0]!.includes(`: \`${name}\``))!;
  const rows = section.matchAll(/^\| (`[^|]+) \| ([^|]+) \| (?:supported|differs)/gm);
  const values = [...rows].filter(([, , kind]) => /^(?:class|const|function)/.test(kind!));
  const names = values.map(([, first]) => /`(\w+)`/.exec(first!)![1]!);
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((exported) => !(exported in module))).toEqual([]);
});
