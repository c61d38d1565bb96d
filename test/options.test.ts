/** Command lines: what the table of a command makes of them. */

import { describe, expect, it } from 'vitest';
import { helpText, readCommandLine, UsageError } from '../scripts/lib/options.ts';

const command = {
  command: 'npm run try',
  about: 'Tries.',
  names: { value: 'NAME', among: ['one', 'two'], most: 2, about: 'only these' },
  options: {
    jobs: { kind: 'number', least: 1, most: 8, default: 4, about: 'at once' },
    seed: { kind: 'number', least: 0, about: 'where it begins' },
    minutes: { kind: 'number', least: 0, fractions: true, default: 0, about: 'how long' },
    keep: { kind: 'text', value: 'FOLDER', about: 'where it is kept' },
    var: { kind: 'texts', value: 'TEXT', about: 'may be repeated' },
    without: { kind: 'list', value: 'FAULT', among: ['rain', 'snow'], about: 'what does not happen' },
    trace: { kind: 'flag', about: 'tells all' },
  },
} as const;
const read = (...args: string[]) => readCommandLine(command, args);

describe('a command line', () => {
  it('is the defaults where nothing is given', () => {
    expect(read()).toEqual({
      values: {
        jobs: 4,
        seed: undefined,
        minutes: 0,
        keep: undefined,
        var: [],
        without: [],
        trace: false,
      },
      names: [],
    });
  });

  it('gives each option the value of its kind', () => {
    const { values, names } = read(
      ...['two', '--jobs', '2', '--seed=7', '--minutes', '0.5', '--keep', 'here', '--var', 'a=1', '--var=-b'],
      ...['--without', 'rain,snow', '--trace', 'one'],
    )!;
    expect(values).toEqual({
      jobs: 2,
      seed: 7,
      minutes: 0.5,
      keep: 'here',
      var: ['a=1', '-b'],
      without: ['rain', 'snow'],
      trace: true,
    });
    expect(names).toEqual(['two', 'one']);
  });

  it.each([
    ['--jobs x', "--jobs: a whole number from 1 to 8 is expected, not 'x'"],
    ['--jobs 0', "--jobs: a whole number from 1 to 8 is expected, not '0'"],
    ['--jobs 9', "--jobs: a whole number from 1 to 8 is expected, not '9'"],
    ['--jobs=', "--jobs: a whole number from 1 to 8 is expected, not ''"],
    ['--jobs', '--jobs: a whole number from 1 to 8 is expected, not nothing'],
    ['--seed -3', "--seed: a whole number of at least 0 is expected, not '-3'"],
    ['--seed 1.5', "--seed: a whole number of at least 0 is expected, not '1.5'"],
    ['--minutes Infinity', "--minutes: a number of at least 0 is expected, not 'Infinity'"],
    ['--keep', '--keep FOLDER: a value is expected'],
    ['--keep --trace', '--keep FOLDER: a value is expected, not --trace'],
    ['--without rain,hail', "--without: there is no 'hail'; there are: rain snow"],
    ['--trace=yes', '--trace takes no value: yes'],
    [
      '--nonsense',
      'there is no option --nonsense; there are: --jobs --seed --minutes --keep --var --without --trace --help',
    ],
    ['--constructor x', 'there is no option --constructor'],
    ['-x', 'there is no option -x'],
    ['three', "there is no NAME 'three'; there are: one two"],
    ['one two one', "'one' stands there without an option"],
  ])('%s is refused, with what is expected', (line, message) => {
    expect(() => read(...line.split(' '))).toThrow(UsageError);
    expect(() => read(...line.split(' '))).toThrow(message);
  });

  it('that lacks a name which is needed is refused', () => {
    const needy = { ...command, names: { value: 'FOLDER', least: 1, most: 1, about: 'which' } };
    expect(() => readCommandLine(needy, [])).toThrow('a FOLDER is expected');
    expect(readCommandLine(needy, ['.'])!.names).toEqual(['.']);
  });

  it('with --help or -h asks for help, whatever else stands there', () => {
    expect(read('--help')).toBeUndefined();
    expect(read('--jobs', 'x', '-h')).toBeUndefined();
  });
});

describe('the help of a command', () => {
  it('is the table', () => {
    expect(helpText(command)).toBe(`npm run try -- [OPTIONS] [NAME…]

Tries.

  NAME               only these: one two
  --jobs N           at once (4)
  --seed N           where it begins
  --minutes NUMBER   how long (0)
  --keep FOLDER      where it is kept
  --var TEXT         may be repeated
  --without FAULT,…  what does not happen: rain snow
  --trace            tells all
  --help             prints this`);
  });

  it('wraps what is long under itself', () => {
    const among = Array.from({ length: 30 }, (_, n) => `name-${n}`);
    const lines = helpText({ ...command, names: { value: 'NAME', among, about: 'only these' } }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(lines.filter((line) => /^ {20,}name-/.test(line)).length).toBeGreaterThan(1);
  });
});
