/** What breaks things: kill -9 (seven in ten), pauses (two), a change of the engine's code (one). */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../sim/random.ts';
import { Client } from './client.ts';
import type { KillWorld } from './world.ts';

type Fault = 'kill' | 'pause' | 'reload';
type Victim = 'engine' | 'worker' | 'both';
const FAULTS: Fault[] = ['kill', 'kill', 'kill', 'kill', 'kill', 'kill', 'kill', 'pause', 'pause', 'reload'];
const VICTIMS: Victim[] = ['engine', 'engine', 'engine', 'both', 'both', 'worker'];

export class Nemesis {
  kills = 0;
  /** Kills that found a request unanswered or an activity unfinished. */
  hits = 0;
  readonly #world: KillWorld;
  readonly #random: Random;
  readonly #say: (line: string) => void;
  /** Activities that were counted once: what died with its process is in flight no more. */
  readonly #lost = new Set<string>();
  readonly #counts = new Map<string, { times: number; requests: number; activities: number }>();

  constructor(world: KillWorld, random: Random, say: (line: string) => void) {
    this.#world = world;
    this.#random = random;
    this.#say = say;
  }

  /** Until there were so many kills more; everything runs again afterwards. */
  async strike(kills: number): Promise<void> {
    const enough = this.kills + kills;
    while (this.kills < enough) {
      await sleep(this.#random.between(300, 2_500));
      const fault = this.#random.pick(FAULTS);
      const victim = fault === 'reload' ? 'engine' : this.#random.pick(VICTIMS);
      const inFlight = this.#inFlight();
      this.#count(`${fault} ${victim}`, inFlight);
      this.#say(
        `${fault} ${victim}: ${inFlight.requests} requests, ${inFlight.activities} activities in flight`,
      );
      if (fault === 'kill') {
        this.kills++;
        if (inFlight.requests + inFlight.activities > 0) this.hits++;
        await this.#kill(victim);
      } else if (fault === 'pause') await this.#pause(victim);
      else await this.#world.reload();
    }
  }

  table(): Record<string, object> {
    return Object.fromEntries([...this.#counts].sort());
  }

  async #kill(victim: Victim): Promise<void> {
    const world = this.#world;
    await Promise.all([victim !== 'worker' && world.killEngine(), victim !== 'engine' && world.killWorker()]);
    if (victim !== 'worker') await world.startEngine();
    if (victim !== 'engine') await world.startWorker();
  }

  async #pause(victim: Victim): Promise<void> {
    const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
      if (victim !== 'worker') this.#world.signalEngine(name);
      if (victim !== 'engine') this.#world.signalWorker(name);
    };
    signal('SIGSTOP');
    await sleep(this.#random.between(500, 4_000));
    signal('SIGCONT');
  }

  /** Requests without an answer, activities that have begun and not ended. */
  #inFlight(): { requests: number; activities: number } {
    const open = new Set<string>();
    for (const { what, worker, runId, activityId, attempt, activityType } of this.#world.acts) {
      const key = `${worker} ${runId}/${activityId}/${attempt}`;
      // One that is answered from outside is in nobody's hands.
      if (activityType === 'later') continue;
      if (what === 'begin') open.add(key);
      else if (what !== 'effect') open.delete(key);
    }
    const now = [...open].filter((key) => !this.#lost.has(key));
    for (const key of now) this.#lost.add(key);
    return { requests: Client.inFlight, activities: now.length };
  }

  #count(name: string, { requests, activities }: { requests: number; activities: number }): void {
    const row = this.#counts.get(name) ?? { times: 0, requests: 0, activities: 0 };
    row.times++;
    row.requests += requests;
    row.activities += activities;
    this.#counts.set(name, row);
  }
}
