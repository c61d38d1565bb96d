/** `npm run test:upgrade`: two builds of the engine take turns on the same data, and the checker reads it. `--help` says how. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchEngine } from '../../scripts/lib/launch.ts';
import { commandLine, refuse, UsageError } from '../../scripts/lib/options.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { checkEvidence, reportLines, violationsOf, workflowsOf } from '../checker/checker.ts';
import { type Op, saveEvidence } from '../checker/evidence.ts';
import { reapFolder } from '../e2e/reaper.ts';
import { collectEvidence, comeToRest } from '../kill/collect.ts';
import { Load } from '../kill/load.ts';
import { type Build, KillWorld } from '../kill/world.ts';
import { Random } from '../sim/random.ts';
import * as workflows from './workflows.ts';

const SWITCHES_PER_ROUND = 6;
/** Where there is no release yet. */
const COMMITS_BACK = 40;
const NEW = 0;
const OLD = 1;

const command = {
  command: 'npm run test:upgrade',
  about: `One engine's data, two engines on it in turn: the one of now, and one from the history of this repository. A Worker of each
build takes turns too, and the later one's workflow code is another. All under load, restarted and reloaded; after every
${SWITCHES_PER_ROUND} switches the engine of now brings everything to rest, and the checker reads what is stored.`,
  options: {
    switches: { kind: 'number', least: 0, default: 12, about: 'how many, rounded up to whole rounds' },
    minutes: { kind: 'number', fractions: true, least: 0, default: 0, about: 'goes on for at least so long' },
    from: {
      kind: 'text',
      value: 'COMMIT',
      about: `the earlier engine; without: of the last release, or ${COMMITS_BACK} commits ago`,
    },
    seed: { kind: 'number', least: 0, about: "of the load and the switches; the moments are the machine's" },
    clients: { kind: 'number', least: 1, default: 6, about: 'clients at once' },
  },
} as const;
const { values } = commandLine(command);
const { seed = Date.now() % 1_000_000 } = values;
if (values.switches === 0 && values.minutes === 0)
  refuse(command, new UsageError('--switches 0 without --minutes: there is nothing to do'));
const random = new Random(seed);
const begun = Date.now();
const until = begun + values.minutes * 60_000;
const say = (line: string): void =>
  console.log(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

const git = (...args: string[]): string =>
  execFileSync('git', args, {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** `undefined`: the repository does not reach back so far, or this is none. */
function earlierCommit(): string | undefined {
  const attempts = values.from
    ? [() => values.from!]
    : [() => git('describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD^'), () => `HEAD~${COMMITS_BACK}`];
  for (const attempt of attempts) {
    try {
      return git('rev-parse', '--verify', '--quiet', `${attempt()}^{commit}`);
    } catch {
      // The next one, if there is one.
    }
  }
  return undefined;
}

/** Its sources, beside the packages of now. */
async function checkedOut(commit: string, dir: string): Promise<Build> {
  const root = join(dir, 'earlier');
  mkdirSync(root);
  const archive = execFileSync('git', ['archive', commit], {
    cwd: projectRoot,
    maxBuffer: 512 * 1024 * 1024,
  });
  execFileSync('tar', ['-x', '-C', root], { input: archive });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  // An engine builds its own Web UI only, and a reload goes over to the other one's sources.
  for (const each of [root, projectRoot])
    execFileSync(process.execPath, ['scripts/build-ui.ts'], { cwd: each });
  // Its processes are its own module's: they too must end with this one.
  await import(join(root, 'test/e2e/reaper.ts'));
  const launch = (await import(join(root, 'scripts/lib/launch.ts'))) as Pick<Build, 'launchEngine'>;
  const build = (await import(join(root, 'sdk/worker/build.ts'))) as Pick<Build, 'buildWorker'>;
  const { launchEngine } = launch;
  return {
    root,
    worker: join(root, 'test/kill/worker-node.ts'),
    launchEngine,
    buildWorker: build.buildWorker,
  };
}

type Switch = 'restart' | 'reload' | 'worker' | 'both';
const counts = new Map<string, number>();

/** One of the two, or both, go over to the other build. */
async function turnOver(world: KillWorld, kinds: Switch[]): Promise<void> {
  const how = random.pick(kinds);
  counts.set(how, (counts.get(how) ?? 0) + 1);
  if (how !== 'worker') world.engineBuild = 1 - world.engineBuild;
  if (how === 'worker' || how === 'both') world.workerBuild = 1 - world.workerBuild;
  say(`${how}: engine ${name(world.engineBuild)}, Worker ${name(world.workerBuild)}`);
  if (how === 'reload') return world.reload();
  await restart(world, how !== 'worker', how !== 'restart');
}

async function restart(world: KillWorld, engine: boolean, worker: boolean): Promise<void> {
  await Promise.all([engine && world.killEngine(), worker && world.killWorker()]);
  if (engine) await world.startEngine();
  if (worker) await world.startWorker();
}

const name = (build: number): string => (build === NEW ? 'of now' : 'of before');

/** Load and switches, rest with the builds of now, verdict. */
async function round(world: KillWorld, kinds: Switch[], number: number): Promise<string[]> {
  const prefix = `u${number}-`;
  const load = new Load(prefix, values.clients, {
    url: world.url,
    random: () => random.next(),
    log: (op) => ops.push(op),
  });
  load.begin();
  for (let n = 0; n < SWITCHES_PER_ROUND; n++) {
    await sleep(random.between(1_000, 4_000));
    await turnOver(world, kinds);
  }
  await load.end();
  world.engineBuild = NEW;
  world.workerBuild = NEW;
  await restart(world, true, true);
  const healed = Date.now();
  const left = await comeToRest(world, say);
  const rested = Date.now();
  const evidence = await collectEvidence(world, { prefix, ops, kills: switches, healed, rested, left });
  const report = await checkEvidence(evidence, workflowsOf(workflows));
  for (const line of reportLines(report, { whole: false })) say(line);
  const found = violationsOf(report);
  if (found.length > 0) {
    const kept = join(projectRoot, `.perdure/upgrade-${seed}`, `round-${number}`);
    saveEvidence(kept, evidence);
    say(`the evidence: ${kept} (node test/checker/main.ts ${kept})`);
  }
  say(
    `round ${number}: ${report.runs} runs at rest ${((rested - healed) / 1_000).toFixed(1)} s after the last switch`,
  );
  return found;
}

const ops: Op[] = [];
const violations: string[] = [];
let switches = 0;
const commit = earlierCommit();
if (!commit && values.from)
  refuse(command, new UsageError(`--from ${values.from}: there is no such commit here`));
if (!commit) {
  console.log(
    'the history of this clone is too short for an earlier build: what version 0.1.0 stored (test/upgrade/*.json) stands in',
  );
  const { status } = spawnSync('vitest', ['run', 'test/upgrade'], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
const dir = mkdtempSync(join(tmpdir(), 'perdure-upgrade-'));
reapFolder(dir);
const earlier = await checkedOut(commit, dir);
const config = (root: string): string => readFileSync(join(root, 'wrangler.toml'), 'utf8');
// Where they have other objects, an engine cannot be changed under its feet.
const alike = config(earlier.root) === config(projectRoot);
const kinds: Switch[] = [
  'restart',
  'restart',
  'worker',
  'worker',
  'both',
  ...(alike ? ['reload' as const] : []),
];
const own = {
  root: projectRoot,
  worker: join(projectRoot, 'test/upgrade/worker.ts'),
  launchEngine,
  buildWorker,
};
say(
  `seed ${seed}; before: commit ${commit.slice(0, 12)}${alike ? '' : ' (another configuration: restarts only)'}`,
);
const world = new KillWorld(dir, [own, earlier]);
try {
  world.engineBuild = OLD;
  world.workerBuild = OLD;
  await world.start();
  for (let n = 1; (switches < values.switches || Date.now() < until) && violations.length === 0; n++) {
    if (n > 1) await world.startEngine();
    violations.push(...(await round(world, kinds, n)));
    switches += SWITCHES_PER_ROUND;
  }
} catch (error) {
  violations.push((error as Error).stack ?? String(error));
  say(world.output.slice(-4_000));
} finally {
  await world.end();
}
rmSync(dir, { recursive: true, force: true });
console.table(Object.fromEntries(counts));
const acknowledged = ops.filter(({ outcome }) => outcome === 'ok').length;
// What has seen nothing proves nothing.
if (violations.length === 0 && (switches === 0 || acknowledged === 0))
  violations.push(`${switches} switches, ${acknowledged} operations acknowledged: nothing was tried`);
for (const line of violations.slice(0, 40)) console.log(`VIOLATION ${line}`);
console.log(
  `seed ${seed}: ${switches} switches between ${commit.slice(0, 12)} and now; ${acknowledged} operations acknowledged; ${violations.length} violations`,
);
process.exit(violations.length > 0 ? 1 : 0);
