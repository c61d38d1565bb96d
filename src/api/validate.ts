/** A merged request against its schema: every field that is wrong is named, before anything is stored. */

import type { z } from 'zod';
import { type ErrorDetail, ServiceError } from '../../sdk/common/errors.ts';
import type { PayloadJson, PayloadsJson } from '../../sdk/common/payload.ts';
import { fieldPath, mapPayloads, requestShape } from './message-shape.ts';

const MIB = 1024 * 1024;
/** More than these are not listed. */
const MAX_VIOLATIONS = 20;

interface Violation {
  field: string;
  description: string;
}

/** @throws ServiceError INVALID_ARGUMENT naming the fields, PAYLOAD_TOO_LARGE naming the payload. */
export function validate<S extends z.ZodType>(
  schema: S,
  request: object,
  maxPayloadBytes: number,
): z.output<S> {
  const parsed = schema.safeParse(request);
  if (!parsed.success) throw refusal(parsed.error.issues.flatMap((issue) => violations(issue, request)));
  refuseLargePayloads(parsed.data, maxPayloadBytes);
  return parsed.data;
}

function refusal(found: Violation[]): ServiceError {
  const fieldViolations = found.slice(0, MAX_VIOLATIONS);
  const sentences = fieldViolations.map(({ field, description }) => `${field || 'the body'}: ${description}`);
  const detail: ErrorDetail = { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations };
  return new ServiceError('INVALID_ARGUMENT', sentences.join('; '), [detail]);
}

function violations(issue: z.core.$ZodIssue, request: object): Violation[] {
  const field = issue.path.reduce<string>((path, key) => fieldPath(path, String(key)), '');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ field: fieldPath(field, key), description: 'unknown field' }));
    case 'invalid_type': {
      const value = issue.path.reduce<unknown>(
        (at, key) => (at as Record<PropertyKey, unknown>)?.[key],
        request,
      );
      if (value === undefined) return [{ field, description: 'is required' }];
      return [{ field, description: `expected ${article(issue.expected)}, got ${typeName(value)}` }];
    }
    case 'invalid_value':
      return [{ field, description: `must be one of ${issue.values.join(', ')}` }];
    case 'invalid_union': {
      // The last member is the real one; those before it are spellings of "absent".
      const [first] = issue.errors.at(-1) ?? [];
      return first
        ? violations({ ...first, path: [...issue.path, ...first.path] }, request)
        : [{ field, description: issue.message }];
    }
    default:
      return [{ field, description: issue.message }];
  }
}

function article(type: string): string {
  if (type === 'int') return 'a whole number';
  if (type === 'record') return 'an object';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : article(typeof value);
}

function refuseLargePayloads(request: unknown, limit: number): void {
  mapPayloads(request, requestShape, (value, kind, path) => {
    if (kind === 'payload') refuseLarge(value as PayloadJson, path, limit);
    else
      for (const [i, p] of (value as PayloadsJson).payloads.entries())
        refuseLarge(p, `${path}.payloads.${i}`, limit);
    return value;
  });
}

function refuseLarge({ data = '' }: PayloadJson, path: string, limit: number): void {
  if (data.length <= limit) return;
  const bytes = Math.floor((data.replace(/=+$/, '').length * 3) / 4);
  if (bytes <= limit) return;
  const readable = limit % MIB === 0 ? ` (${limit / MIB} MiB)` : '';
  throw new ServiceError(
    'PAYLOAD_TOO_LARGE',
    `${path}: a payload of ${bytes} bytes is over the bound of ${limit} bytes${readable}`,
  );
}
