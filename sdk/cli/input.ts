/** Arguments of workflows and messages: JSON on the command line, or in files. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { collectJson } from './context.ts';

/** `prefix`: `signal-` for `--signal-input`. Files and values are arguments in the order in which they are written. */
export function inputFlags(command: Command, of = 'argument', prefix = ''): Command {
  const name = `${prefix}input`;
  const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return command
    .option(`${prefix === '' ? '-i, ' : ''}--${name} <json>`, `an ${of}; repeat for more`, collectJson)
    .option(`--${name}-file <path>`, `a file with the JSON of an ${of}; repeat for more`, (path: string) => {
      // One list, whichever way they come.
      const given = command.getOptionValue(key) as unknown[] | undefined;
      command.setOptionValue(key, collectJson(textOf(path), given));
      return path;
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${(error as Error).message}.`);
  }
}
