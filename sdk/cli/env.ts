/** `perdure env …`: named sets of flags, kept in a file, so that `--env prod` stands for an address and a key. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { noun, outputOption, printed, type SharedFlags, type Terminal } from './context.ts';
import { table } from './render.ts';

/** What a profile may set, by flag, and the variable that stands for it. */
const KEYS: Record<string, string> = {
  address: 'PERDURE_ADDRESS',
  namespace: 'PERDURE_NAMESPACE',
  'api-key': 'PERDURE_API_KEY',
  'codec-endpoint': 'PERDURE_CODEC_ENDPOINT',
  'codec-auth': 'PERDURE_CODEC_AUTH',
};
const SECRET = new Set(['api-key', 'codec-auth']);
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

type Profiles = Record<string, Record<string, string>>;
type Environment = Terminal['env'];

interface EnvFlags extends Pick<SharedFlags, 'output'> {
  env?: string;
  key?: string;
  value?: string;
}

export function envFile(env: Environment): string {
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return env.PERDURE_ENV_FILE || join(config, 'perdure', 'env.json');
}

/** @throws Error when the file is not what this program writes. */
function readProfiles(file: string): Profiles {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Profiles;
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`);
  }
}

/** For its owner alone: there may be keys in it. */
function writeProfiles(file: string, profiles: Profiles): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 });
}

/** The profile that `--env` or PERDURE_ENV names, without which it is `default`. */
export function profileName(args: string[], env: Environment): { name: string; asked: boolean } {
  const at = args.findIndex((arg) => arg === '--env' || arg.startsWith('--env='));
  const given = at < 0 ? env.PERDURE_ENV : args[at]!.slice('--env='.length) || args[at + 1];
  return { name: given || 'default', asked: Boolean(given) };
}

/** What variables say counts more than a profile. @throws Error for a profile that is asked for and not there */
export function withProfile(args: string[], env: Environment): Environment {
  const { name, asked } = profileName(args, env);
  const file = envFile(env);
  const profile = readProfiles(file)[name];
  if (!profile && asked && args[0] !== 'env')
    throw new Error(`There is no environment "${name}" in ${file}. perdure env list shows those there are.`);
  const fromProfile = Object.entries(profile ?? {}).map(([key, value]) => [KEYS[key] ?? key, value] as const);
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  return { ...Object.fromEntries(fromProfile), ...Object.fromEntries(given) };
}

export function envCommand(terminal: Terminal): Command {
  const command = noun('env', 'named sets of flags, for --env');
  const file = envFile(terminal.env);
  const add = (name: string, description: string, define: (c: Command) => Command, act: Action): void => {
    define(command.command(name).description(description))
      .option('--env <name>', 'the environment', terminal.env.PERDURE_ENV || 'default')
      .addOption(outputOption())
      .action((flags: EnvFlags) => {
        const [json, text] = act(flags, readProfiles(file));
        terminal.print(printed(flags.output, json, text));
      });
  };
  const key = (c: Command): Command =>
    c.requiredOption('-k, --key <flag>', Object.keys(KEYS).join(', '), known);
  add(
    'set',
    'set a flag of an environment',
    (c) => key(c).requiredOption('-v, --value <value>', 'its value'),
    set,
  );
  add(
    'get',
    'show what an environment sets',
    (c) => c.option('-k, --key <flag>', 'only this flag', known),
    get,
  );
  add(
    'delete',
    'delete an environment, or one flag of it',
    (c) => c.option('-k, --key <flag>', 'only it', known),
    remove,
  );
  add(
    'list',
    'list environments',
    (c) => c,
    (_, profiles) => {
      const names = Object.keys(profiles);
      return [names, names.join('\n') || `No environments; they are kept in ${file}.`];
    },
  );
  return command;

  function set({ env: name = 'default', key = '', value = '' }: EnvFlags, profiles: Profiles): Shown {
    if (!NAME.test(name)) throw new InvalidArgumentError('--env: letters, digits, "_" and "-".');
    writeProfiles(file, { ...profiles, [name]: { ...profiles[name], [key]: value } });
    return [{ env: name, key }, `${key} of environment ${name} is set.`];
  }
  function remove({ env: name = 'default', key }: EnvFlags, profiles: Profiles): Shown {
    const { [name]: profile = {}, ...others } = profiles;
    const rest = Object.fromEntries(Object.entries(profile).filter(([other]) => other !== key));
    writeProfiles(file, key === undefined ? others : { ...others, [name]: rest });
    return [{ env: name, deleted: key ?? true }, `${key ?? 'All'} of environment ${name} is deleted.`];
  }
}

type Shown = [json: unknown, text: string];
type Action = (flags: EnvFlags, profiles: Profiles) => Shown;

function known(key: string): string {
  if (Object.hasOwn(KEYS, key)) return key;
  throw new InvalidArgumentError(`The flags are ${Object.keys(KEYS).join(', ')}.`);
}

/** Keys are named, never shown. */
function get({ env: name = 'default', key }: EnvFlags, profiles: Profiles): Shown {
  const entries = Object.entries(profiles[name] ?? {})
    .filter(([flag]) => key === undefined || flag === key)
    .map(([flag, value]) => [flag, SECRET.has(flag) ? '(set)' : value]);
  const text = entries.length > 0 ? table(entries) : `Environment ${name} sets nothing.`;
  return [Object.fromEntries(entries), text];
}
