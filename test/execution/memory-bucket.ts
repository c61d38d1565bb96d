/** As much of an R2 bucket as the archive uses. Lists answer in small pages, in the order of keys. */

import type { ArchiveBucket } from '../../src/archive/archive.ts';

const PAGE = 3;
/** https://developers.cloudflare.com/r2/platform/limits/ */
const LONGEST_KEY = 1_024;

export class MemoryBucket implements ArchiveBucket {
  readonly objects = new Map<string, { value: string; customMetadata?: Record<string, string> }>();
  /** Called before each write: what it throws, the write throws. */
  beforePut: (key: string) => void = () => undefined;

  async put(
    key: string,
    value: string,
    options?: { customMetadata?: Record<string, string> },
  ): Promise<void> {
    this.beforePut(key);
    this.objects.set(key, { value, ...options });
  }

  async get(key: string): Promise<{ text(): Promise<string> } | null> {
    if (Buffer.byteLength(key) > LONGEST_KEY) throw new Error('get: The specified key is too long. (10024)');
    const object = this.objects.get(key);
    return object ? { text: async () => object.value } : null;
  }

  async delete(keys: string | string[]): Promise<void> {
    for (const key of [keys].flat()) this.objects.delete(key);
  }

  async list({ prefix, cursor = '' }: { prefix: string; cursor?: string }) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > cursor).sort();
    const page = keys.slice(0, PAGE);
    const truncated = keys.length > PAGE;
    const objects = page.map((key) => ({
      key,
      customMetadata: { ...this.objects.get(key)!.customMetadata },
    }));
    return { objects, truncated, ...(truncated && { cursor: page.at(-1)! }) };
  }
}
