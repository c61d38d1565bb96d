/** docs/cli.md, from the commands themselves and the table of Temporal's. */

import type { Command, Option } from 'commander';
import { programOf } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { absentCommands, absentFlags, temporalCommands } from './temporal-commands.ts';

/** Commands that do something, by their words: `workflow start`. Nothing of this machine's environment is in them. */
export function commandsByName(): Map<string, Command> {
  const nothing = (): void => undefined;
  const terminal = {
    print: nothing,
    complain: nothing,
    colors: plain,
    env: { HOME: '~' },
    abortSignal: AbortSignal.any([]),
  };
  const found = new Map<string, Command>();
  const visit = (command: Command, words: string[]): void => {
    if (command.commands.length === 0) found.set(words.join(' '), command);
    for (const child of command.commands) visit(child, [...words, child.name()]);
  };
  visit(programOf(terminal), []);
  return found;
}

const flagsOf = (command: Command): Set<string> =>
  new Set(
    command.options.flatMap(({ long, negate }) =>
      long ? [long, ...(negate ? [long.replace('--no-', '--')] : [])] : [],
    ),
  );

/** Why Temporal's command is not here. */
export function commandAbsence(name: string): string | undefined {
  const words = name.split(' ');
  const beginnings = words.map((_, i) => words.slice(0, words.length - i).join(' '));
  return beginnings.map((beginning) => absentCommands[beginning]).find((reason) => reason !== undefined);
}

export interface FlagState {
  command: string;
  flag: string;
  present: boolean;
  reason: string | undefined;
}

/** Every flag of every command of Temporal's that is here. */
export function flagStates(): FlagState[] {
  const ours = commandsByName();
  const everywhere = flagsOf(ours.get('workflow list')!);
  return Object.entries(temporalCommands).flatMap(([command, list]) => {
    const own = command === '' ? everywhere : ours.get(command) && flagsOf(ours.get(command)!);
    if (!own) return [];
    return list
      .split(' ')
      .filter(Boolean)
      .map((flag) => ({
        command,
        flag,
        present: own.has(flag),
        reason: absentFlags[`${command} ${flag}`] ?? absentFlags[flag],
      }));
  });
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const HEAD = `# The command line

Made from the commands themselves by \`npm run docs\`. \`perdure --help\`, \`perdure workflow start --help\` say the same.

Nouns, verbs and flags are those of Temporal's command line. **Exit codes**: 0 done; 1 it failed, with the reason on standard error; 2 the command line makes no sense;
130 interrupted. Colours only on a terminal, and not with \`NO_COLOR\`. \`-o json\` prints one JSON value, \`-o jsonl\` one a line, as it comes.

**Where flags come from**, the first that says something: the command line; the variables \`PERDURE_ADDRESS\`, \`PERDURE_NAMESPACE\`, \`PERDURE_API_KEY\`,
\`PERDURE_CODEC_ENDPOINT\`, \`PERDURE_CODEC_AUTH\`; the environment that \`--env\` or \`PERDURE_ENV\` names, \`default\` otherwise.

\`\`\`sh
perdure env set --env prod --key address --value https://perdure.example.workers.dev
perdure env set --env prod --key api-key --value "$KEY"     # kept in ~/.config/perdure/env.json, for you alone
perdure workflow list --env prod
\`\`\`

In a clone of Perdure the command is \`npm run perdure --\`, in a project that has the package \`npx perdure\`.

\`perdure server start-dev\` runs an engine on this machine, Web UI and all, with its data in a folder that survives restarts; it needs \`wrangler\` beside it.
`;

export function commandLineDocs(): string {
  const commands = commandsByName();
  const shared = commands.get('operator cluster health')!.options;
  const sharedFlags = new Set(shared.map(({ long }) => long));
  const sections = [...commands].map(([name, command]) => {
    const everywhere = command.options.filter(({ long }) => sharedFlags.has(long)).length === shared.length;
    const own = command.options.filter(({ long }) => !(everywhere && sharedFlags.has(long)));
    return [
      `### \`perdure ${name}\``,
      '',
      `${command.description()}.`,
      ...(own.length > 0 ? ['', ...flagTable(own)] : []),
    ];
  });
  return [
    HEAD,
    '## Flags of all commands that ask an engine',
    '',
    ...flagTable(shared),
    '',
    '## Commands',
    '',
    sections.map((lines) => lines.join('\n')).join('\n\n'),
    '',
    '## What Temporal has and this has not',
    '',
    '| command | why |',
    '|---|---|',
    ...Object.entries(absentCommands).map(([name, reason]) => `| \`${name}\` | ${cell(reason)} |`),
    '',
    '| flag | of | instead |',
    '|---|---|---|',
    ...absentFlagRows(),
    '',
  ].join('\n');
}

function flagTable(options: readonly Option[]): string[] {
  return [
    '| flag | |',
    '|---|---|',
    ...options.map(
      (option) => `| \`${option.flags}\` | ${cell([option.description, ...notes(option)].join('; '))} |`,
    ),
  ];
}

function notes({ mandatory, defaultValue, defaultValueDescription, argChoices }: Option): string[] {
  const value = defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
  return [
    ...(argChoices ? [`one of ${argChoices.join(', ')}`] : []),
    ...(mandatory ? ['required'] : value === undefined || value === 'true' ? [] : [`default \`${value}\``]),
  ];
}

function absentFlagRows(): string[] {
  const absent = flagStates().filter(({ present }) => !present);
  const byFlag = Map.groupBy(absent, ({ flag, reason }) => `${flag}\n${reason}`);
  return [...byFlag.values()].map((states) => {
    const { flag, reason = '' } = states[0]!;
    const all = states.some(({ command }) => command === '');
    const names = states.map(({ command }) => `\`${command}\``);
    const of = all
      ? 'all'
      : names.length > 4
        ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
        : names.join(', ');
    return `| \`${flag}\` | ${of} | ${cell(reason)} |`;
  });
}
