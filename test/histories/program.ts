/**
 * A workflow that does what a small program says. Random programs, recorded by our runtime and replayed by Temporal's,
 * show whether both run workflow code in the same order: every activity's type names what was observed before it.
 */

import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  scheduleActivity,
  setHandler,
  sleep,
  startChild,
  TemporalFailure,
  Trigger,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';

export type Program =
  | { op: 'activity'; cancellationType: 'WAIT_CANCELLATION_COMPLETED' | 'TRY_CANCEL' | 'ABANDON' }
  | { op: 'sleep' | 'timeout'; ms: number }
  | { op: 'signalled'; count: number; timeoutMs?: number }
  | { op: 'seen'; entries: number }
  | { op: 'trigger' | 'random' | 'tick' | 'throw' | 'continue' | 'upsert' | 'late' }
  | { op: 'child'; how: 'execute' | 'start' | 'signal'; cancellationType: ChildCancellation; named: boolean; shielded: boolean }
  | { op: 'other'; how: 'signal' | 'cancel'; shielded: boolean }
  | { op: 'patched'; id: string }
  | { op: 'sequence' | 'all' | 'race' | 'settled'; of: Program[] }
  | { op: 'caught'; of: Program }
  | { op: 'scope'; cancellable: boolean; timeoutMs?: number; of: Program }
  | { op: 'cancelled'; of: Program; after: Program }
  | { op: 'detached'; of: Program };

type ChildCancellation = 'WAIT_CANCELLATION_COMPLETED' | 'WAIT_CANCELLATION_REQUESTED' | 'TRY_CANCEL' | 'ABANDON';

export const poke = defineSignal<[Program?]>('poke');
/** What its handler does, and how it ends; `refuse` is the validator's word. */
export type Change = { handler?: Program; ends: 'well' | 'badly' | 'refuse' };
export const change = defineUpdate<string, [Change]>('change');
export const late = defineUpdate<string, [Change]>('late');

/** How the workflow ends: with its trace, with a failure, or with what ended its program if that is a failure or cancellation. */
export type Ending = 'well' | 'badly' | 'as it came';
/** Asked at any time, also after the end. */
export const traceQuery = defineQuery<string, [string]>('trace');

export async function program(main: Program, ending: Ending = 'well'): Promise<string> {
  const seen: string[] = [];
  const triggers: Trigger<string>[] = [];
  let signals = 0;
  let marks = 0;
  let children = 0;

  const note = (what: string): void => {
    seen.push(what);
  };
  const trace = (): string => `${seen.length}:${seen.slice(-12).join(' ')}`;
  const shieldedIf = <T>(shielded: boolean, fn: () => Promise<T>): Promise<T> =>
    shielded ? CancellationScope.nonCancellable(fn) : fn();
  const throwOn = (error: unknown): void => {
    if (error instanceof ContinueAsNew) throw error;
  };

  async function child(p: Extract<Program, { op: 'child' }>, at: string): Promise<void> {
    children += 1;
    const { cancellationType, named, shielded } = p;
    const workflowId = `child-${children}${shielded ? '-shielded' : ''}`;
    const type = `${at}|${trace()}`;
    const options = { cancellationType, args: [1], ...(named || shielded ? { workflowId } : {}) };
    if (p.how === 'execute') {
      const result = await executeChild(type, options);
      return note(`c${at}=${result}`);
    }
    const handle = await startChild(type, options);
    note(`C${at}${handle.firstExecutionRunId.slice(-4)}${handle.workflowId.slice(0, 8)}`);
    if (p.how === 'signal') await handle.signal('hello', trace()).catch((error) => note(`%${at}${isCancellation(error)}`));
    note(`c${at}=${await handle.result()}`);
  }

  async function other(how: 'signal' | 'cancel', shielded: boolean, at: string): Promise<void> {
    const handle = getExternalWorkflowHandle(shielded ? 'other-shielded' : 'other');
    try {
      await (how === 'signal' ? handle.signal('hello', at) : handle.cancel());
      note(`x${at}`);
    } catch (error) {
      note(`X${at}${error instanceof ApplicationFailure ? error.type : isCancellation(error)}`);
    }
  }

  async function changed({ handler, ends }: Change): Promise<string> {
    const at = currentUpdateInfo()?.id;
    note(`U${at}`);
    if (handler) await run(handler, `U${at}`).catch(throwOn);
    note(`V${currentUpdateInfo()?.id}${currentUpdateInfo()?.name}`);
    if (ends === 'badly') throw ApplicationFailure.create({ message: 'badly', type: trace() });
    return trace();
  }
  const validator = ({ ends }: Change): void => {
    if (ends === 'refuse') throw new Error(`refused after ${seen.length}`);
  };

  async function run(p: Program, at: string): Promise<unknown> {
    switch (p.op) {
      case 'activity': {
        const { cancellationType } = p;
        const type = `${cancellationType[0]}${at}|${trace()}`;
        try {
          note(`a${at}=${await scheduleActivity(type, [at], { startToCloseTimeout: '1h', cancellationType })}`);
        } catch (error) {
          const { cause } = error as Error;
          note(`f${at}${isCancellation(error)}${cause instanceof ApplicationFailure ? cause.type : ''}`);
          throw error;
        }
        return;
      }
      case 'sleep':
        await sleep(p.ms);
        return note(`s${at}`);
      case 'timeout':
        await new Promise<void>((resolve) => void setTimeout(resolve, p.ms));
        return note(`o${at}`);
      case 'signalled': {
        const enough = (): boolean => signals >= p.count;
        const inTime = p.timeoutMs === undefined ? await condition(enough) : await condition(enough, p.timeoutMs);
        return note(`g${at}${inTime}`);
      }
      case 'seen':
        await condition(() => seen.length >= p.entries, 60_000);
        return note(`e${at}`);
      case 'trigger': {
        const trigger = new Trigger<string>();
        triggers.push(trigger);
        return note(`t${at}${await trigger}`);
      }
      case 'random':
        return note(`r${uuid4().slice(0, 6)}${Math.random().toFixed(4)}${Date.now() % 100_000}`);
      case 'tick':
        await null;
        return note(`.${at}`);
      case 'throw':
        throw new Error(`x${at}`);
      case 'continue':
        return continueAsNew(p);
      case 'upsert':
        upsertMemo({ [at]: seen.length, gone: null });
        upsertSearchAttributes({ Place: [at] });
        return note(`m${Object.keys(workflowInfo().memo ?? {}).length}`);
      case 'late':
        // An update that another one's handler lets in at once is replayed behind it, in Temporal's SDK as in ours.
        if (currentUpdateInfo()) await null;
        setHandler(late, changed, { validator });
        return note(`l${at}`);
      case 'child':
        return shieldedIf(p.shielded, () => child(p, at));
      case 'other':
        return shieldedIf(p.shielded, () => other(p.how, p.shielded, at));
      case 'patched':
        return note(`p${p.id}${patched(p.id)}`);
      case 'sequence':
        for (const [i, q] of p.of.entries()) await run(q, `${at}${i}`);
        return;
      case 'all':
        await Promise.all(p.of.map((q, i) => run(q, `${at}${i}`)));
        return note(`A${at}`);
      case 'settled':
        await Promise.allSettled(p.of.map((q, i) => run(q, `${at}${i}`)));
        return note(`S${at}`);
      case 'race':
        await Promise.race(p.of.map((q, i) => run(q, `${at}${i}`)));
        return note(`R${at}`);
      case 'caught':
        try {
          await run(p.of, `${at}c`);
        } catch (error) {
          note(`!${at}${isCancellation(error) ? 'C' : (error as Error).message.slice(0, 8)}`);
        }
        return;
      case 'scope': {
        const options = { cancellable: p.cancellable, ...(p.timeoutMs !== undefined && { timeout: p.timeoutMs }) };
        await new CancellationScope(options).run(() => run(p.of, `${at}n`));
        return note(`N${at}`);
      }
      case 'cancelled': {
        const scope = new CancellationScope();
        const work = scope.run(() => run(p.of, `${at}w`)).catch((error) => note(`~${at}${isCancellation(error)}`));
        await run(p.after, `${at}f`).catch(() => note(`?${at}`));
        scope.cancel();
        await work;
        return note(`K${at}`);
      }
      case 'detached':
        void run(p.of, `${at}d`).catch(() => note(`D${at}`));
        return;
    }
  }

  setHandler(traceQuery, (asked) => {
    if (asked === 'nothing') throw new Error(`asked for ${asked}`);
    return `${asked} ${Date.now()} ${trace()}`;
  });
  setHandler(poke, async (handler) => {
    signals += 1;
    triggers.shift()?.resolve(String(signals));
    note(`P${signals}`);
    marks += 1;
    const mark = `h${marks}`;
    if (handler) {
      await run(handler, mark).catch((error) => {
        throwOn(error);
        note(`H${signals}`);
      });
    }
  });
  setHandler(change, changed, { validator });
  await run(main, 'm').catch((error) => {
    throwOn(error);
    note(`E${isCancellation(error)}`);
    if (ending === 'as it came' && error instanceof TemporalFailure) throw error;
  });
  await CancellationScope.nonCancellable(() =>
    scheduleActivity(`end|${trace()}`, [], { startToCloseTimeout: '1h' }),
  );
  if (ending === 'badly') throw ApplicationFailure.create({ message: trace(), type: 'Badly', details: [seen.length] });
  return trace();
}
