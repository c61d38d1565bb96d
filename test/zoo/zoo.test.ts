import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defects } from './defects.ts';
import { put, sourceRoot } from './spoil.ts';

test.each(Object.entries(defects))('the defect %s finds its piece of source once', (_name, defect) => {
  const source = readFileSync(join(sourceRoot, defect.file), 'utf8');
  expect(put(defect, source)).not.toBe(source);
});
