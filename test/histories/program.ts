/**
 * A workflow that does what a small program says. Random programs, recorded by our runtime and replayed by Temporal's,
 * show whether both run workflow code in the same order: every activity's type names what was observed before it.
 */

import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  patched,
  scheduleActivity,
  setHandler,
  sleep,
  Trigger,
  uuid4,
} from 'perdure/workflow';

export type Program =
  | { op: 'activity'; cancellationType: 'WAIT_CANCELLATION_COMPLETED' | 'TRY_CANCEL' | 'ABANDON' }
  | { op: 'sleep' | 'timeout'; ms: number }
  | { op: 'signalled'; count: number; timeoutMs?: number }
  | { op: 'seen'; entries: number }
  | { op: 'trigger' | 'random' | 'tick' | 'throw' }
  | { op: 'patched'; id: string }
  | { op: 'sequence' | 'all' | 'race' | 'settled'; of: Program[] }
  | { op: 'caught'; of: Program }
  | { op: 'scope'; cancellable: boolean; timeoutMs?: number; of: Program }
  | { op: 'cancelled'; of: Program; after: Program }
  | { op: 'detached'; of: Program };

export const poke = defineSignal<[Program?]>('poke');

export async function program(main: Program): Promise<string> {
  const seen: string[] = [];
  const triggers: Trigger<string>[] = [];
  let signals = 0;
  let marks = 0;

  const note = (what: string): void => {
    seen.push(what);
  };
  const trace = (): string => `${seen.length}:${seen.slice(-12).join(' ')}`;

  async function run(p: Program, at: string): Promise<unknown> {
    switch (p.op) {
      case 'activity': {
        const { cancellationType } = p;
        const result = await scheduleActivity(`${at}|${trace()}`, [], { startToCloseTimeout: '1h', cancellationType });
        note(`a${at}=${result}`);
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

  setHandler(poke, async (handler) => {
    signals += 1;
    triggers.shift()?.resolve(String(signals));
    note(`P${signals}`);
    marks += 1;
    if (handler) await run(handler, `h${marks}`).catch(() => note(`H${signals}`));
  });
  await run(main, 'm').catch((error) => note(`E${isCancellation(error)}`));
  await CancellationScope.nonCancellable(() =>
    scheduleActivity(`end|${trace()}`, [], { startToCloseTimeout: '1h' }),
  );
  return trace();
}
