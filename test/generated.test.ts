/** What is made from the code is as the code is: `npm run docs` makes it so. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generated } from '../scripts/docs.ts';
import { commandAbsence, commandsByName, flagStates } from '../scripts/lib/command-docs.ts';
import { absentCommands, absentFlags, temporalCommands } from '../scripts/lib/temporal-commands.ts';

it.each(Object.entries(generated))('%s is up to date (if not: npm run docs)', (file, make) => {
  const written = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  expect(make() === written, `${file} is not what the code makes: npm run docs`).toBe(true);
});

describe("Temporal's command line", () => {
  const ours = commandsByName();
  const commands = Object.keys(temporalCommands).filter((name) => name !== '');

  it.each(commands)('%s is here, or the reason is given why not, and not both', (name) => {
    expect({ here: ours.has(name), absent: commandAbsence(name) !== undefined }).toEqual({
      here: ours.has(name),
      absent: !ours.has(name),
    });
  });

  it.each(flagStates().map((state) => [`${state.command} ${state.flag}`, state] as const))(
    '%s is here, or the reason is given why not',
    (_, { present, reason }) => {
      expect(present || Boolean(reason)).toBe(true);
    },
  );

  it('has every command and flag that a reason is given for', () => {
    const beginnings = commands.map((name) => `${name} `);
    const strangers = Object.keys(absentCommands).filter(
      (name) => !beginnings.some((command) => command.startsWith(`${name} `)),
    );
    expect(strangers).toEqual([]);
    const flags = Object.values(temporalCommands).flatMap((list) => list.split(' '));
    const unknown = Object.keys(absentFlags).filter((name) => !flags.includes(name.split(' ').at(-1)!));
    expect(unknown).toEqual([]);
  });
});
