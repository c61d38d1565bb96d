import { expect, it } from 'vitest';
import { plainLines } from '../scripts/lib/wrangler-output.ts';

const RED = '\u001b[31m';
const PLAIN = '\u001b[0m';

it('a Worker’s error is shown once, as one line, in whatever pieces it comes', () => {
  const printed: string[] = [];
  const print = plainLines((text) => printed.push(text));
  const output = `${RED}✘ ${RED}[ERROR]${PLAIN} ERROR Activity failed {"attempt":1}${PLAIN}\n\n\nINFO  next\n`;
  for (const character of output) print(character);
  print(output);
  const lines = ['ERROR Activity failed {"attempt":1}\n', 'INFO  next\n'];
  expect(printed).toEqual([...lines, ...lines]);
});

it('an error of wrangler’s own keeps its mark', () => {
  const printed: string[] = [];
  plainLines((text) => printed.push(text))('✘ [ERROR] Address already in use\n');
  expect(printed).toEqual(['✘ [ERROR] Address already in use\n']);
});

it('a Worker that wrangler runs beside others is not called undefined', () => {
  const printed: string[] = [];
  plainLines((text) => printed.push(text))(
    `[undefined] INFO  one\n\u001b[34m[undefined]\u001b[39m INFO  two\nINFO  [undefined] three\n`,
  );
  expect(printed).toEqual(['INFO  one\n', 'INFO  two\n', 'INFO  [undefined] three\n']);
});

it('of a build that failed what it said is shown, and not the process that it was', () => {
  const printed: string[] = [];
  const output = [
    `${RED}✘ [ERROR] k [Error]: Process exited with non-zero status (1)${PLAIN}`,
    '      at async runCustomBuild (/app/node_modules/wrangler/wrangler-dist/cli.js:191759:5) {',
    '    result: I {',
    "        spawnfile: '/bin/sh',",
    '        Symbol(kCapture): false',
    '    },',
    '    output: {',
    '      stderr: \'✘ [ERROR] Unexpected ";" [plugin perdure-workflows]\\n\' +',
    "        '\\n' +",
    "        '    workflows.ts:100:18:\\n' +",
    '        "      7 │ import * as workflows from \'./workflows.ts\';\\n" +',
    "        '\\n',",
    "      stdout: '',",
    '      exitCode: 1',
    '    }',
    '  }',
    '✘ [ERROR] Running custom build `node build` failed.',
    '  as it came',
    '',
  ].join('\n');
  plainLines((text) => printed.push(text))(output);
  expect(printed.join('')).toBe(
    [
      '✘ [ERROR] Unexpected ";" [plugin perdure-workflows]',
      '    workflows.ts:100:18:',
      "      7 │ import * as workflows from './workflows.ts';",
      '✘ [ERROR] Running custom build `node build` failed.',
      '  as it came',
      '',
    ].join('\n'),
  );
});
