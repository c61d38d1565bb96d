/**
 * The options of a command, as one table: what is typed on its command line becomes typed values, `--help` prints the table,
 * and what makes no sense is said in one line, with status 2.
 */

import { parseArgs } from 'node:util';

const HELP_WIDTH = 110;

interface Described {
  /** What it is for, in a line of the help; the default is said behind it. */
  about: string;
}

/** `--jobs 4`: a whole number, or with `fractions` any. */
interface NumberOption extends Described {
  kind: 'number';
  least: number;
  most?: number;
  fractions?: true;
  default?: number;
}

/** `--keep FOLDER`: `value` is how the help calls it. */
interface TextOption extends Described {
  kind: 'text';
  value: string;
  default?: string;
}

/** A text that may be given again and again. */
interface TextsOption extends Described {
  kind: 'texts';
  value: string;
  /** All that it may be. */
  among?: readonly string[];
}

/** `--a,b`: texts with commas between them. */
interface ListOption extends Described {
  kind: 'list';
  value: string;
  among: readonly string[];
}

interface FlagOption extends Described {
  kind: 'flag';
}

type Option = NumberOption | TextOption | TextsOption | ListOption | FlagOption;
export type Options = Readonly<Record<string, Option>>;

/** What may stand on the command line without a dash. */
interface Names {
  /** How the help calls one: `NAME`. */
  value: string;
  about: string;
  among?: readonly string[];
  least?: number;
  most?: number;
}

export interface Command<O extends Options> {
  /** What one types: `npm run sim`. */
  command: string;
  about: string;
  options: O;
  names?: Names;
}

type Whole<T extends { default?: unknown }, V> = T extends { default: V } ? V : V | undefined;
type ValueOf<T extends Option> = T extends NumberOption
  ? Whole<T, number>
  : T extends TextOption
    ? Whole<T, string>
    : T extends FlagOption
      ? boolean
      : string[];

export interface Given<O extends Options> {
  values: { [Name in keyof O]: ValueOf<O[Name]> };
  names: string[];
}

/** Of an option that is one. */
export const PORT = { kind: 'number', least: 1, most: 65_535 } as const;

/** What is wrong with a command line, in one line. */
export class UsageError extends Error {}

/** What the process was given. Prints and ends it when that is `--help`, or makes no sense: call it before anything else. */
export function commandLine<const O extends Options>(command: Command<O>): Given<O> {
  try {
    const given = readCommandLine(command, process.argv.slice(2));
    if (given) return given;
    console.log(helpText(command));
    return process.exit(0);
  } catch (error) {
    return refuse(command, error);
  }
}

/** Says in one line what is wrong, and ends the process with status 2. For what the table alone cannot know. */
export function refuse(command: Pick<Command<Options>, 'command'>, error: unknown): never {
  if (!(error instanceof UsageError)) throw error;
  console.error(`perdure: ${error.message} (${withArguments(command, '--help')} says more)`);
  return process.exit(2);
}

/**
 * @returns nothing when help is asked for
 * @throws UsageError
 */
export function readCommandLine<const O extends Options>(
  { options, names }: Command<O>,
  args: readonly string[],
): Given<O> | undefined {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, { kind }]) => [
          name,
          { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return undefined;
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) values[name] = valueWithout(option);
  const given: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') given.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) throw new UsageError(`there is no option ${token.rawName}; there are: ${listed(options)}`);
    values[token.name] = read(option, token, values[token.name]);
  }
  checkNames(names, given);
  return { values: values as Given<O>['values'], names: given };
}

export function helpText({ command, about, options, names }: Command<Options>): string {
  const rows: Array<[what: string, about: string]> = [
    ...(names ? [[names.value, sentence(names.about, names.among)] as [string, string]] : []),
    ...Object.entries(options).map(([name, option]): [string, string] => [
      `--${name}${placeholder(option)}`,
      described(option),
    ]),
    ['--help', 'prints this'],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  return [
    withArguments({ command }, `[OPTIONS]${names ? ` ${usageOf(names)}` : ''}`),
    `\n${about}\n`,
    ...rows.map(([what, text]) => `  ${what.padEnd(width)}  ${wrapped(text, width + 4)}`),
  ].join('\n');
}

function usageOf({ value, least = 0, most = Number.POSITIVE_INFINITY }: Names): string {
  const some = most > 1 ? `${value}…` : value;
  return least > 0 ? some : `[${some}]`;
}

function wrapped(text: string, indent: number): string {
  let column = indent;
  const words = text.split(' ').map((word) => {
    const fits = column === indent || column + word.length < HELP_WIDTH;
    column = (fits ? column : indent) + word.length + 1;
    return fits ? word : `\n${' '.repeat(indent)}${word}`;
  });
  return words.join(' ').replaceAll(' \n', '\n');
}

/** npm takes what stands before `--` for its own. */
const withArguments = ({ command }: { command: string }, args: string): string =>
  `${command}${/^npm /.test(command) && !command.includes(' -- ') ? ' --' : ''} ${args}`;

const listed = (options: Options): string =>
  [...Object.keys(options), 'help'].map((name) => `--${name}`).join(' ');

const sentence = (about: string, among: readonly string[] | undefined): string =>
  among ? `${about}: ${among.join(' ')}` : about;

function placeholder(option: Option): string {
  if (option.kind === 'flag') return '';
  if (option.kind === 'number') return option.fractions ? ' NUMBER' : ' N';
  return option.kind === 'list' ? ` ${option.value},…` : ` ${option.value}`;
}

function described(option: Option): string {
  const about = sentence(option.about, 'among' in option ? option.among : undefined);
  return 'default' in option && option.default !== undefined ? `${about} (${option.default})` : about;
}

function valueWithout(option: Option): unknown {
  if (option.kind === 'flag') return false;
  return option.kind === 'texts' || option.kind === 'list' ? [] : option.default;
}

function read(
  option: Option,
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  before: unknown,
): unknown {
  const { rawName: flag, value: text } = token;
  if (option.kind === 'flag') {
    if (text !== undefined) throw new UsageError(`${flag} takes no value: ${text}`);
    return true;
  }
  if (option.kind === 'number') return numberOf(option, flag, text);
  // What begins with a dash is the next option, unless `--test=-x` says otherwise: the value was forgotten.
  if (!text || (text.startsWith('-') && !token.inlineValue))
    throw new UsageError(`${flag} ${option.value}: a value is expected${text ? `, not ${text}` : ''}`);
  if (option.kind === 'text') return text;
  const parts = option.kind === 'list' ? text.split(',') : [text];
  const unknown = parts.find((part) => option.among && !option.among.includes(part));
  if (unknown !== undefined)
    throw new UsageError(`${flag}: there is no '${unknown}'; there are: ${option.among!.join(' ')}`);
  return [...(before as string[]), ...parts];
}

function numberOf(option: NumberOption, flag: string, text: string | undefined): number {
  const { least, most, fractions } = option;
  const value = text?.trim() ? Number(text) : Number.NaN;
  const fits = fractions ? Number.isFinite(value) : Number.isSafeInteger(value);
  if (fits && value >= least && value <= (most ?? value)) return value;
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  const got = text === undefined ? 'nothing' : `'${text}'`;
  throw new UsageError(`${flag}: a ${fractions ? '' : 'whole '}number ${range} is expected, not ${got}`);
}

function checkNames(names: Names | undefined, given: readonly string[]): void {
  const { value, among, least = 0, most = names ? Number.POSITIVE_INFINITY : 0 } = names ?? {};
  if (given.length > most) throw new UsageError(`'${given[most]}' stands there without an option`);
  if (given.length < least) throw new UsageError(`a ${value} is expected`);
  const unknown = given.find((name) => among && !among.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`there is no ${value} '${unknown}'; there are: ${among!.join(' ')}`);
}
