/**
 * What `wrangler dev` prints, for people: whatever a Worker logs as an error comes framed as one of wrangler's own, and where it
 * runs several Workers, before each other line stands a name of the Worker that it does not know.
 */

import { stripVTControlCharacters } from 'node:util';

/** Wrangler's mark before a line that says its level itself. */
const DOUBLED = /^✘ \[ERROR\] (?=ERROR )/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: wrangler colours it.
const NAMELESS = /^(?:\u001b\[\d+m)*\[undefined\](?:\u001b\[\d+m)* /;

/** Before what Node prints of an error, all of whose lines are indented: the build's own words are among them, as text of a program. */
const FAILED_BUILD = /Process exited with non-zero status/;
const SAID = /^\s+(?:stderr: )?(['"`])(.*)\1(?: \+|,)?$/;

/**
 * Takes output in pieces and writes whole lines, without a level told twice, nobody's name and the blank lines around; of a build that failed
 * what it said, and not the hundred lines of the process that it was.
 */
export function plainLines(write: (text: string) => void): (text: string) => void {
  let rest = '';
  let isDump = false;
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const plain = stripVTControlCharacters(line).trimEnd();
      if (plain === '') continue;
      isDump = FAILED_BUILD.test(plain) || (isDump && plain.startsWith(' '));
      if (isDump) {
        const said = plainText(SAID.exec(plain)?.[2] ?? '');
        if (said) write(`${said}\n`);
        continue;
      }
      write(`${DOUBLED.test(plain) ? plain.replace(DOUBLED, '') : line.replace(NAMELESS, '')}\n`);
    }
  };
}

/** A line of text as it was before Node wrote it as a program would. */
function plainText(literal: string): string {
  const text = literal.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  return stripVTControlCharacters(text).trimEnd();
}
