/**
 * Times by key: an indexed binary heap. `set` and `remove` are O(log n) and `peek` is O(1), so ten thousand timers
 * cost a run no more than their own events do. Entries of the same time come out by `order`.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';

export interface AgendaEntry {
  readonly key: string;
  readonly time: EpochMs;
  readonly order: number;
}

const before = (a: AgendaEntry, b: AgendaEntry): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);

export class Agenda {
  private readonly heap: AgendaEntry[] = [];
  private readonly positions = new Map<string, number>();

  get size(): number {
    return this.heap.length;
  }

  /** The entry that is due first, `beside` this one. */
  peek(beside?: string): AgendaEntry | undefined {
    const [first, left, right] = this.heap;
    if (first?.key !== beside) return first;
    return left && right && before(right, left) ? right : left;
  }

  /** Adds the key or moves it to another time. */
  set(key: string, time: EpochMs, order = 0): void {
    const position = this.positions.get(key) ?? this.heap.length;
    const old = this.heap[position];
    if (old && old.time === time && old.order === order) return;
    this.settle({ key, time, order }, position);
  }

  remove(key: string): void {
    const position = this.positions.get(key);
    if (position === undefined) return;
    this.positions.delete(key);
    const last = this.heap.pop()!;
    if (position < this.heap.length) this.settle(last, position);
  }

  /** Takes out the first entry if its time has come. */
  popDue(now: EpochMs): AgendaEntry | undefined {
    const first = this.heap[0];
    if (!first || first.time > now) return undefined;
    this.remove(first.key);
    return first;
  }

  clear(): void {
    this.heap.length = 0;
    this.positions.clear();
  }

  /** Places an entry into the hole at `position`, moving the hole up or down until the heap is in order. */
  private settle(entry: AgendaEntry, position: number): void {
    let hole = position;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!before(entry, this.heap[parent]!)) break;
      this.place(this.heap[parent]!, hole);
      hole = parent;
    }
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && before(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!before(this.heap[child]!, entry)) break;
      this.place(this.heap[child]!, hole);
      hole = child;
    }
    this.place(entry, hole);
  }

  private place(entry: AgendaEntry, position: number): void {
    this.heap[position] = entry;
    this.positions.set(entry.key, position);
  }
}
