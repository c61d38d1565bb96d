/**
 * THE TABLE: I1 to I60. Each is checked here, on logs, or says what looks after it instead: a feature that is not there
 * yet, or a promise that no log can show.
 */

import type { WorkflowFunction } from '../../sdk/workflow/runtime/start.ts';
import * as acknowledged from './acknowledged.ts';
import * as activities from './activities.ts';
import type { Facts } from './facts.ts';
import * as families from './families.ts';
import * as messages from './messages.ts';
import * as operations from './operations.ts';
import * as storage from './storage.ts';
import * as visibility from './visibility.ts';
import * as workloads from './workloads.ts';

type Need = 'ops' | 'acts' | 'hist' | 'state' | 'vis' | 'workflows';

/** Says what is wrong, one sentence each. */
export type Check = (
  facts: Facts,
  workflows: Record<string, WorkflowFunction>,
) => Iterable<string> | AsyncIterable<string>;

export interface Invariant {
  id: string;
  title: string;
  needs: Need[];
  checks: Check[];
  /** Why there is no check here. */
  instead?: string;
}

const invariant = (id: string, title: string, needs: Need[], ...checks: Check[]): Invariant => ({
  id,
  title,
  needs,
  checks,
});
const instead = (id: string, title: string, reason: string): Invariant => ({
  id,
  title,
  needs: [],
  checks: [],
  instead: reason,
});
const { structure } = storage;

// biome-ignore format: a table reads best as one
export const invariants: readonly Invariant[] = [
  invariant('I1', 'an acknowledged start is one run, which ends if it can', ['ops', 'state'], acknowledged.startsArePresent),
  invariant('I2', 'a request id starts at most one run', ['state'], acknowledged.oneRunPerRequest),
  invariant('I3', 'an acknowledged signal is in history once', ['ops', 'state'], acknowledged.signalsArePresent),
  invariant('I4', 'so are updates, cancel requests and terminations', ['ops', 'state'], acknowledged.requestsArePresent),
  invariant('I5', 'an acknowledged completion is the one recorded', ['ops', 'state'], acknowledged.completionsArePresent),
  invariant('I6', 'a timer fires or is cancelled, once', ['state'], structure('I6'), acknowledged.timersAreAnswered),
  invariant('I7', 'nothing from outside that nobody asked for', ['ops', 'acts', 'state'], acknowledged.nothingWasMadeUp),
  invariant('I8', 'an attempt is recorded before it is executed', ['acts', 'state'], acknowledged.effectsHaveCauses),
  instead('I9', 'queues may lose, double and reorder', 'every kill empties the queues: the whole run is the check; test/sim too'),

  invariant('I10', 'event ids are 1 to n', ['state'], structure('I10')),
  invariant('I11', 'event times never decrease', ['state'], structure('I11')),
  invariant('I12', 'begins with Started, ends with its one end', ['state'], structure('I12')),
  invariant('I13', 'every answer belongs to something asked, once', ['state'], structure('I13', 'C6')),
  invariant('I14', 'history only grows', ['ops', 'hist', 'state'], storage.historyOnlyGrows),
  invariant('I15', 'fold(log) = state', ['state'], storage.foldIsState),
  invariant('I16', 'a turn is stored whole or not at all', ['state'], storage.turnsAreWhole),
  invariant('I17', 'an open run has somebody who will come', ['state', 'vis'], storage.somebodyWillCome),
  invariant('I18', 'limits hold in storage', ['state'], storage.withinLimits),

  invariant('I19', 'every history replays', ['state', 'workflows'], activities.replays),
  instead('I20', 'cold replay = warm run = after eviction', 'test/testing/crash-everywhere.test.ts evicts between any two tasks; every kill here does, and I19 judges'),
  instead('I21', 'changed code is detected and can be repaired', 'test/runtime/nondeterminism.test.ts; needs two versions of the code'),
  instead('I22', 'histories of all versions replay', 'test/histories; needs older releases'),
  instead('I23', 'time and chance come from history alone', 'test/runtime/globals.test.ts and random.test.ts; a breach shows as I19'),

  invariant('I24', 'an activity ends once', ['state'], structure('I24')),
  invariant('I25', 'a late answer changes nothing', ['ops'], activities.staleAnswersAreRefused),
  invariant('I26', 'attempts are 1 to k, within the policy', ['acts', 'state'], structure('I26'), activities.attemptsFollow),
  invariant('I27', 'no timeout fires early', ['state'], structure('I27')),
  invariant('I28', 'a completion behind the deadline is refused', ['state'], activities.deadlinesHold),
  invariant('I29', 'heartbeat details reach the next attempt', ['acts', 'state'], activities.heartbeatsGoOn),
  invariant('I30', 'a cancelled activity ends', ['state'], activities.cancelsArrive),
  invariant('I31', 'an activity keeps its idempotency key', ['acts'], activities.keysAreStable),
  invariant('I32', 'a delivery that is repeated is joined', ['acts'], activities.deliveriesAreJoined),

  invariant('I33', "a client's signals are in its order, and handled in theirs", ['ops', 'state'], messages.signalsInOrder, (facts) => acknowledged.resultsAsExpected(facts, 'inOrder')),
  invariant('I34', 'a repeated request is answered alike', ['ops'], messages.repeatsAreAnsweredAlike),
  invariant('I35', 'a closing run leaves no signal behind', ['state'], messages.noSignalIsLeftBehind),
  invariant('I36', 'start and message come together', ['ops', 'state'], messages.startsComeWithTheirMessage),
  invariant('I37', 'an update keeps its outcome', ['ops', 'state'], structure('I37'), messages.updatesKeepTheirOutcome),
  invariant('I38', 'a query reflects what was acknowledged', ['ops'], messages.queriesAreCurrent),

  invariant('I39', 'one open run per workflow id', ['state'], families.oneAtATime),
  invariant('I40', 'reuse and conflict policies hold', ['ops', 'state'], families.policiesHold),
  invariant('I41', 'chains are lines', ['state'], families.chainsAreLines),
  invariant('I42', 'children and parents agree', ['state'], structure('I42'), families.childrenAreKnown),
  invariant('I43', 'reset keeps its prefix', ['ops', 'state'], operations.resetsKeepTheirPrefix),
  invariant('I44', 'schedules start what is due, once', ['ops', 'state'], operations.schedulesStartOnce),

  invariant('I45', 'visibility = objects', ['state', 'vis'], visibility.visibilityIsTrue),
  invariant('I46', 'an older row never wins', ['state', 'vis'], visibility.newestVersionWins),
  invariant('I47', 'pages have every run once', ['vis'], visibility.pagesAreWhole),
  invariant('I48', 'what is deleted is gone', ['ops', 'state', 'vis'], operations.deletedIsGone),
  instead('I49', 'export and import keep state', 'test/execution/backup.test.ts, test/workerd/backup.test.ts; the load exports nothing'),

  invariant('I50', 'what was added is in the set', ['ops', 'state'], workloads.addsAreKept),
  invariant('I51', 'registers are linearizable', ['ops'], workloads.registersAreLinearizable),
  invariant('I52', 'money is neither made nor lost', ['ops', 'acts', 'state'], workloads.moneyIsConstant),
  invariant('I53', 'random programs come to what was predicted', ['ops', 'state'], (facts) => acknowledged.resultsAsExpected(facts, 'program')),

  invariant('I54', 'after the last fault everything ends', [], workloads.everythingEnds),
  invariant('I55', 'what cannot work disturbs nobody', ['ops', 'state'], workloads.poisonIsAlone),
  instead('I56', 'overload is refused, not lost', 'test/execution/overload.test.ts; a 503 counts as unknown here, and I1 to I4 judge'),
  invariant('I57', 'timers never fire early', ['state'], structure('I57')),
  instead('I58', 'mixed builds keep all this', 'npm run test:upgrade: builds take turns under load, and all of this judges'),
  instead('I59', 'a restart needs nobody', 'the kill harness only starts the processes again: I54 judges'),
  instead('I60', 'tenants do not see each other', 'one namespace here; test/api/namespaces.test.ts, test/auth/advisories.test.ts'),
];
