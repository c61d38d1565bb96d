/**
 * Checksums of what is stored. A byte that changed on its way to the disk and back is found when the text is read, and
 * what it belongs to is refused: nothing is ever built on it. Texts of engines that wrote no checksum are taken as they are.
 */

import { crc32 } from 'node:zlib';
import { ServiceError } from '../../sdk/common/errors.ts';

const FIELD = ',"c":';

/** The JSON object with its checksum as its last field. `name` is part of what is summed up. */
export function sealed(json: string, name: string): string {
  const body = json.slice(0, -1);
  return `${body}${FIELD}${crc32(body, crc32(name))}}`;
}

/**
 * @param known looks at the value before it is judged: of a version that is not known nothing is
 * @throws ServiceError DATA_LOSS that names it
 */
export function unsealed<T extends object>(text: string, name: string, known?: (value: T) => void): T {
  const value = parsed<T & { c?: number }>(text, name);
  known?.(value);
  const { c: sum } = value;
  if (sum !== undefined && crc32(text.slice(0, text.lastIndexOf(FIELD)), crc32(name)) !== sum)
    throw corrupt(name, 'its checksum is another one');
  return value;
}

function parsed<T>(text: string, name: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw corrupt(name, 'it is not JSON');
  }
}

export const corrupt = (name: string, why: string): ServiceError =>
  new ServiceError('DATA_LOSS', `${name} is corrupt: ${why}`);

export const isCorruption = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && error.code === 'DATA_LOSS';
