import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defects } from './defects.ts';
import { put, sourceRoot } from './spoil.ts';

describe('the zoo', () => {
  it.each(Object.entries(defects))('%s is a piece of source that is there once', (_name, defect) => {
    const source = readFileSync(join(sourceRoot, defect.file), 'utf8');
    expect(put(defect, source)).not.toBe(source);
  });

  it('has twenty defects and more', () => {
    expect(Object.keys(defects).length).toBeGreaterThanOrEqual(20);
  });

  it('is nowhere in what is released', () => {
    const sources = globSync('{src,sdk,scripts}/**/*.ts', { cwd: join(sourceRoot, '..') });
    expect(sources.length).toBeGreaterThan(100);
    const infected = sources.filter((file) =>
      /PERDURE_DEFECT|test\/zoo/.test(readFileSync(join(sourceRoot, '..', file), 'utf8')),
    );
    expect(infected).toEqual([]);
  });

  it('refuses a piece that is not there, or there twice', () => {
    const defect = { file: 'core/timer.ts', find: 'a', replace: 'b', by: { sim: 1 } };
    expect(() => put(defect, 'c')).toThrow('0 times');
    expect(() => put(defect, 'aa')).toThrow('2 times');
  });
});
