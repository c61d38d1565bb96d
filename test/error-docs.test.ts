/** docs/errors.md has a section for every error that the code knows. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as activity from 'perdure/activity';
import * as client from 'perdure/client';
import * as common from 'perdure/common';
import * as testing from 'perdure/testing';
import * as worker from 'perdure/worker/node';
import * as workflow from 'perdure/workflow';
import { expect, it } from 'vitest';
import { WorkflowTaskFailedCause } from '../sdk/common/enums.ts';
import { serviceErrorCodes } from '../sdk/common/errors.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
/** Every name in backticks of every heading. */
const headings = new Set(
  [...text.matchAll(/^### (.+)$/gm)].flatMap(([, heading]) =>
    [...heading!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  ),
);
const sources = globSync('{src,sdk}/**/*.ts', { cwd: root })
  .filter((file) => !/^(?:src\/ui|sdk\/create|sdk\/common\/(?:proto-)?enums)/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');
const without = (names: string[]): string[] => names.filter((name) => !headings.has(name));

it('each code of the API has a section', () => {
  expect(without(Object.keys(serviceErrorCodes))).toEqual([]);
});

it('each cause of a failed workflow task has a section', () => {
  expect(without(Object.keys(WorkflowTaskFailedCause))).toEqual([]);
});

it('each type of failure that engine and SDK make themselves has a section', () => {
  const made = [
    // { message, type: 'X' } and { type: 'X', nonRetryable … }
    ...sources.matchAll(/type: '([A-Z][a-z]\w+)', nonRetryable/g),
    ...sources.matchAll(/message(?::[^,\n]+)?,\s*type: '([A-Z][a-z]\w+)'/g),
  ].map(([, type]) => type!);
  expect(new Set(made).size).toBeGreaterThan(6);
  expect(without([...new Set(made)])).toEqual([]);
});

it('each error class that the SDK exports has a section', () => {
  const classes = [activity, client, common, testing, worker, workflow].flatMap((module) =>
    Object.entries(module)
      .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
      .map(([name]) => name),
  );
  expect(without([...new Set(classes)])).toEqual([]);
});

it('has no section for a code, cause or class that is gone', () => {
  const gone = [...headings].filter((name) => !sources.includes(name) && !(name in WorkflowTaskFailedCause));
  expect(gone).toEqual([]);
});
