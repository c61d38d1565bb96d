/** What the seeds have exercised: a simulator that never hits something proves nothing about it. */

export class Coverage {
  readonly events = new Map<string, number>();
  readonly commands = new Map<string, number>();
  readonly requests = new Map<string, number>();
  readonly faults = new Map<string, number>();

  static count(counts: Map<string, number>, name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  add(other: Coverage): void {
    for (const kind of ['events', 'commands', 'requests', 'faults'] as const) {
      for (const [name, count] of other[kind]) this[kind].set(name, (this[kind].get(name) ?? 0) + count);
    }
  }

  /** One line a kind: names with counts, and what was never hit. */
  lines(
    expected: Partial<Record<'events' | 'commands' | 'requests' | 'faults', readonly string[]>>,
  ): string[] {
    return (['events', 'commands', 'requests', 'faults'] as const).map((kind) => {
      const hit = [...this[kind]]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `${name} ${count}`);
      const missed = (expected[kind] ?? []).filter((name) => !this[kind].has(name));
      return `${kind}: ${hit.join(', ')}${missed.length > 0 ? `; NEVER: ${missed.join(', ')}` : ''}`;
    });
  }
}
