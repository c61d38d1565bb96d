/**
 * What `wrangler dev` prints, for people: whatever a Worker logs as an error comes framed as one of wrangler's own, and where it
 * runs several Workers, before each other line stands a name of the Worker that it does not know.
 */

import { stripVTControlCharacters } from 'node:util';

/** Wrangler's mark before a line that says its level itself. */
const DOUBLED = /^✘ \[ERROR\] (?=ERROR )/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: wrangler colours it.
const NAMELESS = /^(?:\u001b\[\d+m)*\[undefined\](?:\u001b\[\d+m)* /;

/** Takes output in pieces and writes whole lines, without a level told twice, nobody's name and the blank lines around. */
export function plainLines(write: (text: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const plain = stripVTControlCharacters(line).trimEnd();
      if (plain === '') continue;
      write(`${DOUBLED.test(plain) ? plain.replace(DOUBLED, '') : line.replace(NAMELESS, '')}\n`);
    }
  };
}
