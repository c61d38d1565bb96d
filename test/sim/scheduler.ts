/**
 * Time and order. Whatever takes time in the simulated world is an action here; the seed decides which of those that
 * are due comes next, and the clock moves only when none is. Between two actions everything that can run on promises
 * alone has run, so that one seed is one order of events.
 */

import type { Random } from './random.ts';

export interface Action {
  time: number;
  label: string;
  run(): void;
}

const immediate = globalThis.setImmediate;
const TRACE_LINES = 4_000;
/** More than the runtime takes between two waits. */
const ROUNDS_INSIDE = 30;

export class Scheduler {
  readonly random: Random;
  now: number;
  /** Calls into the workflow runtime that have not come back: it waits for microtasks by `setImmediate`. */
  running = 0;
  /** Calls into the runtime that wait for virtual time: nobody can see when they stand still. */
  waitingInside = 0;
  readonly trace: string[] = [];
  traceHash = 0;
  readonly #live: boolean;
  readonly #actions = new Set<Action>();

  constructor(random: Random, startTime: number, live: boolean) {
    this.random = random;
    this.now = startTime;
    this.#live = live;
  }

  say(line: string): void {
    const text = `${this.now} ${line}`;
    for (let i = 0; i < text.length; i++)
      this.traceHash = (Math.imul(this.traceHash, 31) + text.charCodeAt(i)) | 0;
    this.trace.push(text);
    if (this.trace.length > TRACE_LINES) this.trace.splice(0, TRACE_LINES / 2);
    if (this.#live) console.log(text);
  }

  /** @returns a function that calls it off */
  at(delayMs: number, label: string, run: () => void): () => void {
    const action = { time: this.now + Math.max(0, Math.round(delayMs)), label, run };
    this.#actions.add(action);
    return () => this.#actions.delete(action);
  }

  wait(delayMs: number, label: string): Promise<void> {
    return new Promise((resolve) => this.at(delayMs, label, resolve));
  }

  due(): Action[] {
    return [...this.#actions].filter((action) => action.time <= this.now);
  }

  nextTime(): number | undefined {
    let next: number | undefined;
    for (const { time } of this.#actions) if (next === undefined || time < next) next = time;
    return next;
  }

  get waiting(): string[] {
    return [...this.#actions].map((action) => `${action.time} ${action.label}`);
  }

  start(action: Action): void {
    this.#actions.delete(action);
    this.say(`> ${action.label}`);
    action.run();
  }

  /** Until nothing moves by itself any more. */
  async settle(): Promise<void> {
    let rounds = this.waitingInside > 0 ? ROUNDS_INSIDE : 0;
    do await new Promise<void>((resolve) => immediate(resolve));
    while (this.running > 0 || rounds-- > 0);
  }

  /** A call into the runtime that carries out local activities. */
  async insideRuntime<T>(work: () => Promise<T>): Promise<T> {
    this.waitingInside++;
    try {
      return await work();
    } finally {
      this.waitingInside--;
    }
  }

  /** A call into the workflow runtime. */
  async inRuntime<T>(work: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
    }
  }
}
